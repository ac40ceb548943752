"""Every command on a disk that fails at any call that writes: full, read-only, broken.

What a command writes is found out by running it, so that a new write needs no new test. Of the places it writes at, a
few stand for all; with TOPICSMITH_EVERY_WRITE=1 every one is tried, which takes half an hour.
"""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import SUBJECTS, write_small_project
from tests.discovery.made import discovery, proposal, rows
from tests.faults.failing_disk import CHANGES, GROWS, Ended, FailingDisk, Failure, Job
from topicsmith.cli.commands import SHORT_HELP, STAGES
from topicsmith.discovery.files import write_discovery
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer

COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    **{stage: ((stage, "-p", "small", "-q"),) for stage in STAGES},
    "run": (),  # the stages, one by one
    "demo": (),  # the same, after a few files that are copied
    "look": (("look", "small/rows.jsonl"),),
    "init": (("init", "small/rows.jsonl"),),
    "estimate": (("estimate", "small"),),
    "audit": (("audit", "small", "--size", "20"), ("audit", "small", "--size", "20", "--out", "sheet.jsonl")),
    "compare": (("compare", "small", "small"),),
    "classify": tuple(("classify", "small", "-i", "small/rows.jsonl", "-o", f"a.{end}") for end in ("csv", "parquet")),
    "serve": (),  # it writes nothing, and ends by a signal: tests/faults/test_serving.py
    "shares": (("shares", "small"),),
    "trends": (("trends", "small", "timed.jsonl", "--by", "week"),),
    "bench": (("bench", "small", "--seconds", "0.2", "--at-most", "0.2", "--concurrency", "1", "-q"),),
    "export": (
        *(("export", "small", "--what", "labels", "--out", f"x.{end}") for end in ("csv", "parquet")),
        *(("export", "small", "--what", "labels", "--format", f, "--out", "x") for f in ("argilla", "huggingface")),
        ("export", "small", "--what", "training", "--out", "x.jsonl"),
    ),
    "ledger": (
        ("ledger", "small"),
        ("ledger", "small", "export", "x.jsonl"),
        ("ledger", "small", "merge", "other.sqlite"),
        ("ledger", "small", "prune", "--before", "2100-01-01", "--yes"),
    ),
    "taxonomy": (
        ("taxonomy", "log", "-p", "small"),
        ("taxonomy", "diff", "-p", "small"),
        ("taxonomy", "apply", "edits.yaml", "-p", "small", "--write"),
    ),
    "discover": (("discover", "small", "--everything", "-q"),),
    "accept": (("accept", "small", "--all"), ("accept", "small", "--all", "--write")),
    "costs": (("costs", "small"),),
    "published": (("published",),),
}  # fmt: skip
"""What is run of each command; a stage begins where those before it are done, the others after the whole run."""

FAILURES = (
    (errno.ENOSPC, False, GROWS),
    (errno.EROFS, False, GROWS | CHANGES),
    (errno.EIO, True, GROWS | CHANGES),
    (errno.EACCES, True, GROWS | CHANGES),
)
"""Error, whether it comes once only, and what it is about."""


def answer(question: AskedQuestion) -> Reply:
    topic = next(name for name, words in SUBJECTS.items() if any(f" {word} " in question.user for word in words))
    return Reply(f'{{"topic": "{topic}"}}', model=question.model)


FEW = 8
"""Places of a command that stand for all of them."""


