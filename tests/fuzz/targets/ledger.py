"""The ledger file, through the commands that read it."""

import shutil
from pathlib import Path

from tests.fuzz import folders
from tests.fuzz.harness import Target


def _read(path: Path) -> None:
    folder = path.parent / "project"
    (folder / folders.RUN).mkdir(parents=True)
    (folder / "topicsmith.yaml").write_text(folders.PROJECT)
    own = folder / "runs/ledger.sqlite"
    for merging in (False, True):
        shutil.copyfile(folders.ledger() if merging else path, own)
        if merging:
            folders.tried("ledger", str(folder), "merge", str(path))
        folders.tried("ledger", str(folder), "--json")
        folders.tried("ledger", str(folder), "export", str(folder / "out.jsonl"), "--force")
        folders.tried("costs", str(folder))
        folders.tried("ledger", str(folder), "prune", "--model", "model-1", "--yes")


TARGET = Target(_read, suffix=".sqlite", made=lambda: [folders.ledger().read_bytes()])
