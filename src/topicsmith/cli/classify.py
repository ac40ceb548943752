"""``topicsmith classify``: a trained classifier over lines, conversations, CSV and Parquet, one answer a row."""

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from topicsmith.answering.answers import AnswerSettings
from topicsmith.answering.bulk import BulkJob, Tally
from topicsmith.answering.output import COLUMNS, writer_of
from topicsmith.answering.staleness import staleness
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson
from topicsmith.errors import UserError
from topicsmith.loading import Classifier, load
from topicsmith.progress import plain
from topicsmith.traces.input_rows import STDIN, InputSettings, find_inputs


@dataclass(frozen=True, kw_only=True)
class ClassifyDocument(JsonDocument):
    """``classify --out``: how many answers by status, and how many of them an earlier process had left."""

    out: str
    rows: int
    statuses: dict[str, int]
    resumed: int
    classifier: str
    first_unreadable: str | None
    notes: tuple[str, ...]


def classify(
    model: Annotated[Path, typer.Argument(help="A project, a run folder (what it says to deploy) or a model folder.")],
    files: Annotated[
        list[Path] | None, typer.Option("--input", "-i", help="A file, folder or glob; '-' or none: standard input.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="A .jsonl, .csv or .parquet file; by default stdout."),
    ] = None,
    candidate: Annotated[str | None, typer.Option("--candidate", help="Another candidate of the run.")] = None,
    field: Annotated[str, typer.Option("--field", help="The field or column that holds the text.")] = "text",
    form: Annotated[
        str | None, typer.Option("--format", help="Read conversations in this format, as 'traces.format' names it.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", min=0, max=1, help="Less sure answers get the status 'review'; by default the run's own."
        ),
    ] = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", help="Add the probability of every topic.")] = False,
    text: Annotated[bool, typer.Option("--text", help="Add the text that was classified.")] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", help="A field or metadata of the rows to add, such as 'time'; may be given repeatedly."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the output file.")] = False,
    as_json: AsJson = False,
) -> None:
    """Classify lines of text or JSON, conversations, or the rows of CSV and Parquet files.

    Every row gets one answer, whatever the row is: topic, calibrated confidence, status (ok, review, empty, unreadable
    or failed), and the row's own id where it has one. With --out a process that was killed goes on where it stopped.
    Exit code 1 only when no row could be read.
    """
    if out is None and as_json:
        raise UserError("--json needs '--out', since the answers themselves go to standard output")
    if taken := [name for name in keep or () if name in (*COLUMNS, "probabilities")]:
        raise UserError(f"--keep {taken[0]}: answers have a column of this name; --text adds the text, the id is there")
    if out is not None:
        writer_of(out)
        if out.exists() and not force:
            raise UserError(f"{out}: already exists; add '--force' to overwrite it, or name another file")
    classifier = load(model, candidate)
    notes = (*staleness(classifier), *_about_threshold(classifier, threshold))
    for line in notes:
        sys.stderr.write(plain(f"classify: {line}") + "\n")
    reading = InputSettings(field, form, tuple(dict.fromkeys(keep or ())))
    with TemporaryDirectory(prefix="topicsmith-classify-") as workspace:
        sources = find_inputs(files or [STDIN], reading, Path(workspace))
        if out is not None and any(source.path.resolve() == out.resolve() for source in sources):
            raise UserError(f"{out}: is also read from; name another file for the answers")
        job = BulkJob(classifier, sources, reading, AnswerSettings(threshold, probabilities, text))
        tally = job.stream(_to_stdout) if out is None else job.to_file(out)
    sys.stderr.write(_summary(tally, out))
    if out is not None and as_json:
        show(_document(tally, out, classifier, notes))
    if tally.nothing_read:
        raise typer.Exit(1)


def _document(tally: Tally, out: Path, classifier: Classifier, notes: tuple[str, ...]) -> ClassifyDocument:
    first = tally.first_unreadable
    return ClassifyDocument(
        command="classify",
        exit_code=1 if tally.nothing_read else 0,
        out=str(out),
        rows=tally.statuses.total(),
        statuses=dict(tally.statuses),
        resumed=tally.resumed,
        classifier=str(classifier.folder),
        first_unreadable=None if first is None else f"{first.where}: {first.problem}",
        notes=notes,
    )


def _about_threshold(classifier: Classifier, threshold: float | None) -> list[str]:
    """That nothing goes to a person, where the run could promise no threshold."""
    learnt = classifier.calibration
    if threshold is not None or learnt is None or learnt.threshold is not None:
        return []
    wished = f"at most {100 * learnt.wished_error:g} % wrong answers"
    if learnt.judged_by == "annotators":
        why = f"nothing promises {wished} where only annotators' labels judged them"
        return [f"no answer is marked 'review': {why}; audit some 300 rows ('topicsmith audit'), or set '--threshold'"]
    return [f"no answer is marked 'review': no confidence promises {wished}; set '--threshold'"]


def _to_stdout(lines: list[bytes]) -> None:
    sys.stdout.buffer.writelines(line + b"\n" for line in lines)
    sys.stdout.flush()


def _summary(tally: Tally, out: Path | None) -> str:
    """One line where there is something to say: where the answers lie, or that some rows were not ``ok``."""
    total, first = tally.statuses.total(), tally.first_unreadable
    if out is None and tally.statuses["ok"] == total:
        return ""
    counts = ", ".join(f"{count:,} {status}" for status, count in tally.statuses.most_common())
    place = "" if out is None else f"{out}: "
    earlier = f"; {tally.resumed:,} of them were there already" if tally.resumed else ""
    named = f"; the first unreadable is {first.where}: {first.problem}" if first else ""
    return plain(f"classify: {place}{total:,} rows: {counts or 'none'}{earlier}{named}") + "\n"
