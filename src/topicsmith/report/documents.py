"""The files of a run folder, read as the records that the stages wrote, and as what the page shows of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import isnan
from typing import Any, TypeVar

from topicsmith.audit.report import CANDIDATE, LABELS
from topicsmith.evaluation.confidence.thresholds import CoveragePoint
from topicsmith.evaluation.learning_curves import LearningCurve, SettingCurve
from topicsmith.json_file import checked
from topicsmith.report.view_model import (
    FAILED,
    Audit,
    Candidate,
    ConfusedTexts,
    CurvePoint,
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
from topicsmith.tables import QUERIES, read_frame

T = TypeVar("T")


@dataclass(frozen=True)
class Documents:
    """The JSON files of a run, read as the records that were written."""

    run: RunFolder

    def get(self, name: str, missing: Any) -> Any:
        """The document, or ``missing`` where the run has none or has it as null."""
        found = self.run.read_json(name) if self.run.file(name).is_file() else None
        return missing if found is None else found

    def parsed(self, shape: type[T], document: object, name: str) -> T:
        """``document``, a part of file ``name``, as the record ``shape``; raises ``RunStateError`` where it misfits."""
        return checked(shape, document, self.run.file(name))

    def record(self, shape: type[T], name: str) -> T | None:
        """The whole file ``name`` as the record ``shape``; ``None`` when the run has no such file."""
        document = self.get(name, None)
        return None if document is None else self.parsed(shape, document, name)

    def candidates(self) -> tuple[Candidate, ...]:
        """The candidates on the test rows, best first, as they were ranked."""
        tests = [e for e in self.get("evaluations.json", []) if e["split"] == "test"]
        ranked = [{**e, "rank": rank} for rank, e in enumerate(tests, 1)]
        found = self.parsed(tuple[Candidate, ...], ranked, "evaluations.json")
        return tuple(c for c in found if not isnan(c.accuracy.value))

    def labelling(self, origins: Mapping[str, Any]) -> Labelling | None:
        """How the annotators agreed, what the labels are worth, and where the labels come from."""
        document = self.get("agreement.json", None)
        if document is None:
            return None
        more = {"origins": _counts(origins), "quality": self.get("label_quality.json", None)}
        return self.parsed(Labelling, {**document, **more}, "agreement.json")

    def distribution(self, split: Mapping[str, Any]) -> Distribution | None:
        """The rows of each topic before and after balancing, the largest topic first, and the notes of the split."""
        document = self.get("statistics.json", None)
        if document is None:
            return None
        found = {**document, "topics": sorted(document["topics"], key=lambda topic: -int(topic["before"]))}
        return self.parsed(Distribution, {**found, "notes": split.get("notes", ())}, "statistics.json")

    def loads(self, candidates: Sequence[str]) -> tuple[Load, ...]:
        """The load tests, in the order of ``candidates``."""
        tests = self.get("bench.json", {})
        found = [{**test, "candidate": name} for name in candidates for test in tests.get(name, ())]
        return self.parsed(tuple[Load, ...], found, "bench.json")


def _counts(document: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    return tuple((name, n) for name, n in document.items() if isinstance(n, int))


def incoming_of(counts: Mapping[str, Any]) -> Incoming:
    """What was read and dropped, from the counts of the ingest stage."""
    sizes = [group["count"] for group in counts.get("largest_groups", ())]
    return Incoming(
        traces=counts["traces"],
        queries=counts["queries"],
        dropped=tuple(sorted(_counts(counts.get("dropped", {})), key=lambda item: (-item[1], item[0]))),
        formats=_counts(counts.get("formats", {})),
        redacted=_counts(counts.get("redacted", {})),
        unwrapped=_counts(counts.get("unwrapped", {})),
        replaced_characters=counts.get("replaced_characters", 0),
        groups=counts.get("groups"),
        largest_group=max(sizes, default=None),
        tokenizer=counts.get("tokenizer"),
    )


def taxonomy_used(counts: Mapping[str, Any]) -> TaxonomyUsed | None:
    """The version of the taxonomy, from the counts of the stages; ``None`` for a run that did not note it."""
    named = {stage: _version_name(counts.get(stage, {}).get("taxonomy")) for stage in ("label", "evaluate")}
    if named["label"] is None:
        return None
    return TaxonomyUsed(named["label"], None if named["evaluate"] == named["label"] else named["evaluate"])


def _version_name(version: Any) -> str | None:
    if not isinstance(version, Mapping):
        return None
    number = "" if version.get("version") is None else f"version {version['version']}, "
    return f"{version.get('topics', 0):,} topics, {number}digest {version.get('digest')}"


def stage_times(stages: Mapping[str, Mapping[str, Any]]) -> tuple[StageTime, ...]:
    """Every stage the run knows, in the order they began; the report's own is running while this page is made."""
    return tuple(
        StageTime(
            name=name,
            state=stage.get("state", "unknown"),
            seconds=_seconds(stage.get("started"), stage.get("finished")),
            finished=stage.get("finished"),
            versions=tuple(stage.get("versions", {}).items()),
        )
        for name, stage in stages.items()
        if name != "report"
    )


