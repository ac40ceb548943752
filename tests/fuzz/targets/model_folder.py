"""Model folders, with digests that fit what was damaged: in Python, and through the commands."""

import shutil
from pathlib import Path

from tests.fuzz import folders
from tests.fuzz.harness import Target


def _whole() -> Path:
    return folders.project() / folders.RUN / "classifiers"


def classified(path: Path, whole: Path) -> None:
    """Classify with the model of which the input at ``path`` damages a file; ``whole`` holds the models."""
    models = path.parent / "models"
    shutil.copytree(whole, models)
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


TARGET = Target(
    lambda path: classified(path, _whole()),
    made=lambda: folders.files(_whole(), ".json", ".safetensors", ".md"),
    named=True,
)
