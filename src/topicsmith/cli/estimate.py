"""``topicsmith estimate``: what labelling, training and serving will cost, before a cent is spent."""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson, ProjectPath, Quiet
from topicsmith.costs.estimate import EstimateLine, Estimator, RunEstimate
from topicsmith.costs.expected_rows import expected_power, expected_power_line, expected_test_rows
from topicsmith.costs.past_bills import Bill, work_out
from topicsmith.costs.training import TrainingCosts
from topicsmith.errors import ProjectError
from topicsmith.llm.prompts import load_prompt
from topicsmith.progress import Progress, TerminalProgress
from topicsmith.project import Project
from topicsmith.project_file import read_project
from topicsmith.records import Query
from topicsmith.runs import RunFolder
from topicsmith.statistics.power import PairPower
from topicsmith.tables import read_queries
from topicsmith.traces.ingest import ingest
from topicsmith.traces.token_counts import tokenizer


@dataclass(frozen=True, kw_only=True)
class EstimateDocument(JsonDocument):
    """``estimate``: ``once_usd`` sums what is paid once and known; ``unknown`` names what is not in it.

    ``power`` is how often the expected test rows will tell two candidates apart.
    """

    rows: int
    sampled: int
    once_usd: float
    unknown: tuple[str, ...]
    warnings: tuple[str, ...]
    lines: tuple[EstimateLine, ...]
    bills: tuple[dict[str, object], ...]
    power: tuple[PairPower, ...]


