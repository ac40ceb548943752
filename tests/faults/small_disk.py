"""Fills a disk of 5 MB while labelling, then makes space: a process of its own, alone in seeing that disk.

unshare --mount python small_disk.py URL FOLDER
"""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

from tests.llm.asking import ask, rows
from topicsmith.errors import StorageError
from topicsmith.llm.ledger.ledger import Ledger

ROWS = 1500
ALONE = (["unshare", "--user", "--map-root-user", "--mount"], ["unshare", "--mount"])
"""Ways to a mount of one's own: without privileges, and as root where the first is forbidden."""


def mounting(folder: Path) -> list[str]:
    """What to put before a command so that it may mount at ``folder``; ``OSError`` says why if nothing works."""
    refusals = []
    for command in ALONE:
        try_it = [*command, "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
        try:
            done = subprocess.run(try_it, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise OSError("there is no 'unshare'") from None
        if done.returncode == 0:
            return command
        refusals.append(f"{' '.join(command)}: {done.stderr.strip()}")
    raise OSError("; ".join(refusals))


def mount(folder: Path, options: str) -> None:
    """Mount a file system in memory at ``folder``."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)


def fill(path: Path) -> None:
    """Write to ``path`` until the disk takes no more."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def main(url: str, folder: Path) -> dict[str, object]:
    """What happened, in the order it did."""

    def paid() -> int:
        with urlopen(f"{url}/scripted/log") as response:
            return int(json.load(response)["answers"])

    seen: dict[str, object] = {}
    ledger = folder / "ledger.sqlite"
    mount(folder, "size=5m")
    for time in ("first", "second"):
        try:
            ask(url, rows(ROWS), ledger)
        except StorageError as error:
            seen[time] = {"said": str(error), "code": error.exit_code, "paid": paid()}
        fill(folder / "somebody else's")  # what closing the ledger set free
    mount(folder, "remount,size=40m")
    with Ledger(ledger) as opened:
        seen["kept"] = opened.count()
    seen["rows"] = len(ask(url, rows(ROWS), ledger))
    return seen


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
