"""Model folders, with digests that fit what was damaged: in Python, and through the commands."""

import shutil
from pathlib import Path

from tests.fuzz import folders
from tests.fuzz.harness import Target


def _made() -> list[bytes]:
    return folders.files(folders.project() / folders.RUN / "classifiers", ".json", ".safetensors", ".md")


def _read(path: Path) -> None:
    models = path.parent / "models"
    shutil.copytree(folders.project() / folders.RUN / "classifiers", models)
    name = folders.placed(path, models)
    model = models / name.split("/")[0]
    if not model.is_dir():
        return
    if not name.endswith("topicsmith.json"):
        folders.rehash(model)
    texts = path.parent / "texts.txt"
    texts.write_text("which guitar\n\nmy loan from the bank\n")
    folders.tried(
        "classify", str(model), "--input", str(texts), "--out", str(path.parent / "answers.csv"), "--probabilities"
    )


TARGET = Target(_read, made=_made, named=True)