def estimate(
    folder: Annotated[
        Path | None, typer.Argument(help="The project file or its folder, as with --project.", show_default=False)
    ] = None,
    project: ProjectPath = Path(),
    sample: Annotated[int, typer.Option("--sample", min=1, help="How many queries to count tokens on.")] = 500,
    on: Annotated[
        str | None, typer.Option("--on", help="The day whose prices hold, as 2026-11-23; by default today.")
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Say what labelling, training and serving will cost, before a cent is spent.

    Tokens are counted on a sample of the project's own queries, in its prompts. A price that is not known is said to be
    unknown and is in no sum; a model that was shut down or soon will be is warned about, with what stands in for it and
    its price. Bills that the project file names ('estimate.bills') are worked out again. How often the test rows to be
    expected will tell two candidates apart is said as well. No service is asked.
    """
    progress = TerminalProgress(quiet)
    checked = read_project(project if folder is None else folder)
    queries = _queries(checked, progress)
    found = _estimate(checked, queries, _day(on), sample)
    power = expected_power(expected_test_rows(checked, queries, found.rows))
    bills = work_out(checked.estimate.bills)
    for warning in found.warnings:
        progress.say(warning)
    if as_json:
        show(_document(found, bills, power))
    else:
        told = expected_power_line(power)
        sys.stdout.write(_table(found) + (f"{told}\n" if told else "") + _bills(bills))


def estimate_project(project: Project, day: date, sample: int, progress: Progress) -> RunEstimate:
    """What the project will cost at the prices of ``day``, tokens counted on about ``sample`` of its queries.

    Raises:
        UserError: when the traces cannot be read, or a prompt or tokenizer cannot be had.
    """
    return _estimate(project, _queries(project, progress), day, sample)


def _estimate(project: Project, queries: Sequence[Query], day: date, sample: int) -> RunEstimate:
    rows = project.estimate.rows or len(queries)
    texts = _spread(queries, sample)
    found = _estimator(project, texts, rows, day).estimate()
    return replace(found, lines=(*found.lines, *_on_own_machines(project, texts, rows, day)))


def _day(on: str | None) -> date:
    if on is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(on)
    except ValueError:
        raise ProjectError(f"--on {on}: not a date; write it as 2026-11-23") from None


def _queries(project: Project, progress: Progress) -> list[Query]:
    """The project's queries, read afresh and kept nowhere."""
    with tempfile.TemporaryDirectory(prefix="topicsmith-estimate-") as name:
        queries = Path(name) / "queries.parquet"
        ingest(project.traces, project.folder, queries, Path(name) / "dropped.parquet", progress)
        return read_queries(queries)


def _spread(queries: Sequence[Query], size: int) -> list[str]:
    """The texts of about ``size`` queries, evenly spread over all of them."""
    step = max(1, -(-len(queries) // size))
    return [query.text for query in queries[::step]]


def _estimator(project: Project, texts: Sequence[str], rows: int, day: date) -> Estimator:
    count = tokenizer(project.traces.tokenizer, project.folder).count
    return Estimator(project, texts, rows, day, count, lambda name: load_prompt(name, project.folder))


def _on_own_machines(project: Project, texts: Sequence[str], rows: int, day: date) -> list[EstimateLine]:
    """What a service would ask to train the candidates that train here; the hours of one's own machine show later."""
    costs = TrainingCosts(project, RunFolder(project.folder / "runs" / project.name), texts, None, day)
    kept = round(rows * (1 - project.split.validation - project.split.test))
    lines = []
    for candidate in project.candidates:
        about = {"data": {"training rows with copies": min(kept, candidate.train_size or kept)}}
        cost = costs.of(candidate, about)
        if cost.hosted_usd is not None:
            basis = f"here by the hours of your machine; at a service: {cost.hosted_detail}"
            lines.append(EstimateLine("training", candidate.name, cost.hosted_usd, "instead", basis))
    return lines


def _table(found: RunEstimate) -> str:
    rows = [(line.purpose, line.name, _money(line), line.unit, line.basis) for line in found.lines]
    lines = _aligned([("for", "by", "usd", "", "how"), *rows])
    bound = "at least " if any(line.usd is None and line.unit == "once" for line in found.lines) else ""
    counted = f"{found.rows:,} queries, tokens counted on {found.sampled:,}"
    total = f"{counted}; to be paid once: {bound}${found.once_usd:,.2f}"
    return "\n".join([*lines, total]) + "\n"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows as lines, every column but the last as wide as its widest cell."""
    last = len(rows[0]) - 1
    widths = [max(len(row[column]) for row in rows) for column in range(last)]
    return [
        "  ".join([*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)), row[last]]).rstrip()
        for row in rows
    ]


def _bills(bills: Sequence[Bill]) -> str:
    """Every bill of the project file beside what its counts come to; nothing without one."""
    if not bills:
        return ""
    rows = [
        (
            bill.purpose, bill.name, f"${bill.said_usd:,.2f}" if bill.said_usd >= 1 else f"${bill.said_usd:g}",
            f"${bill.usd:,.4f}".rstrip("0").ljust(len(f"${bill.usd:,.2f}"), "0"), f"{100 * bill.off:+.1f} %",
            "agrees" if bill.agrees else "does not agree", "; ".join(part for part in (bill.basis, bill.note) if part),
        )
        for bill in bills
    ]  # fmt: skip
    head = ("for", "by", "published", "worked out", "off", "", "how")
    said = "The bills that the project file names, worked out from its counts and the prices of their day (* inferred):"
    return "\n".join(["", said, *_aligned([head, *rows])]) + "\n"


def _bill_document(bill: Bill) -> dict[str, object]:
    return {**asdict(bill), "off": round(bill.off, 6), "agrees": bill.agrees}


def _money(line: EstimateLine) -> str:
    return "unknown" if line.usd is None else f"{line.usd:,.4f}" if 0 < line.usd < 0.1 else f"{line.usd:,.2f}"


def _document(found: RunEstimate, bills: Sequence[Bill], power: tuple[PairPower, ...]) -> EstimateDocument:
    return EstimateDocument(
        command="estimate",
        rows=found.rows,
        sampled=found.sampled,
        once_usd=round(found.once_usd, 6),
        unknown=tuple(found.unknown),
        warnings=tuple(found.warnings),
        lines=found.lines,
        bills=tuple(_bill_document(bill) for bill in bills),
        power=power,
    )
