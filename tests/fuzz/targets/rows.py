"""Rows of a user, through every command that reads them beside ingest."""

from pathlib import Path

from tests.fuzz import folders
from tests.fuzz.harness import Target
from tests.fuzz.mutations import lines_of
from topicsmith.loading import load

CHATS: list[dict[str, object]] = [
    {"id": "a", "messages": [{"role": "user", "content": "which guitar"}, {"role": "assistant", "content": "this"}]},
    {"id": "b", "messages": [{"role": "user", "content": [{"type": "text", "text": "my loan"}]}], "time": 1.7e9},
]


def _made() -> list[bytes]:
    answers = (folders.project() / "answers.jsonl").read_bytes().splitlines(keepends=True)
    rows = (folders.project() / "rows.jsonl").read_bytes().splitlines(keepends=True)
    return [b"".join(answers[:6]), b"".join(rows[:6]), lines_of(CHATS)]


def _read(path: Path) -> None:
    run, folder = str(folders.project() / folders.RUN), path.parent
    folders.tried("look", str(path))
    folders.tried("init", str(folder / "new"), "--from", str(path))
    folders.tried("classify", run, "--input", str(path), "--out", str(folder / "out.csv"), "--keep", "time", "--text")
    folders.tried("shares", run, str(path), "--by", "day")
    folders.python(lambda: load(run).predict(path.read_text(errors="replace").splitlines()))


TARGET = Target(_read, suffix=".jsonl", made=_made)