def _seconds(started: str | None, finished: str | None) -> float | None:
    if started is None or finished is None:
        return None
    return (datetime.fromisoformat(finished) - datetime.fromisoformat(started)).total_seconds()


def confused_texts(run: RunFolder, chosen: Candidate) -> tuple[ConfusedTexts, ...]:
    """The commonest confusions of the chosen candidate, with the texts of the queries they name."""
    support = {topic.topic: topic.support for topic in chosen.by_topic}
    wanted = {query_id for item in chosen.confusions for query_id in item.query_ids}
    path = run.file("queries.parquet")
    texts: dict[str, str] = {}
    if wanted and path.is_file():
        rows = read_frame(path, QUERIES).select("query_id", "text").iter_rows()
        texts = {query_id: text for query_id, text in rows if query_id in wanted}
    return tuple(
        ConfusedTexts(
            item.topic,
            item.predicted or FAILED,
            item.count,
            support.get(item.topic),
            tuple(texts[query_id] for query_id in item.query_ids if query_id in texts),
        )
        for item in chosen.confusions
    )


def audit_of(document: Mapping[str, Any] | None) -> Audit | None:
    """What ``audit_report.json`` says; ``None`` when no person has looked."""
    if document is None or document.get("format") != 2:  # that of an older version is made again by the next run
        return None
    found = {name: (_figure(item), item) for name, item in document["accuracy"].items()}
    labels = document["accuracy"].get(LABELS, {})
    precision = labels.get("precision")
    candidates = {n.removeprefix(CANDIDATE): pair for n, pair in found.items() if n.startswith(CANDIDATE)}
    return Audit(
        document["answered"],
        document["drawn"],
        document["answered_test"],
        document["undecided"],
        document["of"],
        None if precision is None else _figure(precision),
        labels.get("coverage"),
        tuple((item["first"], item["second"], _figure(item)) for item in document["differences"]),
        {name: (item["worst"], item["best"]) for name, (_, item) in found.items()},
        {name: replace(at, low=item["these_low"], high=item["these_high"]) for name, (at, item) in found.items()},
        tuple((name, figure) for name, (figure, _) in found.items() if not name.startswith(CANDIDATE)),
        tuple((name, figure) for name, (figure, _) in candidates.items()),
        *(
            {name: _figure(item[key]) for name, (_, item) in candidates.items() if item.get(key) is not None}
            for key in ("stratified", "agreed_only")
        ),
    )


def _figure(item: Mapping[str, Any]) -> Interval:
    return Interval(item["value"], item["low"], item["high"], item["n"], method=item.get("method", ""))


def risk_curves(documents: Documents, entries: Sequence[Mapping[str, Any]]) -> tuple[PlottedCurve, ...]:
    """The error at each coverage of every candidate that tells its confidence, from ``confidence.json``."""
    found = []
    for entry in entries:
        points = documents.parsed(tuple[CoveragePoint, ...], entry["points"], "confidence.json")
        name = entry["candidate"]
        found.append(PlottedCurve(name, name, tuple(CurvePoint(p.coverage, p.risk) for p in points)))
    return tuple(curve for curve in found if curve.points)


def plotted_learning_curves(documents: Documents, entries: object) -> tuple[PlottedCurve, ...]:
    """The accuracy by rows of training of every candidate trained on parts of the rows."""
    curves = documents.parsed(tuple[LearningCurve, ...], entries, "learning_curves.json")
    return tuple(
        PlottedCurve(c.candidate, c.points[-1].candidate, tuple(CurvePoint(p.rows, p.accuracy) for p in c.points))
        for c in curves
    )


def plotted_setting_curves(documents: Documents, entries: object) -> tuple[PlottedCurve, ...]:
    """The accuracy by the value of the setting that a sweep varied."""
    curves = documents.parsed(tuple[SettingCurve, ...], entries, "learning_curves.json")
    return tuple(
        PlottedCurve(
            c.candidate, c.points[-1].candidate, tuple(CurvePoint(p.value, p.accuracy) for p in c.points), c.setting
        )
        for c in curves
    )
