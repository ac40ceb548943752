"""Everything the page needs, read once from the run folder; what a run lacks is ``None`` or empty."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from topicsmith.advice.recommend import Advice
from topicsmith.advice.verdict import Verdict
from topicsmith.costs.cost import CandidateCost
from topicsmith.dataset.looks import FILE as LOOKS
from topicsmith.dataset.looks import Looks, looks_line
from topicsmith.evaluation.confidence.measure import Confidence
from topicsmith.evaluation.seeds import SeedSpread
from topicsmith.report.documents import (
    Documents,
    audit_of,
    confused_texts,
    incoming_of,
    plotted_learning_curves,
    plotted_setting_curves,
    risk_curves,
    stage_times,
    taxonomy_used,
)
from topicsmith.report.reference.data import NOTHING_PUBLISHED, Published, read_published
from topicsmith.report.row_power import row_power_line
from topicsmith.report.talk import TopicTalk, topic_talk
from topicsmith.report.view_model import (
    Audit,
    Candidate,
    ConfusedTexts,
    Distribution,
    Incoming,
    Labelling,
    Load,
    PlottedCurve,
    StageTime,
    TaxonomyUsed,
)
from topicsmith.runs import RunFolder
from topicsmith.statistics.intervals import Interval


@dataclass(frozen=True)
class ReportContent:
    """What one page tells. ``candidates`` are best first; ``looks`` says that their rows were looked at before."""

    project: str
    run: str
    finished: str | None
    incoming: Incoming | None
    labelling: Labelling | None
    distribution: Distribution | None
    candidates: tuple[Candidate, ...]
    confusions: tuple[ConfusedTexts, ...]
    advice: Advice | None
    verdict: Verdict | None
    talk: tuple[TopicTalk, ...]
    audit: Audit | None
    loads: tuple[Load, ...]
    costs: tuple[CandidateCost, ...]
    seeds: tuple[SeedSpread, ...]
    calibrations: tuple[Confidence, ...]
    risk_coverage: tuple[PlottedCurve, ...]
    learning: tuple[PlottedCurve, ...]
    settings: tuple[PlottedCurve, ...]
    stages: tuple[StageTime, ...]
    published: Published
    looks: str = ""
    taxonomy: TaxonomyUsed | None = None

    @property
    def row_power(self) -> str:
        """How often two candidates a few points apart are told apart on these rows."""
        return row_power_line(self.candidates)

    @property
    def best(self) -> Candidate | None:
        """The candidate the page speaks for."""
        return self.candidates[0] if self.candidates else None

    @property
    def chosen(self) -> Candidate | None:
        """The candidate the advice says to deploy; without one the best, which then is not to be deployed."""
        return _chosen(self.candidates, self.advice)

    @property
    def audited(self) -> Interval | None:
        """Accuracy of the chosen candidate on all rows, as a person's audit estimates it."""
        found = dict(self.audit.candidates) if self.audit else {}
        return found.get(self.chosen.name) if self.chosen else None

    @property
    def serving_arithmetic(self) -> str | None:
        """How the cost of the chosen candidate's answers comes about."""
        found = next((c.serving for c in self.costs if self.chosen and c.candidate == self.chosen.name), None)
        return found.detail or None if found else None

    @property
    def misses(self) -> tuple[str, ...]:
        """Which targets the chosen candidate misses."""
        standings = self.advice.standings if self.advice else ()
        return next((s.misses for s in standings if self.chosen and s.candidate == self.chosen.name), ())

    @property
    def labels_audited(self) -> bool:
        """Whether :attr:`labels_right` rests on an audit, because no true topics are known."""
        return not (self.labelling and self.labelling.quality and self.labelling.quality.kept)

    @property
    def labels_right(self) -> Interval | None:
        """How right the labels are: against the true topics, otherwise by a person's audit."""
        if self.labelling and self.labelling.quality and self.labelling.quality.kept:
            return self.labelling.quality.kept
        return dict(self.audit.labels).get("labels") if self.audit else None

    @property
    def labelling_usd_per_1k(self) -> float | None:
        """What 1,000 rows cost over all annotators; ``None`` while one of them is not known."""
        costs = [annotator.usd_per_1k for annotator in self.labelling.annotators] if self.labelling else []
        known = [cost for cost in costs if cost is not None]
        return sum(known) if costs and len(known) == len(costs) else None


def _chosen(candidates: Sequence[Candidate], advice: Advice | None) -> Candidate | None:
    named = advice.deploy if advice else None
    return next((c for c in candidates if c.name == named), candidates[0] if candidates else None)


def read_content(run: RunFolder, project_name: str, *, published: bool = True) -> ReportContent:
    """Read what the run folder holds so far; with ``published``, the experiment's figures stand beside it.

    Raises:
        RunStateError: when a document is there but is damaged, or a table lacks a column.
    """
    documents = Documents(run)
    stages = documents.get("manifest.json", {}).get("stages", {})
    counts: dict[str, Any] = {name: stage.get("counts", {}) for name, stage in stages.items()}
    times = stage_times(stages)
    candidates = documents.candidates()
    curves = documents.get("learning_curves.json", {})
    confidence = documents.get("confidence.json", {})
    advice = documents.record(Advice, "advice.json")
    chosen = _chosen(candidates, advice)
    return ReportContent(
        project=project_name,
        run=run.path.name,
        finished=max((stage.finished for stage in times if stage.finished), default=None),
        incoming=incoming_of(counts["ingest"]) if counts.get("ingest") else None,
        labelling=documents.labelling(counts.get("agree", {})),
        distribution=documents.distribution(counts.get("split", {})),
        candidates=candidates,
        confusions=confused_texts(run, chosen) if chosen else (),
        advice=advice,
        verdict=documents.record(Verdict, "verdict.json"),
        talk=topic_talk(run),
        audit=audit_of(documents.get("audit_report.json", None)),
        loads=documents.loads([c.name for c in candidates]),
        costs=documents.record(tuple[CandidateCost, ...], "costs.json") or (),
        seeds=documents.record(tuple[SeedSpread, ...], "seeds.json") or (),
        calibrations=tuple(
            documents.parsed(Confidence, {**entry, "risk_coverage": ()}, "confidence.json")
            for entry in confidence.get("calibration", ())
        ),
        risk_coverage=risk_curves(documents, confidence.get("risk_coverage", ())),
        learning=plotted_learning_curves(documents, curves.get("curves", ())),
        settings=plotted_setting_curves(documents, curves.get("settings", ())),
        stages=times,
        published=read_published() if published else NOTHING_PUBLISHED,
        taxonomy=taxonomy_used(counts),
        looks=looks_line((documents.record(tuple[Looks, ...], LOOKS) or (None,))[-1]),
    )
