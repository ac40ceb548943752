"""``topicsmith trends``: what changes over time."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from topicsmith.advice.wording import interval_text
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import LATEST, AnsweredBy, AnswersFile, AsJson, RunPath
from topicsmith.progress import plain
from topicsmith.runs import find_run
from topicsmith.shares.grouping import Period
from topicsmith.trends.figures import alarm_words
from topicsmith.trends.output import write_trends
from topicsmith.trends.page import discover_command
from topicsmith.trends.report import TrendsSettings, trends_report
from topicsmith.trends.results import TrendsReport


class TrendPeriodName(StrEnum):
    """How long a period is."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, kw_only=True)
class TrendsDocument(JsonDocument):
    """``trends``: shares by period, alarms, and where the page and the rows behind alarms lie."""

    run: str
    page: str
    alarm_rows: str
    trends: TrendsReport


def trends(
    run: RunPath = LATEST,
    answers: AnswersFile = None,
    candidate: AnsweredBy = None,
    by: Annotated[TrendPeriodName, typer.Option("--by", help="Periods, by the traces' time in UTC.")] = (
        TrendPeriodName.DAY
    ),
    false_alarm_days: Annotated[
        float,
        typer.Option("--false-alarm-days", min=1, max=36500, help="One false alarm in so many days, of all charts."),
    ] = 90,
    encoder: Annotated[
        str, typer.Option("--encoder", help="The sentence encoder that says which rows are far from anything known.")
    ] = "minilm",
    as_json: AsJson = False,
) -> None:
    """Say what changes over time: topics that rise or fall, rows far from anything known.

    Days are compared with the run's held-out rows and with all days before, weekday by weekday. All charts together
    raise one false alarm in 90 days at most. Writes a page and the rows behind alarms to 'trends' in the run.
    """
    folder = find_run(run)
    period: Period = by.value
    found = trends_report(folder, run, answers, candidate, TrendsSettings(period, false_alarm_days, encoder))
    page, rows = write_trends(folder, run, found.report, found.rows)
    if as_json:
        document = TrendsDocument(
            command="trends", run=str(folder.path), page=str(page), alarm_rows=str(rows), trends=found.report
        )
        show(document)
        return
    sys.stdout.write(plain("\n".join([*_lines(found.report), *_next(found.report, run, rows), f"page: {page}"])) + "\n")


def _lines(found: TrendsReport) -> list[str]:
    periods, shares = found.periods, found.shares
    tested = sum(not each.untested for each in periods)
    lines = [
        f"{found.rows:,} rows of {shares.traffic} by {found.by}, {periods[0].first} to {periods[-1].last} (UTC)",
        f"compared with {found.reference_rows:,} rows: {found.reference}",
        shares.basis,
        "",
        *_table(found),
        "",
    ]
    alarms = f"{len(found.alarms):,} {'alarm' if len(found.alarms) == 1 else 'alarms'}"
    lines.append(f"{alarms} in {tested:,} tested {found.by}s; by chance at most one in {found.false_alarm_days:g} days")
    lines += [f"  {each.raised}  {alarm_words(each)}" for each in found.alarms]
    notes = list(found.notes)
    if found.without_time:
        notes.append(f"rows without a time, which are in no {found.by}: {found.without_time:,}")
    if found.repeated:
        notes.append(f"rows that stand in the file again, which are left out: {found.repeated:,}")
    if found.shares.left_out:
        notes.append(f"rows without a text, which are left out: {found.shares.left_out:,}")
    notes += [found.without_far] if found.without_far else []
    return [*lines, *(f"note: {line}" for line in [*notes, *shares.notes])]


def _table(found: TrendsReport) -> list[str]:
    """Every topic's share of all rows, and of the first and last period that was tested."""
    tested = [each.name for each in found.periods if not each.untested]
    shown = [*dict.fromkeys([*tested[:1], *tested[-1:]])]
    tables = {table.name: {each.topics: each for each in table.shares} for table in found.shares.groups}
    rows = [["topic", "share and 95 % interval", *shown]]
    overall = [(each, each.share or each.counted) for each in found.shares.overall.shares]
    for each, figure in sorted(overall, key=lambda entry: -(entry[1].value if entry[1] is not None else 0.0)):
        cells = [tables[name].get(each.topics) for name in shown]
        own = [None if cell is None else (cell.share or cell.counted) for cell in cells]
        written = "" if figure is None else interval_text(figure)
        rows.append([" + ".join(each.topics), written, *("" if o is None else f"{100 * o.value:.1f} %" for o in own)])
    return _aligned(rows)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([f"{row[0]:<{widths[0]}}", *(f"{c:>{w}}" for c, w in zip(row[1:], widths[1:], strict=True))]).rstrip()
        for row in rows
    ]


def _next(found: TrendsReport, run: Path, rows: Path) -> list[str]:
    if not any(each.rows for each in found.alarms):
        return []
    return ["", f"what is in the rows behind the alarms: {discover_command(str(run), str(rows))}"]
