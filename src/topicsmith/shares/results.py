"""What is said of topic shares."""

from dataclasses import dataclass
from typing import Literal

from topicsmith.statistics.intervals import Figure, Interval

ShareMethod = Literal["known", "em", "em with audited rows", "prediction-powered", "counted"]
"""``known``: the truth of every row is known. ``em``: corrected by the confusion on judged rows. ``counted``: as the
classifier answered, not corrected."""


@dataclass(frozen=True)
class TopicShare:
    """The share of a topic, or of several that the classifier mixes up so that only their sum can be corrected.

    ``counted`` is the share as the classifier answers, with what is left to chance in which rows came in; ``None``
    where the true topics are counted. ``share`` is the corrected one; ``None`` where there is none, and ``why`` says
    why. ``judged`` is how many judged or audited rows are truly of the topic.
    """

    topics: tuple[str, ...]
    counted: Interval | None
    share: Interval | None
    judged: int
    why: str = ""


@dataclass(frozen=True)
class ShareTable:
    """The shares among some rows: all of them, or those of one period or value.

    ``unanswered`` is the share of rows without an answer; not a number where the true topics are counted. ``fit_p`` is
    how well the audited rows agree with the confusion of the judged ones (a p-value); ``None`` where nobody asked.
    """

    name: str
    rows: int
    groups: int
    audited: int
    unanswered: Figure
    method: ShareMethod
    shares: tuple[TopicShare, ...]
    fit_p: float | None = None
    notes: tuple[str, ...] = ()
