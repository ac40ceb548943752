"""``topicsmith shares``: how many rows are about each topic."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from topicsmith.advice.wording import interval_text, percent
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import LATEST, AnsweredBy, AnswersFile, AsJson, RunPath
from topicsmith.progress import plain
from topicsmith.runs import find_run
from topicsmith.shares.report import SharesReport, shares_report
from topicsmith.shares.results import ShareTable, TopicShare
from topicsmith.shares.shift import ShiftTest
from topicsmith.statistics.intervals import Interval


@dataclass(frozen=True, kw_only=True)
class SharesDocument(JsonDocument):
    """``shares``: the shares of the topics, whose word they rest on, and tests of whether they have shifted."""

    run: str
    shares: SharesReport


def shares(
    run: RunPath = LATEST,
    answers: AnswersFile = None,
    candidate: AnsweredBy = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="'day', 'week' or 'month' of the trace's time (UTC), or a column of the rows."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say how many rows are about each topic, corrected for the classifier's mistakes.

    How test rows were answered whose topic is known says how the counts are to be corrected. A column 'truth' in the
    file, filled in by a person for some hundred rows drawn at random, makes the shares those of the truth.
    """
    folder = find_run(run)
    found = shares_report(folder, run, answers, candidate, by)
    if as_json:
        show(SharesDocument(command="shares", run=str(folder.path), shares=found))
        return
    sys.stdout.write(plain("\n".join(_lines(found))) + "\n")


_METHODS = {
    "known": "true topics counted",
    "em": "corrected by the test rows",
    "em with audited rows": "corrected by the test rows and audited rows",
    "prediction-powered": "corrected by audited rows",
    "counted": "not corrected",
}
_COLUMNS = 4  # groups side by side


def _lines(found: SharesReport) -> list[str]:
    left = f"; {found.left_out:,} rows without a text are left out" if found.left_out else ""
    answered = "" if found.overall.method == "known" else f", answered by {found.answered_by}"
    lines = [f"{found.overall.rows:,} rows of {found.traffic}{answered}{left}", found.basis, ""]
    order = [each.topics for each in sorted(found.overall.shares, key=lambda each: -_figure(each).value)]
    lines += _table(found.overall, order)
    for start in range(0, len(found.groups), _COLUMNS):
        lines += ["", *_side_by_side(found.groups[start : start + _COLUMNS], order)]
    tests = [_shift(test, found.by) for test in found.shifts]
    notes = [*found.overall.notes, *found.notes]
    notes += [f"{table.name}: {line}" for table in found.groups for line in table.notes if line not in notes]
    if any(table.method != found.overall.method for table in found.groups):
        notes += [f"{table.name}: {_METHODS[table.method]}" for table in found.groups]
    if any(each.share is None for table in found.groups for each in table.shares):
        notes.append("in brackets: as counted, not corrected")
    return [*lines, *([""] if tests or notes else []), *tests, *(f"note: {line}" for line in dict.fromkeys(notes))]


def _table(table: ShareTable, order: list[tuple[str, ...]]) -> list[str]:
    width = max(len("no answer"), *(len(" + ".join(topics)) for topics in order))
    known = table.method == "known"
    shares = {each.topics: each for each in table.shares}
    lines = [f"{'topic':<{width}}  {'' if known else ' counted  '}share and 95 % interval"]
    for topics in order:
        each = shares[topics]
        counted = "" if each.counted is None else f"{percent(each.counted.value):>8}  "
        why = each.why if table.method != "counted" else ""
        share = ": ".join(filter(None, ("not corrected", why))) if each.share is None else interval_text(each.share)
        lines.append(f"{' + '.join(topics):<{width}}  {counted}{share}")
    if table.unanswered > 0:
        lines.append(f"{'no answer':<{width}}  {percent(table.unanswered):>8}")
    return lines


def _side_by_side(tables: Sequence[ShareTable], order: list[tuple[str, ...]]) -> list[str]:
    """The shares in several groups, a column each; a topic that a group has only in a sum is shown as counted."""
    columns = []
    for table in tables:
        shares = {each.topics: each for each in table.shares}
        cells = [_cell(shares[topics]) if topics in shares else "" for topics in order]
        columns.append([table.name, f"{table.rows:,} rows", *cells])
    names = ["topic", "", *(" + ".join(topics) for topics in order)]
    widths = [max(map(len, column)) for column in columns]
    first = max(map(len, names))
    return [
        "  ".join(
            [f"{name:<{first}}", *(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))]
        ).rstrip()
        for name, *cells in zip(names, *columns, strict=True)
    ]


def _cell(each: TopicShare) -> str:
    figure = _figure(each)
    if each.share is None:
        return f"({100 * figure.value:.1f})"
    return f"{100 * figure.value:.1f} [{100 * figure.low:.1f}, {100 * figure.high:.1f}]"


def _figure(each: TopicShare) -> Interval:
    """The corrected share, or else the counted one."""
    found = each.share or each.counted
    assert found is not None
    return found


def _shift(test: ShiftTest, by: str | None) -> str:
    names = " and ".join(test.sets) if len(test.sets) == 2 else f"the {len(test.sets)} groups by {by}"
    p = "p < 0.001" if test.p < 0.001 else f"p = {test.p:.3f}"
    what = "true topics" if test.by == "truth" else "answers"
    differ = "differ" if test.shifted else "do not differ significantly"
    return f"shift: the {what} of {names} {differ} ({p}, {test.groups:,} rows, near-copies once)"
