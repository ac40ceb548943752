"""A whole project with its run, model folders and ledger, made once a process, and commands on a damaged copy of it."""

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import cache
from pathlib import Path

import click
import typer

from tests.conftest import small_rows
from tests.fuzz.mutations import in_name, lines_of
from topicsmith.cli.last_door import known
from topicsmith.cli.main import app
from topicsmith.errors import TopicsmithError
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.types import Answer
from topicsmith.records import Usage

PROJECT = """\
name: small
traces: {path: rows.jsonl, format: table, text: text, id: id}
taxonomy: {topics: [Music, Travel, Money]}
labeling: {annotators: ['table:first', 'table:second']}
split: {validation: 0.15, test: 0.3}
candidates:
  - {name: floor, kind: majority}
  - {name: tfidf, kind: linear}
"""
ROOT = Path(tempfile.mkdtemp(prefix="topicsmith-fuzz-"))
RUN = Path("runs/small")


@cache
def project() -> Path:
    """The folder of a project whose run is finished, audited and measured."""
    folder = ROOT / "project"
    folder.mkdir()
    folder.joinpath("topicsmith.yaml").write_text(PROJECT)
    folder.joinpath("rows.jsonl").write_bytes(lines_of(small_rows()[:120]))
    run = folder / RUN
    for words in (
        ["run", str(folder)],
        ["audit", str(run), "--size", "12", "--out", str(folder / "sheet.jsonl")],
        ["classify", str(run), "--input", str(folder / "rows.jsonl"), "--out", str(folder / "answers.jsonl")],
        ["bench", str(run), "--seconds", "0.1", "--at-most", "0.2", "--concurrency", "1"],
    ):
        command(*words)
    sheet = folder / "sheet.jsonl"
    rows = [json.loads(line) for line in sheet.read_text().splitlines()]
    sheet.write_bytes(lines_of([{**row, "topic": "Music"} for row in rows]))
    command("audit", str(run), "--answers", str(sheet))
    shutil.copyfile(ledger(), folder / "runs/ledger.sqlite")
    shutil.rmtree(run / "tables")
    return folder


@cache
def ledger() -> Path:
    """A small ledger: answers of two models on two days, one of unknown price, and a job."""
    path = ROOT / "ledger.sqlite"
    with Ledger(path) as opened:
        for number in range(6):
            usage = Usage(100 + number, 10, cost_usd=None if number == 5 else 0.001)
            answer = Answer('{"topic": "Music"}', "stop", usage, "model-1-served")
            paid = Paid(answer, 0.5, 1.76e9 + number % 2 * 86400, "maker", f"model-{number % 2}")
            opened.save("labeling:small", [(hashlib.sha256(bytes([number])).digest()[:20], paid)])
        opened.save_job("batch-1", {"state": "sent", "id": "job-1", "account": "labeling:small"})
        opened.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (ROOT / "ledger.sqlite.reserve").unlink(missing_ok=True)
    return path


def files(folder: Path, *endings: str) -> list[bytes]:
    """Every file in ``folder`` with one of the ``endings``, its name before it, as inputs."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in endings and not path.name.startswith("."))
    return [path.relative_to(folder).as_posix().encode() + b"\n" + path.read_bytes() for path in paths]


def placed(path: Path, folder: Path) -> str:
    """Put the named input at ``path`` in its place in ``folder``; gives its name.

    A name that leads out of the folder is none that an archive could have; the input then changes nothing.
    """
    head, content = in_name(path.read_bytes())
    name = head.decode("utf-8", "replace").strip()
    target = folder / name
    with suppress(OSError, ValueError):
        if target.resolve().is_relative_to(folder.resolve()) and target.is_file():
            target.write_bytes(content)
    return name


def rehash(model: Path) -> None:
    """Make the digests in a model folder those of its files, as whoever damages one on purpose would."""
    manifest = model / "topicsmith.json"
    document = json.loads(manifest.read_bytes())
    for name in document["files"]:
        document["files"][name] = hashlib.sha256((model / name).read_bytes()).hexdigest()
    manifest.write_text(json.dumps(document))


def tried(*words: str) -> None:
    """Run a command; errors that a person is told in one line of ours are fine."""
    try:
        command(*words)
    except TopicsmithError as refused:
        if len(str(refused)) > 2000:
            raise AssertionError(f"{words[0]}: {len(str(refused)):,} characters: {refused}"[:400]) from refused
    except Exception as error:  # any error but ours is the finding
        raise AssertionError(f"{words[0]}: {type(error).__name__}: {error} ({known(error)!r})"[:400]) from error


def command(*words: str) -> str:
    """Run a command in this process; gives its standard output."""
    out, before = io.StringIO(), Path.cwd()
    try:
        with redirect_stdout(out), redirect_stderr(io.StringIO()), suppress(typer.Exit, click.exceptions.Exit):
            app(list(words), standalone_mode=False)
    finally:
        os.chdir(before)
    return out.getvalue()


def python(read: Callable[[], object]) -> None:
    """Call something of the Python interface; our own errors are fine."""
    with suppress(TopicsmithError):
        read()
