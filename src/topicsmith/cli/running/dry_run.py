"""``topicsmith run --dry-run``: which stages would run, why, and the most it would cost."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from topicsmith.cli.estimate import estimate_project
from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.pipeline import plan_stages, run_path
from topicsmith.progress import Progress, TerminalProgress
from topicsmith.project import Project
from topicsmith.project_file import read_project
from topicsmith.runs import RunFolder


@dataclass(frozen=True)
class StagePlanned:
    """A stage that would run because of ``why``, or not, when that is ``None``; ``usd`` is the most it would cost.

    What the ledger holds is not paid again, so that it may cost less; ``None`` where a price is not known.
    """

    name: str
    why: str | None
    usd: float | None


@dataclass(frozen=True, kw_only=True)
class PlanDocument(JsonDocument):
    """``run --dry-run``: nothing was changed."""

    run: str
    stages: tuple[StagePlanned, ...]


def plan(project: Path, name: str | None, stages: Sequence[str], quiet: bool, as_json: bool) -> None:
    """Say which of ``stages`` would run, why, and the most it would cost; nothing is changed and nobody is asked."""
    checked = read_project(project)
    path = run_path(checked, name)
    planned = plan_stages(checked, RunFolder(path), stages)
    usd = _most_usd(checked, {each.name for each in planned if each.why is not None}, TerminalProgress(quiet))
    found = tuple(StagePlanned(each.name, each.why, usd.get(each.name, 0.0)) for each in planned)
    if as_json:
        show(PlanDocument(command="run", run=str(path), stages=found))
        return
    for each in found:
        cost = "" if not each.usd and each.usd is not None else f"; {_price(each.usd)}"
        sys.stdout.write(f"{each.name:<10}{'up to date' if each.why is None else f'would run: {each.why}{cost}'}\n")


_PAID_IN = {"labelling": "label", "adjudicating": "label", "training": "train", "evaluating": "evaluate"}
_SAMPLE = 500


def _most_usd(project: Project, running: set[str], progress: Progress) -> dict[str, float | None]:
    """By stage, what services would be paid; ``None`` where a price is not known. Only what runs is looked at."""
    if not running & set(_PAID_IN.values()):
        return {}
    found = estimate_project(project, datetime.now(UTC).date(), _SAMPLE, progress)
    usd: dict[str, float | None] = {}
    for line in found.lines:
        stage = _PAID_IN.get(line.purpose)
        if line.unit == "once" and stage in running:
            before = usd.get(stage, 0.0)
            usd[stage] = None if before is None or line.usd is None else before + line.usd
    return usd


def _price(usd: float | None) -> str:
    return "at a price that is not known" if usd is None else f"at most ${usd:,.2f}, less what the ledger holds"
