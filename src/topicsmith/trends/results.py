"""What is said of trends."""

from dataclasses import dataclass
from typing import Literal

from topicsmith.shares.grouping import Period
from topicsmith.shares.report import SharesReport
from topicsmith.statistics.intervals import Interval

Statistic = Literal["far", "topics", "topic"]
"""``far``: rows far from anything known; ``topics``: the topics together; ``topic``: one topic."""


@dataclass(frozen=True)
class MovedTopic:
    """A topic's share of the rows since a change, and the one that had been expected."""

    topic: str
    seen: float
    expected: float


@dataclass(frozen=True)
class TrendAlarm:
    """An alarm of the period ``raised``; what it is about seems to have begun with the period ``since``.

    ``last`` is the last period that would have raised it again. ``moved`` are the topics it is about, the most
    surprising first; of an alarm about far rows ``seen`` is their share from ``since`` to ``last`` and ``expected`` the
    one before; of topics together ``seen`` is the share of rows that would have to change their topic. ``rows`` stand
    in the table of rows behind alarms, of which ``examples`` are some; a topic that falls has none.
    """

    statistic: Statistic
    direction: Literal["rise", "fall"]
    since: str
    raised: str
    last: str
    seen: float
    expected: float
    moved: tuple[MovedTopic, ...]
    rows: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class TrendPeriod:
    """A period: ``rows`` as they are, and ``counted`` with near-copies once. ``untested`` says why it is not charted.

    ``topics_p`` is how probable by chance so large a difference of the topics to the reference is, and ``far_p`` rows
    so strange; each of this period alone. ``strangeness`` is the mean of how strange its rows are, from 0 to 1;
    above ``limit`` it raises an alarm. ``None`` where it is not known.
    """

    name: str
    first: str
    last: str
    rows: int
    counted: int
    untested: str
    topics_p: float | None
    far: Interval | None
    far_p: float | None
    strangeness: float | None
    usual_strangeness: float | None
    limit: float | None


@dataclass(frozen=True)
class TrendsReport:
    """Topic shares by period in ``shares``, and what changed.

    ``reference`` says what periods are compared with, ``reference_rows`` how many rows those are, near-copies once.
    ``without_far`` says why nothing is said of far rows; empty where something is. ``without_time`` counts rows that
    have no time, ``repeated`` rows that stood there before, and are left out.
    """

    by: Period
    false_alarm_days: float
    reference: str
    reference_rows: int
    rows: int
    without_time: int
    repeated: int
    without_far: str
    periods: tuple[TrendPeriod, ...]
    alarms: tuple[TrendAlarm, ...]
    shares: SharesReport
    notes: tuple[str, ...]
