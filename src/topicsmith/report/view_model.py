"""What the page shows beside the run's own records: ranks, names for rows and columns, curves, and what came in."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan, nan

from topicsmith.classifiers.base import traits_of
from topicsmith.dataset.statistics import RowStatistics
from topicsmith.evaluation.results import AgreementBias, Evaluation, TopicScores
from topicsmith.labels.agreement import Agreement, PairAgreement
from topicsmith.labels.quality import LabelQuality
from topicsmith.loadtest.run import LoadResult
from topicsmith.statistics.intervals import Interval

FAILED = "no answer"
"""The last column of a confusion matrix: the classifier failed."""


def bare(value: float) -> Interval:
    """A figure whose uncertainty is not known."""
    return Interval(value, nan, nan, 0)


def bounds(figure: Interval) -> tuple[float | None, float | None]:
    """The ends of an interval; ``None`` where they are not known, or there was no row to measure.

    >>> bounds(Interval(0.5, 0.4, 0.6, 10)), bounds(bare(0.5))
    ((0.4, 0.6), (None, None))
    """
    if isnan(figure.value):
        return None, None
    return None if isnan(figure.low) else figure.low, None if isnan(figure.high) else figure.high


@dataclass(frozen=True)
class TaxonomyUsed:
    """The version of the taxonomy that rows were labelled and candidates evaluated under.

    ``evaluated`` differs from ``labelled`` while a run is not up to date.
    """

    labelled: str
    evaluated: str | None = None


@dataclass(frozen=True)
class Matrix:
    """Counts with a name for each row and column."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Candidate(Evaluation):
    """One candidate on the test rows; ``rank`` counts from 1, best first, and fixes its colour on the page."""

    rank: int = 0

    @property
    def name(self) -> str:
        """What the project file calls it."""
        return self.candidate

    @property
    def is_baseline(self) -> bool:
        """Whether it answers the commonest topic: something to compare with, far below the others as a rule."""
        return traits_of(self.kind).baseline

    @property
    def tied_with_best(self) -> bool:
        """Whether it may be the most accurate itself: the test rows do not tell it apart from the best."""
        return self.rank > 1 and self.comparison is not None and self.comparison.tied

    @property
    def matrix(self) -> Matrix:
        """True topics down, answers across."""
        return Matrix(self.topics, (*self.topics, FAILED), self.confusion)

    @property
    def known_bias(self) -> AgreementBias | None:
        """Accuracy on agreed rows against all rows, where any of it is known."""
        known = self.bias.agreed_by_label or self.bias.agreed_by_truth or self.bias.all_by_truth
        return self.bias if known else None


def f1_of(topic: TopicScores) -> Interval:
    """F1 of a topic, with its interval where there is one."""
    return topic.f1_interval or bare(topic.f1)


def recall_of(topic: TopicScores) -> Interval | None:
    """Recall of a topic, with its interval where there is one; ``None`` of a topic without rows."""
    return topic.recall_interval or (None if topic.recall is None else bare(topic.recall))


def pair_matrix(pair: PairAgreement, topics: tuple[str, ...]) -> Matrix:
    """The first annotator's topics down, the second's across."""
    return Matrix(topics, topics, pair.confusion)


@dataclass(frozen=True)
class Labelling(Agreement):
    """How labels came about: the agreement, where labels came from, and how right they are."""

    alarms: tuple[str, ...] = ()
    origins: tuple[tuple[str, int], ...] = ()
    quality: LabelQuality | None = None

    @property
    def outcome(self) -> tuple[tuple[str, int], ...]:
        """What became of the rows."""
        return tuple((name, getattr(self, name)) for name in ("agreed", "disagreed", "abstained", "pending"))

    @property
    def coefficients(self) -> tuple[tuple[str, Interval], ...]:
        """Every figure of agreement there is, each once: of three or more, Fleiss' kappa is what ``kappa`` holds."""
        named = {
            "Same topic, all rows": self.rate,
            "Same topic, where all gave one": self.rate_labelled,
            self.kappa_name: self.kappa,
            "Fleiss' kappa": self.fleiss_kappa,
            "Krippendorff's alpha": self.krippendorff_alpha,
            "Gwet's AC1": self.gwet_ac1,
        }
        return tuple((name, found) for name, found in named.items() if found is not None)


@dataclass(frozen=True)
class ConfusedTexts:
    """Test rows of one topic that the chosen candidate gave another, with texts to look at."""

    truth: str
    predicted: str
    count: int
    of: int | None
    texts: tuple[str, ...]


@dataclass(frozen=True)
class CurvePoint:
    """One point of a curve: ``x`` rows, coverage or a setting, ``y`` with its uncertainty."""

    x: float
    y: Interval


@dataclass(frozen=True)
class PlottedCurve:
    """A series of points; ``candidate`` names it, ``member`` is the candidate whose colour it has.

    ``setting`` is what varies along it, where that is a setting of a sweep.
    """

    candidate: str
    member: str
    points: tuple[CurvePoint, ...]
    setting: str = ""


@dataclass(frozen=True)
class Load(LoadResult):
    """One load test of ``candidate``."""

    candidate: str = ""

    @property
    def rate(self) -> Interval:
        """Texts a second, with the bounds that are known."""
        return _bounded(self.texts_per_s, self.texts_per_s_low, self.texts_per_s_high)

    @property
    def p95(self) -> Interval | None:
        """The 95th percentile of the time of one text."""
        return None if self.p95_ms is None else _bounded(self.p95_ms, self.p95_ms_low, self.p95_ms_high)


def _bounded(value: float, low: float | None, high: float | None) -> Interval:
    return Interval(value, nan if low is None else low, nan if high is None else high, 0)


@dataclass(frozen=True)
class Audit:
    """What a person found in ``answered`` of ``drawn`` rows: accuracy on all rows, estimated from them.

    ``stratified`` are estimates for candidates without help by the annotators' opinions of every row; ``agreed_only``
    is the flattering figure beside them; both by candidate. ``of`` says which rows labels are about,
    ``answered_test`` of the answers are about test rows. ``precision`` is how right labels are where there is one,
    which ``coverage`` of the rows have. ``bounds`` are what figures are where ``undecided`` rows are all wrong and all
    right, by name; ``these`` are the intervals for these very rows.
    """

    answered: int
    drawn: int
    answered_test: int
    undecided: int
    of: str
    precision: Interval | None
    coverage: float | None
    differences: tuple[tuple[str, str, Interval], ...]
    bounds: Mapping[str, tuple[float, float]]
    these: Mapping[str, Interval]
    labels: tuple[tuple[str, Interval], ...]
    candidates: tuple[tuple[str, Interval], ...]
    stratified: Mapping[str, Interval | None]
    agreed_only: Mapping[str, Interval | None]


@dataclass(frozen=True)
class Incoming:
    """What was read and what gave no query."""

    traces: int
    queries: int
    dropped: tuple[tuple[str, int], ...]
    formats: tuple[tuple[str, int], ...]
    redacted: tuple[tuple[str, int], ...]
    unwrapped: tuple[tuple[str, int], ...]
    replaced_characters: int
    groups: int | None
    largest_group: int | None
    tokenizer: str | None


@dataclass(frozen=True)
class Distribution(RowStatistics):
    """Topics among training rows, and the sizes of the splits; ``notes`` are what splitting had to say."""

    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class StageTime:
    """One stage: what it counted, how long it took, what it ran with."""

    name: str
    state: str
    seconds: float | None
    finished: str | None
    versions: tuple[tuple[str, str], ...]
