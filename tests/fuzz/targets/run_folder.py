"""Every document and table of a run folder, through the commands that read it."""

import hashlib
import shutil
from pathlib import Path

from tests.fuzz import folders
from tests.fuzz.harness import Target
from topicsmith.api import read_run

AT_A_TIME = 3
"""How many commands read one input: which, its digest says."""

COMMANDS = (
    ("compare", "{run}", "{whole}"),
    ("compare", "{whole}", "{run}", "--json"),
    ("shares", "{run}", "--by", "split"),
    ("shares", "{run}", "{answers}"),
    ("audit", "{run}", "--size", "5", "--out", "{folder}/more.csv"),
    ("audit", "{run}", "--answers", "{sheet}"),
    ("export", "{run}", "--what", "labels", "--out", "{folder}/labels.jsonl"),
    ("export", "{run}", "--what", "predictions", "--out", "{folder}/predictions.csv"),
    ("classify", "{run}", "--input", "{sheet}", "--out", "{folder}/answers.parquet"),
    ("costs", "{folder}", "--json"),
    ("estimate", "{folder}", "--json"),
    ("run", "{folder}", "--dry-run"),
    ("report", "--project", "{folder}"),
)


def made() -> list[bytes]:
    """Every document and table of a run, as inputs."""
    return folders.files(folders.project() / folders.RUN, ".json", ".parquet")


def _read(path: Path) -> None:
    folder = path.parent / "project"
    shutil.copytree(folders.project(), folder, symlinks=True)
    name = folders.placed(path, folder / folders.RUN)
    model = folder / folders.RUN / "/".join(name.split("/")[:2])
    if name.startswith("classifiers/") and model.is_dir() and not name.endswith("topicsmith.json"):
        folders.rehash(model)
    places = {
        "run": folder / folders.RUN, "whole": folders.project() / folders.RUN, "folder": folder,
        "sheet": folder / "sheet.jsonl", "answers": folder / "answers.jsonl",
    }  # fmt: skip
    first = int.from_bytes(hashlib.sha256(path.read_bytes()).digest()[:4], "little")
    for number in range(first, first + AT_A_TIME):
        folders.tried(*(word.format(**places) for word in COMMANDS[number % len(COMMANDS)]))
    run = folder / folders.RUN
    for read in (lambda: read_run(run).leaderboard, lambda: read_run(run).labels, lambda: read_run(run).agreement):
        folders.python(read)


TARGET = Target(_read, made=made, named=True)
