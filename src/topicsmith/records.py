"""The records that pass between stages: frozen, plain, without behaviour of their own.

One denominator holds everywhere: rows in = labelled + abstained + pending. An abstention is a value with a
reason, and a failed prediction is a wrong prediction.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

AnnotationStatus = Literal[
    "labelled",
    "abstained",  # the annotator itself declined to choose
    "refused",
    "filtered",
    "truncated",
    "unparsable",
    "off_taxonomy",
    "too_large",
    "failed",
    "pending",
]
"""What became of one annotator's look at one query; all but ``labelled`` and ``pending`` are abstentions."""

LabelOrigin = Literal["agreed", "adjudicated", "human", "given", "disagreed", "abstained", "pending"]
"""Where a label came from; the last three are rows without a topic, kept and counted."""

PredictionStatus = Literal["ok", "abstained", "refused", "truncated", "unparsable", "off_taxonomy", "failed"]
"""``ok``, or why a classifier gave no topic."""

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool by the assistant; ``arguments`` is JSON text as the log had it."""

    name: str
    arguments: str
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. ``role`` is system, developer, user, assistant, tool or function; text parts are joined."""

    role: str
    content: str
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    reasoning: str | None = None
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """One recorded conversation.

    ``source`` and ``row`` say where it was read (file name, and line or row number from 1). ``topic``,
    ``subtopic`` and ``split`` are what the input itself claims, where it claims anything. ``size`` is the length in
    bytes of the conversation as the log wrote it, where the reader knows it without reading every message.
    ``first_index`` is the position in the log of ``messages[0]``, where a reader took only a part.
    """

    trace_id: str
    messages: tuple[Message, ...]
    metadata: Mapping[str, object] = field(default_factory=dict)
    source: str = ""
    row: int = 0
    time: str | None = None
    topic: str | None = None
    subtopic: str | None = None
    split: Split | None = None
    size: int | None = None
    first_index: int = 0


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row of the input that gave no query, and why; ``detail`` never holds the conversation's text."""

    source: str
    row: int
    reason: str
    detail: str = ""
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """The first thing the user asked in a trace: what is classified.

    ``group`` names the set of near-copies the query belongs to; ``message_index`` is the position of the
    message it was taken from; token counts come from the tokenizer the run names.
    """

    query_id: str
    text: str
    trace_id: str
    query_tokens: int = 0
    trace_tokens: int = 0
    metadata: Mapping[str, object] = field(default_factory=dict)
    topic: str | None = None
    subtopic: str | None = None
    split: Split | None = None
    time: str | None = None
    group: str | None = None
    message_index: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and money of one answer; ``None`` is unknown, which is not zero."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None


LONGEST_SAID = 200
"""Characters of what stood in the place of a topic that are kept."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotator's answer for one query: a topic, or an abstention with its reason in ``status``.

    ``said`` is what stood in the place of a topic where that is none of the taxonomy's, shortened; ``error`` says in a
    line why there is no topic, where a service or a reply gave none. ``asked_under`` is a hash of the topics and the
    settings that a model was asked under, ``named_by`` that of the version of the taxonomy whose names the topic has.
    """

    query_id: str
    annotator: str
    topic: str | None
    subtopic: str | None
    status: AnnotationStatus
    reasoning: str | None = None
    confidence: float | None = None
    usage: Usage = Usage()
    latency_s: float | None = None
    requested_model: str | None = None
    served_model: str | None = None
    said: str | None = None
    error: str | None = None
    asked_under: str | None = None
    named_by: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """What the project believes of a query; ``topic`` is ``None`` where nothing is believed yet.

    ``score`` is what the annotators' agreement claims for a weighted label, or an adjudicator for its own ruling: it
    says which labels are surer, not how often they are right. ``confidence`` does, where a person's audit made it of
    the score; without one there is none. ``probabilities`` are the scores of a weighted label's likely topics,
    highest first.
    """

    query_id: str
    topic: str | None
    subtopic: str | None
    origin: LabelOrigin
    confidence: float | None = None
    probabilities: tuple[tuple[str, float], ...] | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A query with its topic, ready to learn from or to be judged on.

    ``topic`` is what the row counts as: the true topic where the input gives one, otherwise the label. ``label`` is
    what the annotators settled on, ``None`` where they did not. ``copies`` is how often a training row counts after
    balancing (0 leaves it out) and ``weight`` how much each of them counts; ``reasoning`` is what an annotator wrote
    before its answer.
    """

    query_id: str
    text: str
    topic: str
    subtopic: str | None = None
    group: str | None = None
    label: str | None = None
    copies: int = 1
    reasoning: str | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class _ExampleSet:
    examples: tuple[Example, ...]

    def __len__(self) -> int:
        return len(self.examples)

    def __iter__(self) -> Iterator[Example]:
        return iter(self.examples)

    @property
    def texts(self) -> list[str]:
        """The texts, in order."""
        return [example.text for example in self.examples]

    @property
    def topics(self) -> list[str]:
        """The topics, in the order of the texts."""
        return [example.topic for example in self.examples]


@dataclass(frozen=True, slots=True)
class TrainSet(_ExampleSet):
    """The rows a classifier may learn from, before or after balancing."""

    role: Literal["train"] = "train"


@dataclass(frozen=True, slots=True)
class ValidationSet(_ExampleSet):
    """The rows on which settings, thresholds and stopping are chosen; never balanced."""

    role: Literal["validation"] = "validation"


@dataclass(frozen=True, slots=True)
class TestSet(_ExampleSet):
    """The rows a classifier is judged on; balancing and training do not accept this type.

    ``truth`` says what they are judged by: topics the input gives, or only the labels that annotators agreed on. In
    the second case rows without a label cannot be judged; ``unlabelled`` counts them.
    """

    __test__ = False  # its name would make pytest collect it
    role: Literal["test"] = "test"
    truth: Literal["given", "labels"] = "labels"
    unlabelled: int = 0


@dataclass(frozen=True, slots=True)
class Prediction:
    """A classifier's answer for one text: a topic, or ``None`` with the reason in ``status``.

    ``taxonomy`` is the version of the topics that it was given by, where they may change under a loaded classifier;
    ``member`` the candidate that gave it, where several stand behind one another.
    """

    topic: str | None
    confidence: float | None = None
    status: PredictionStatus = "ok"
    subtopic: str | None = None
    output_tokens: int | None = None
    latency_s: float | None = None
    taxonomy: str | None = None
    member: str | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """How fast a classifier answers; ``None`` where nothing was measured.

    ``p50_ms`` and ``p95_ms`` are of texts sent alone, over ``singles`` texts; ``texts_per_s`` is of texts in batches;
    ``others`` is the share of the machine's processors that other programs used meanwhile. ``p95_low`` and
    ``p95_high`` are the 95 % interval of ``p95_ms``.
    """

    p50_ms: float | None = None
    p95_ms: float | None = None
    texts_per_s: float | None = None
    singles: int = 0
    others: float | None = None
    p95_low: float | None = None
    p95_high: float | None = None
