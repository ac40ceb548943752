"""What the page shows, as records: read from the run folder, laid out by :mod:`topicsmith.report.page`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A measured figure; ``low`` and ``high`` are ``None`` where its uncertainty is not known."""

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    method: str = ""


@dataclass(frozen=True)
class Histogram:
    """How many texts have how many tokens: ``counts[i]`` lie in ``[edges[i], edges[i + 1])``."""

    edges: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class TokenFigures:
    """Tokens of the query against tokens of the whole conversation."""

    tokenizer: str | None
    query_median: float | None
    trace_median: float | None
    query_p90: float | None
    trace_p90: float | None
    over_512: int | None
    ratio: float | None
    query: Histogram | None
    trace: Histogram | None


@dataclass(frozen=True)
class Incoming:
    """What was read and what gave no query."""

    traces: int | None
    queries: int | None
    dropped: tuple[tuple[str, int], ...]
    formats: tuple[tuple[str, int], ...]
    redacted: tuple[tuple[str, int], ...]
    replaced_characters: int | None
    groups: int | None
    largest_group: int | None
    tokens: TokenFigures | None


@dataclass(frozen=True)
class Annotator:
    """One annotator's share in the labels; ``statuses`` counts what became of each row."""

    name: str
    rows: int
    statuses: tuple[tuple[str, int], ...]
    catch_all: Estimate | None
    catch_all_when_disagreeing: Estimate | None
    usd: float | None
    usd_per_1k: float | None
    output_tokens_mean: float | None
    served_models: tuple[str, ...]
    usd_per_1k_kept: float | None = None


@dataclass(frozen=True)
class Matrix:
    """Counts with a name for each row and column."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Pair:
    """Two annotators on the rows both labelled; ``matrix`` has the first's topics as rows, the second's as columns."""

    first: str
    second: str
    n: int
    rate: Estimate | None
    kappa: Estimate | None
    matrix: Matrix | None
    abstained: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Rows to which both gave no topic, of these for the same reason, only the first, only the second."""


@dataclass(frozen=True)
class Disagreement:
    """How often the first annotator said one topic and the second another."""

    first: str
    second: str
    first_topic: str
    second_topic: str
    count: int


@dataclass(frozen=True)
class TopicAgreement:
    """Of the rows on which somebody named the topic, the share on which everybody did."""

    topic: str
    named: int
    agreed: int
    rate: Estimate | None


@dataclass(frozen=True)
class LabelQuality:
    """How right the labels are, over the ``n`` rows whose true topic the input gives.

    ``agreed`` and ``kept`` are accuracies of the agreed and of all labels; ``annotators`` and ``majority`` are over
    all ``n`` rows; ``by_topic`` is how often a label of that topic is right.
    """

    n: int
    agreed: Estimate | None
    kept: Estimate | None
    majority: Estimate | None
    annotators: tuple[tuple[str, Estimate], ...]
    by_topic: tuple[tuple[str, Estimate], ...]


@dataclass(frozen=True)
class Labelling:
    """How labels came about; ``rate`` is over all rows, ``rate_labelled`` over those that all annotators labelled."""

    rows: int
    annotators: tuple[Annotator, ...]
    outcome: tuple[tuple[str, int], ...]
    origins: tuple[tuple[str, int], ...]
    rate: Estimate | None
    rate_labelled: Estimate | None
    kappa: Estimate | None
    kappa_name: str
    catch_all: str | None
    pairs: tuple[Pair, ...]
    disagreements: tuple[Disagreement, ...]
    by_topic: tuple[TopicAgreement, ...]
    quality: LabelQuality | None
    alarms: tuple[str, ...] = ()
    coefficients: tuple[tuple[str, Estimate], ...] = ()


@dataclass(frozen=True)
class TopicShare:
    """Training rows of a topic before and after balancing, and its rows in the other splits, which stay as they are."""

    topic: str
    before: int
    after: int
    validation: int
    test: int


@dataclass(frozen=True)
class Distribution:
    """Topics among training rows, and the sizes of the splits."""

    topics: tuple[TopicShare, ...]
    ratio_before: float | None
    ratio_after: float | None
    largest_copies: int | None
    splits: tuple[tuple[str, int], ...]
    test_unlabelled: int
    notes: tuple[str, ...]
    untrained: tuple[str, ...]


