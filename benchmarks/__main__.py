"""``python -m benchmarks NAME [ARGUMENTS]``: runs one benchmark; without a name, lists them."""

import runpy
import sys
from pathlib import Path


def main() -> None:
    """Run the benchmark named first on the command line."""
    names = sorted(p.stem for p in Path(__file__).parent.glob("[!_]*.py"))
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        print("python -m benchmarks NAME [ARGUMENTS]; there are:", *names, sep="\n  ")
        sys.exit(0 if len(sys.argv) < 2 else 2)
    name = sys.argv.pop(1)
    runpy.run_module(f"benchmarks.{name}", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
