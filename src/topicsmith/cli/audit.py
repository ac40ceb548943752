"""``topicsmith audit``: asking a person about a sample, and what the answers say of all rows."""

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from topicsmith.audit import run as stage
from topicsmith.audit.answers import FilledSheet
from topicsmith.audit.sample import AuditStratum
from topicsmith.audit.text import as_text, drawn_lines
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson
from topicsmith.progress import plain
from topicsmith.runs import find_run

_TOLD = 20


class AuditSource(StrEnum):
    """What rows are drawn from."""

    TEST = "test"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class SheetDocument(JsonDocument):
    """``audit`` without answers: the sheet that was written, and how many rows are in it.

    ``test_rows`` of them are test rows. From these the accuracy of ``candidate`` is expected within
    ``expected_half_width`` (a share) for rows like these, within ``expected_half_width_these`` for these test rows;
    both count in ``answered_before`` test rows of earlier sheets, and are ``None`` where no test row is on the sheet.
    """

    sheet: str
    rows: int
    source: Literal["test", "all"]
    test_rows: int
    answered_before: int
    candidate: str | None
    expected_half_width: float | None
    expected_half_width_these: float | None
    strata: tuple[AuditStratum, ...]


@dataclass(frozen=True, kw_only=True)
class AuditDocument(JsonDocument):
    """``audit --answers``: how right labels, annotators and candidates are, by name.

    ``of`` says which rows labels, annotators and topics are about; candidates are about the test rows. Each figure has
    ``value``, ``low`` and ``high`` for rows like these, ``these_low`` and ``these_high`` for these very rows, and
    ``worst`` and ``best``, between which undecided rows may put it: ``low`` and ``high`` reach over both.
    ``refused`` has a line for each row of the sheet that was not taken, ``notes`` lines on sheet and figures.
    """

    rows: int
    test_rows: int
    drawn: int
    answered: int
    answered_test: int
    undecided: int
    of: Literal["all rows", "test rows"]
    accuracy: dict[str, dict[str, object]]
    macro_f1: dict[str, dict[str, object] | None]
    differences: tuple[dict[str, object], ...]
    topics: tuple[dict[str, object], ...]
    recalls: dict[str, tuple[dict[str, object], ...]]
    refused: tuple[str, ...]
    notes: tuple[str, ...]


def audit(
    run: Annotated[Path, typer.Argument(help="The run folder.")] = Path("runs/latest"),
    size: Annotated[int, typer.Option("--size", "-n", help="How many rows to draw.")] = 300,
    source: Annotated[
        AuditSource | None,
        typer.Option(
            "--from",
            help="Draw from test rows, on which candidates are judged, or from all rows; by default test rows where "
            "there are candidates.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another seed draws other rows.")] = 13,
    out: Annotated[
        Path | None, typer.Option("--out", help="The sheet to write, .csv or .jsonl; by default audit.csv in the run.")
    ] = None,
    answers: Annotated[Path | None, typer.Option("--answers", help="A sheet that is filled in: read it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw a sample for a person to label, or read the answers.

    Without --answers: writes a sheet with an empty column 'topic', and says how exact the accuracy will be. With
    --answers: prints how right labels, annotators and classifiers are on all rows, not only on those where
    annotators agree. A row that cannot be taken is told and keeps no other from being taken.
    """
    folder = find_run(run)
    if answers is None:
        sheet = out or folder.file("audit.csv")
        drawn = stage.draw_sheet(folder, sheet, size, seed, None if source is None else source.value)
        if as_json:
            show(_sheet_document(sheet, drawn))
            return
        sys.stderr.write(plain("".join(f"{line}\n" for line in drawn_lines(drawn, run, sheet))))
        return
    report, filled = stage.read_sheet(folder, answers)
    sys.stderr.write(plain("".join(f"{line}\n" for line in _talk(filled))))
    sys.stderr.write(
        "the answers are saved; the next 'topicsmith run' takes them as labels and bases its advice on them\n"
    )
    if as_json:
        shown: dict[str, Any] = {key: value for key, value in report.items() if key != "format"}
        notes = (*filled.notes, *shown.pop("notes"))
        show(AuditDocument(command="audit", refused=filled.refused, notes=notes, **shown))
        return
    sys.stdout.write(as_text(report))


def _sheet_document(sheet: Path, drawn: stage.DrawnSheet) -> SheetDocument:
    expected = drawn.expected
    return SheetDocument(
        command="audit",
        sheet=str(sheet),
        rows=len(drawn.rows),
        source=drawn.source,
        test_rows=drawn.test_rows,
        answered_before=expected.earlier if expected else 0,
        candidate=drawn.candidate,
        expected_half_width=expected.half_width if expected else None,
        expected_half_width_these=expected.these if expected else None,
        strata=drawn.sample.draws[-1].strata,
    )


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
