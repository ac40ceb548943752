"""``topicsmith compare``: two runs side by side."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from topicsmith.advice.wording import interval_text
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson
from topicsmith.compare_runs import Difference, RunComparison, ScoreComparison, compare_runs
from topicsmith.progress import plain
from topicsmith.runs import find_run

_LONGEST = 60


@dataclass(frozen=True, kw_only=True)
class CompareDocument(JsonDocument):
    """``compare``: the two run folders, and what is different."""

    first: str
    second: str
    comparison: RunComparison


def compare(
    first: Annotated[Path, typer.Argument(help="A run folder, or a project for its latest run.")],
    second: Annotated[Path, typer.Argument(help="Another one.")],
    as_json: AsJson = False,
) -> None:
    """Compare two runs: what changed in data, settings and labels, and whether scores did.

    A candidate's answers are compared on the test rows that both runs judge by the same truth, by a paired test.
    """
    runs = [find_run(each) for each in (first, second)]
    found = compare_runs(*runs)
    if as_json:
        show(CompareDocument(command="compare", first=str(runs[0].path), second=str(runs[1].path), comparison=found))
        return
    sys.stdout.write(plain("\n".join(_lines(found))) + "\n")


def _lines(found: RunComparison) -> list[str]:
    labels = found.labels
    lines = ["data", *(_difference(each) for each in found.data)] if found.data else ["data: the same counts"]
    if found.settings is None:
        lines.append("settings: not kept by one of the runs; run it again to have them")
    else:
        lines += ["settings", *map(_difference, found.settings)] if found.settings else ["settings: the same"]
    lines.append(f"labels: {labels.different:,} of {labels.queries:,} shared queries differ")
    lines.append(f"what to deploy: {found.choices.first or 'nothing yet'} -> {found.choices.second or 'nothing yet'}")
    return [*lines, "scores", *(_score(each) for each in found.scores)]


def _difference(each: Difference) -> str:
    return f"  {each.name}: {_short(each.first)} -> {_short(each.second)}"


def _short(value: object) -> str:
    text = "none" if value is None else f"{value:,}" if isinstance(value, int) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _score(each: ScoreComparison) -> str:
    figures = [interval_text(found) if found is not None else "not there" for found in (each.first, each.second)]
    line = f"  {each.candidate}: {figures[0]} -> {figures[1]}"
    if each.p_adjusted is None:
        return f"{line}; no test row is shared" if each.first and each.second else line
    verdict = "different" if each.changed else "not significantly different"
    return (
        f"{line}; on {each.rows:,} shared rows {verdict} (right only before {each.only_first:,}, only after "
        f"{each.only_second:,}, p {each.p_adjusted:.3f})"
    )
