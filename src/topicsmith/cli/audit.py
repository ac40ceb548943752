"""``topicsmith audit``: asking a person about a sample, and what the answers say of all rows."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from topicsmith.audit import run as stage
from topicsmith.audit.answers import FilledSheet
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson
from topicsmith.progress import plain
from topicsmith.runs import find_run

_TOLD = 20


@dataclass(frozen=True, kw_only=True)
class SheetDocument(JsonDocument):
    """``audit`` without answers: the sheet that was written, and how many rows are in it."""

    sheet: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class AuditDocument(JsonDocument):
    """``audit --answers``: how right labels, annotators and candidates are on all ``rows``, by name.

    ``refused`` has a line for each row of the sheet that was not taken, ``notes`` lines on the whole sheet.
    """

    rows: int
    drawn: int
    answered: int
    undecided: int
    accuracy: dict[str, dict[str, object]]
    refused: tuple[str, ...]
    notes: tuple[str, ...]


def audit(
    run: Annotated[Path, typer.Argument(help="The run folder.")] = Path("runs/latest"),
    size: Annotated[int, typer.Option("--size", "-n", help="How many rows to draw.")] = 300,
    seed: Annotated[int, typer.Option("--seed", help="Another seed draws other rows.")] = 13,
    out: Annotated[
        Path | None, typer.Option("--out", help="The sheet to write, .csv or .jsonl; by default audit.csv in the run.")
    ] = None,
    answers: Annotated[Path | None, typer.Option("--answers", help="A sheet that is filled in: read it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw a sample for a person to label, or read the answers.

    Without --answers: writes a sheet with an empty column 'topic'. With --answers: prints how right labels,
    annotators and classifiers are on all rows, not only on those where annotators agree. A row that cannot be
    taken is told and keeps no other from being taken.
    """
    folder = find_run(run)
    if answers is None:
        sheet = out or folder.file("audit.csv")
        drawn = stage.draw_sheet(folder, sheet, size, seed)
        if as_json:
            show(SheetDocument(command="audit", sheet=str(sheet), rows=len(drawn.rows)))
            return
        sys.stderr.write(
            f"{len(drawn.rows)} rows in {sheet}: fill in the column 'topic' ('?' where you cannot tell), then\n"
            f"  topicsmith audit {run} --answers {sheet}\n"
        )
        return
    report, filled = stage.read_sheet(folder, answers)
    sys.stderr.write(plain("".join(f"{line}\n" for line in _talk(filled))))
    sys.stderr.write(
        "the answers are saved; the next 'topicsmith run' takes them as labels and bases its advice on them\n"
    )
    if as_json:
        shown: dict[str, Any] = {key: value for key, value in report.items() if key != "format"}
        show(AuditDocument(command="audit", refused=filled.refused, notes=filled.notes, **shown))
        return
    sys.stdout.write(stage.as_text(report))


def _talk(filled: FilledSheet) -> list[str]:
    """What a person has to know of the sheet beside its figures."""
    refused = filled.refused
    lines = [*filled.notes, *refused[:_TOLD]]
    if refused[_TOLD:]:
        lines.append(f"... and {len(refused) - _TOLD:,} more; '--json' lists them all")
    if refused:
        lines.append(
            f"answers taken: {len(filled.answers):,}, rows not taken: {len(refused):,}; mend those and read the sheet "
            "again, since answers add up"
        )
    return lines
