"""``topicsmith estimate``: what labelling, training and serving will cost, before a cent is spent."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from topicsmith.cli.options import AsJson, ProjectPath, Quiet

if TYPE_CHECKING:
    from datetime import date

    from topicsmith.llm.estimate import Estimate, Estimator, Line
    from topicsmith.progress import Progress
    from topicsmith.project import Project
    from topicsmith.records import Query


def estimate(
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
    unknown and is in no sum; a model that was shut down or soon will be is warned about. No service is asked.
    """
    import sys

    import orjson

    from topicsmith.progress import TerminalProgress
    from topicsmith.project import read_project

    progress = TerminalProgress(quiet)
    checked = read_project(project)
    day = _day(on)
    queries = _queries(checked, progress)
    found = _estimator(checked, _spread(queries, sample), len(queries), day).estimate()
    for warning in found.warnings:
        progress.say(warning)
    if as_json:
        sys.stdout.write(orjson.dumps(_document(found), option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        sys.stdout.write(_table(found))


def _day(on: str | None) -> "date":
    from datetime import UTC, date, datetime

    from topicsmith.errors import ProjectError

    if on is None:
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(on)
    except ValueError:
        raise ProjectError(f"--on {on}: no day; write it as 2026-11-23") from None


def _queries(project: "Project", progress: "Progress") -> "list[Query]":
    """The project's queries, read afresh and kept nowhere."""
    import tempfile

    from topicsmith.tables import read_queries
    from topicsmith.traces.ingest import ingest

    with tempfile.TemporaryDirectory(prefix="topicsmith-estimate-") as name:
        queries = Path(name) / "queries.parquet"
        ingest(project.traces, project.folder, queries, Path(name) / "dropped.parquet", progress)
        return read_queries(queries)


def _spread(queries: "Sequence[Query]", size: int) -> list[str]:
    """The texts of about ``size`` queries, evenly spread over all of them."""
    step = max(1, -(-len(queries) // size))
    return [query.text for query in queries[::step]]


def _estimator(project: "Project", texts: Sequence[str], rows: int, day: "date") -> "Estimator":
    from topicsmith.llm.estimate import Estimator
    from topicsmith.llm.prompts import load_prompt
    from topicsmith.traces.tokens import tokenizer

    count = tokenizer(project.traces.tokenizer, project.folder).count
    return Estimator(project, texts, rows, day, count, lambda name: load_prompt(name, project.folder))


def _table(found: "Estimate") -> str:
    rows = [(line.purpose, line.name, _money(line), line.unit, line.basis) for line in found.lines]
    header = ("for", "by", "usd", "", "how")
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(4)]
    lines = [
        "  ".join([*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)), row[4]]).rstrip()
        for row in [header, *rows]
    ]
    bound = "at least " if any(line.usd is None and line.unit == "once" for line in found.lines) else ""
    counted = f"{found.rows:,} queries, tokens counted on {found.sampled:,}"
    total = f"{counted}; to be paid once: {bound}${found.once_usd:,.2f}"
    return "\n".join([*lines, total]) + "\n"


def _money(line: "Line") -> str:
    return "unknown" if line.usd is None else f"{line.usd:,.4f}" if 0 < line.usd < 0.1 else f"{line.usd:,.2f}"


def _document(found: "Estimate") -> dict[str, object]:
    return {
        "rows": found.rows,
        "sampled": found.sampled,
        "once_usd": round(found.once_usd, 6),
        "unknown": list(found.unknown),
        "warnings": list(found.warnings),
        "lines": [
            {"purpose": x.purpose, "name": x.name, "usd": x.usd, "unit": x.unit, "basis": x.basis, "source": x.source}
            for x in found.lines
        ],
    }