@dataclass(frozen=True)
class TopicScore:
    """One topic under one candidate."""

    topic: str
    support: int
    precision: float | None
    recall: Estimate | None
    f1: Estimate | None


@dataclass(frozen=True)
class SubtopicScore:
    """The rows of one true subtopic: how often the topic was right, and the subtopic where the candidate names one."""

    topic: str
    subtopic: str
    support: int
    topic_accuracy: Estimate | None
    subtopic_accuracy: Estimate | None


@dataclass(frozen=True)
class Bias:
    """Accuracy on agreed rows against accuracy on all rows."""

    agreed_by_label: Estimate | None
    agreed_by_truth: Estimate | None
    all_by_truth: Estimate | None


@dataclass(frozen=True)
class Comparison:
    """One candidate against the best, row by row."""

    only_best: int
    only_this: int
    p_adjusted: float | None
    tied: bool
    rows_to_tell: int | None = None


@dataclass(frozen=True)
class Candidate:
    """One candidate on the test rows; ``rank`` counts from 1, best first, and fixes its colour on the page."""

    rank: int
    name: str
    kind: str
    model: str | None
    prompt: str | None
    n: int
    truth: str
    failures: int
    failures_by_status: tuple[tuple[str, int], ...]
    accuracy: Estimate
    macro_f1: Estimate | None
    balanced_accuracy: Estimate | None
    macro_precision: float | None
    macro_recall: float | None
    in_scope_accuracy: Estimate | None
    catch_all_recall: Estimate | None
    bias: Bias | None
    by_topic: tuple[TopicScore, ...]
    by_subtopic: tuple[SubtopicScore, ...]
    confusion: Matrix | None
    comparison: Comparison | None
    tied_with_best: bool
    p50_ms: float | None
    p95_ms: float | None
    texts_per_s: float | None
    output_tokens_mean: float | None
    train_s: float | None
    train_usd: float | None
    usd_per_1k: float | None
    stood_for: str | None = None


@dataclass(frozen=True)
class Confusion:
    """Test rows of one topic that the best candidate gave another, with texts to look at."""

    truth: str
    predicted: str
    count: int
    of: int | None
    texts: tuple[str, ...]


@dataclass(frozen=True)
class CurvePoint:
    """One point of a curve of one series: ``x`` rows, coverage or a setting, ``y`` with its uncertainty."""

    x: float
    y: Estimate


@dataclass(frozen=True)
class Curve:
    """A series of points; ``candidate`` names it, ``member`` is the candidate whose colour it has.

    ``setting`` is what varies along it, where that is a setting of a sweep.
    """

    candidate: str
    member: str
    points: tuple[CurvePoint, ...]
    setting: str = ""


@dataclass(frozen=True)
class Reliability:
    """Stated confidence against the share that was right, in one bin."""

    confidence: float
    accuracy: Estimate


@dataclass(frozen=True)
class Calibration:
    """How far confidences can be believed, and what threshold keeps a wished error rate.

    ``ece_before`` is before ``method`` mended the confidences, ``ece`` and ``bins`` are after; ``coverage`` and
    ``error`` are what the threshold did on test rows, ``assurance`` how surely it keeps its promise; ``holds_on_test``
    is false where the test rows contradict it.
    """

    candidate: str
    method: str | None
    ece_before: float | None
    ece: float | None
    bins: tuple[Reliability, ...]
    wished_error: float | None
    threshold: float | None
    coverage: float | None
    error: Estimate | None
    assurance: float | None
    holds_on_test: bool | None = None


@dataclass(frozen=True)
class Check:
    """One line of the checklist."""

    question: str
    answer: str
    holds: bool | None


@dataclass(frozen=True)
class Standing:
    """One candidate against the project's targets: which it misses, and which nothing measured can tell."""

    candidate: str
    misses: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Advice:
    """What to do, in sentences made from the measurements."""

    deploy: str | None
    why: tuple[str, ...]
    tied: tuple[str, ...]
    know_better: tuple[str, ...]
    standings: tuple[Standing, ...]
    never_best: tuple[str, ...]
    break_even: tuple[str, ...]
    checklist: tuple[Check, ...]
    weakest: tuple[str, ...]


@dataclass(frozen=True)
class StageTime:
    """One stage: what it counted, how long it took, what it ran with."""

    name: str
    state: str
    seconds: float | None
    finished: str | None
    versions: tuple[tuple[str, str], ...]
