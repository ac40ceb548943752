"""Everything the page needs, read once from the run folder; what a run lacks is ``None`` or empty."""

from dataclasses import dataclass

from topicsmith.report.advised import read_advice, read_calibrations, read_curves
from topicsmith.report.confusions import read_confusions
from topicsmith.report.extra import Audit, CostParts, Load, SeedSpread, read_audit, read_costs, read_loads, read_seeds
from topicsmith.report.incoming import read_distribution, read_incoming, read_stages
from topicsmith.report.judged import read_candidates
from topicsmith.report.labelled import read_labelling
from topicsmith.report.parts import (
    Advice,
    Calibration,
    Candidate,
    Confusion,
    Curve,
    Distribution,
    Estimate,
    Incoming,
    Labelling,
    StageTime,
)
from topicsmith.report.reading import read
from topicsmith.report.reference.data import Published, read_published
from topicsmith.runs import RunFolder


@dataclass(frozen=True)
class ReportContent:
    """What one page tells. ``candidates`` are best first."""

    project: str
    run: str
    finished: str | None
    incoming: Incoming | None
    labelling: Labelling | None
    distribution: Distribution | None
    candidates: tuple[Candidate, ...]
    confusions: tuple[Confusion, ...]
    advice: Advice | None
    audit: Audit | None
    loads: tuple[Load, ...]
    costs: tuple[CostParts, ...]
    seeds: tuple[SeedSpread, ...]
    calibrations: tuple[Calibration, ...]
    risk_coverage: tuple[Curve, ...]
    learning: tuple[Curve, ...]
    settings: tuple[Curve, ...]
    stages: tuple[StageTime, ...]
    published: Published

    @property
    def best(self) -> Candidate | None:
        """The candidate the page speaks for."""
        return self.candidates[0] if self.candidates else None

    @property
    def chosen(self) -> Candidate | None:
        """The candidate the advice says to deploy; without advice the best."""
        named = self.advice.deploy if self.advice else None
        return next((c for c in self.candidates if c.name == named), self.best)

    @property
    def audited(self) -> Estimate | None:
        """Accuracy of the chosen candidate on all rows, as a person's audit estimates it."""
        found = dict(self.audit.candidates) if self.audit else {}
        return found.get(self.chosen.name) if self.chosen else None

    @property
    def serving_arithmetic(self) -> str | None:
        """How the cost of the chosen candidate's answers comes about."""
        return next((c.serving for c in self.costs if self.chosen and c.candidate == self.chosen.name), None)

    @property
    def misses(self) -> tuple[str, ...]:
        """Which targets the chosen candidate misses."""
        standings = self.advice.standings if self.advice else ()
        return next((s.misses for s in standings if self.chosen and s.candidate == self.chosen.name), ())

    @property
    def labels_audited(self) -> bool:
        """Whether :attr:`labels_right` is a person's word, for want of true topics."""
        return not (self.labelling and self.labelling.quality and self.labelling.quality.kept)

    @property
    def labels_right(self) -> Estimate | None:
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


def read_content(run: RunFolder, project_name: str) -> ReportContent:
    """Read what the run folder holds so far.

    Raises:
        RunStateError: when a document is there but is not JSON, or a table lacks a column.
    """
    manifest = read(run, "manifest.json")
    statistics = read(run, "statistics.json")
    evaluations = read(run, "evaluations.json")
    candidates = read_candidates(evaluations, read(run, "leaderboard.json"))
    stages = read_stages(manifest)
    measurements = read(run, "confidence.json")
    return ReportContent(
        project=project_name,
        run=run.path.name,
        finished=max((stage.finished for stage in stages if stage.finished), default=None),
        incoming=read_incoming(manifest, statistics),
        labelling=read_labelling(manifest, read(run, "agreement.json"), read(run, "label_quality.json")),
        distribution=read_distribution(manifest, statistics),
        candidates=candidates,
        confusions=read_confusions(run, evaluations, candidates[0].name) if candidates else (),
        advice=read_advice(read(run, "advice.json")),
        audit=read_audit(read(run, "audit_report.json")),
        loads=read_loads(read(run, "bench.json"), tuple(c.name for c in candidates)),
        costs=read_costs(read(run, "costs.json")),
        seeds=read_seeds(read(run, "seeds.json")),
        calibrations=read_calibrations(measurements),
        risk_coverage=read_curves(measurements, "risk_coverage"),
        learning=read_curves(read(run, "learning_curves.json"), "curves"),
        settings=read_curves(read(run, "learning_curves.json"), "settings"),
        stages=stages,
        published=read_published(),
    )
