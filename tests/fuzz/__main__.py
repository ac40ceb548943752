"""``python -m tests.fuzz --minutes N [TARGET]``: search, shrink, keep what fails in the corpus."""

import argparse
import faulthandler
import hashlib
import secrets
import sys
import time

from tests.fuzz.harness import CORPUS, fuzz, targets


def main() -> int:
    """Share the minutes among the targets; 1 when an input failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("target", nargs="?", choices=sorted(targets()))
    given = parser.parse_args()
    faulthandler.enable()
    names = [given.target] if given.target else sorted(targets())
    failed = False
    for name in names:
        until = time.monotonic() + given.minutes * 60 / len(names)
        found = None
        while found is None and (left := until - time.monotonic()) > 0:
            found = fuzz(name, 500, left, secrets.randbits(32))
        if found is not None:
            failed = True
            path = CORPUS / name / hashlib.sha256(found).hexdigest()[:12]
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(found)
            sys.stdout.write(f"{name}: kept as {path}; repeat: python -m pytest tests/fuzz -k {path.name}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