class Bench:
    """Projects at every stage, and the process that runs commands in copies of them."""

    def __init__(self, folder: Path, disk: FailingDisk) -> None:
        self.disk = disk
        self.place = folder / "place"
        self.states = folder / "states"

    def prepare(self) -> None:
        """Run the stages one by one, and keep a copy of what each begins with."""
        start = self.states / "run"
        start.mkdir(parents=True)
        project = write_small_project(start / "small") / "topicsmith.yaml"
        text = project.read_text().replace(", topic: topic}", "}").replace("'table:first'", "openai:gpt-4o-mini")
        project.write_text(text)
        for command in (*STAGES, "done"):
            shutil.copytree(start, self.states / command, symlinks=True)
            if command != "done":
                ended = self.disk.run(Job((command, "-p", "small"), str(start)))
                assert ended.code == 0, ended.told
        shutil.copy(start / "small/runs/ledger.sqlite", self.states / "done/other.sqlite")
        done = self.states / "done/small"
        (done / "runs/small/.ingest-left").mkdir()
        days = [f'{{"topic": "{topic}", "time": "2026-03-{day:02}"}}\n' for day in range(1, 29) for topic in SUBJECTS]
        (self.states / "done/timed.jsonl").write_text("".join(days))
        (self.states / "done/edits.yaml").write_text("- {rename: Money, to: Finance}\n")
        refunds = proposal(1)
        write_discovery(done / "runs/small/discovery", discovery(refunds), rows(refunds))

    def run(self, command: str, arguments: tuple[str, ...], failure: Failure, *, anew: bool = True) -> Ended:
        """Run a command, in a fresh copy of where it begins or where the last one left off."""
        if anew:
            shutil.rmtree(self.place, ignore_errors=True)
            state = self.states / command
            shutil.copytree(state if state.exists() else self.states / "done", self.place, symlinks=True)
            (self.place / "tmp").mkdir()
        return self.disk.run(Job(arguments, str(self.place), failure))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler here, so no call can be made to fail")
    folder = tmp_path_factory.mktemp("failing")
    with ScriptedServer(answer) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "sk-canary")
        patch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        patch.setenv("TMPDIR", str(folder / "place/tmp"))
        (folder / "place/tmp").mkdir(parents=True)
        with FailingDisk(folder) as disk:
            made = Bench(folder, disk)
            made.prepare()
            yield made


def places(calls: tuple[str, ...], few: int) -> list[int]:
    """The first call of each kind at each place, or ``few`` of them; what writes whole files counts once a form."""
    found: dict[str, int] = {}
    for number, call in enumerate(calls, 1):
        what, _, path = call.partition(" ")
        if re.fullmatch(r"/tmp/[a-z0-9_]{8}", path):
            continue  # Python tries whether files can be made there, and takes another folder where not
        kind = re.sub(r"(?<=[.\-_])[a-z0-9_]{8}(?=[/\-.]|$)|(?<=latest-)\d+", "*", path)
        if re.search(r"/\.[^/]+\.\*$", kind) or what == "rename" or "." not in Path(path).name:
            kind = Path(kind.removesuffix(".*")).suffix  # of the one writer of whole files, one of each form
        found.setdefault(f"{what} {kind}", number)
    every = list(found.values())
    return every if os.environ.get("TOPICSMITH_EVERY_WRITE") else every[:: max(1, -(-len(every) // few))]


REMOVING = ("unlink", "rmdir")
"""What may fail without harm: something is left lying about."""


def wrong(bench: Bench, command: str, arguments: tuple[str, ...], failure: Failure, what: str) -> str | None:
    """What is wrong with how a command ends when a call, to do ``what``, fails; if anything."""
    ended = bench.run(command, arguments, failure)
    lines = ended.told.splitlines()
    if "Traceback" in ended.told or "not foreseen" in ended.told or "Exception ignored" in ended.told:
        return f"untyped: {ended.told[-700:]}"
    if ended.code not in {0, 1} or (ended.code == 0 and not what.startswith(REMOVING) and not failure.once):
        return f"exit code {ended.code}: {ended.told[-300:]}"
    if ended.code == 1 and not (lines and lines[-1].startswith("topicsmith: ")):
        return f"no line of its own: {ended.told[-300:]}"
    if failure.call % 3:
        return None
    forced = ("--force",) if ended.code == 0 and command in {"export", "classify"} else ()
    again = bench.run(command, (*arguments, *forced), Failure(), anew=False)
    return None if again.code == 0 else f"does not go on: {ended.told[-300:]} then {again.told[-300:]}"


def test_every_command_is_in_the_table() -> None:
    assert set(COMMANDS) == set(SHORT_HELP)


@pytest.mark.slow
@pytest.mark.parametrize("command", [name for name, asked in COMMANDS.items() if asked])
def test_security_k21_a_disk_that_fails_at_any_write_ends_in_one_line(bench: Bench, command: str) -> None:
    found = []
    for arguments in COMMANDS[command]:
        whole = bench.run(command, arguments, Failure())
        assert whole.code == 0, whole.told
        for number, call in enumerate(places(whole.calls, max(2, FEW // len(COMMANDS[command])))):
            error, once, kinds = FAILURES[number % len(FAILURES)]
            said = wrong(bench, command, arguments, Failure(call, error, once, kinds), whole.calls[call - 1])
            if said is not None:
                found.append(f"{' '.join(arguments)}: {errno.errorcode[error]} at {whole.calls[call - 1]}: {said}")
    assert not found, "\n".join(found)
