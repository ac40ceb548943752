"""Everything that is said of trends: shares by period, what changed when, and which rows are behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.special import ndtr

from topicsmith.errors import UserError
from topicsmith.runs import RunFolder
from topicsmith.shares.grouping import NONE, Period
from topicsmith.shares.report import counted_rows, report_of
from topicsmith.shares.run_rows import CountedRow, RunRows, Traffic
from topicsmith.shares.shift import g_test
from topicsmith.statistics.clusters import clustered_share
from topicsmith.statistics.intervals import Interval
from topicsmith.traces.conversations.instants import instant
from topicsmith.trends.alarms import AlarmRow, alarms_of
from topicsmith.trends.counting import (
    Counted,
    baseline,
    codes_of,
    counted,
    once,
    strange_before,
    topics_before,
    unrepeated,
)  # fmt: skip
from topicsmith.trends.far import Encode, FarRows, NoFarRowsError, encoder_of, far_rows
from topicsmith.trends.periods import DAYS, PeriodRows, spans
from topicsmith.trends.results import TrendPeriod, TrendsReport
from topicsmith.trends.scores import normal_scores
from topicsmith.trends.watch import FEWEST, StepCounts, Watched, shared_out, watch

DRAWS = 200
"""Draws for the intervals of each period, of which there are many."""

LONGER: dict[Period, Period] = {"day": "week", "week": "month"}
"""What to take where there are too few rows."""

_FEWEST_PERIODS = 4
_NO_TIME = "no row has a time; name its column in 'traces.time' and run again, or keep it with 'classify --keep time'"


@dataclass(frozen=True)
class TrendsSettings:
    """``by`` which period, one false alarm in how many days, and the sentence encoder that says what is far."""

    by: Period = "day"
    false_alarm_days: float = 90.0
    encoder: str = "minilm"


@dataclass(frozen=True)
class FoundTrends:
    """The report, and the rows behind its alarms."""

    report: TrendsReport
    rows: tuple[AlarmRow, ...]


def trends_report(
    run: RunFolder,
    where: Path,
    answers: Path | None = None,
    candidate: str | None = None,
    settings: TrendsSettings = TrendsSettings(),
    encode: Encode | None = None,
) -> FoundTrends:
    """What changes over time among the rows in ``answers``, or among the run's own queries.

    Args:
        run: the run that judged the classifier.
        where: the run as the user wrote it.
        answers: a file that ``topicsmith classify`` wrote.
        candidate: whose answers they are; by default that of the run's choice.
        settings: periods, false alarms, encoder.
        encode: another encoder than that of the settings.

    Raises:
        UserError: when something is missing or cannot be read, or no row has a time.
    """
    rows, traffic = counted_rows(run, where, answers, candidate)
    fresh = unrepeated(traffic.counted)
    repeated = int((~fresh).sum())
    kept = [row for row, is_fresh in zip(traffic.counted, fresh, strict=True) if is_fresh]
    traffic = replace(traffic, rows=traffic.rows.taken(fresh), counted=kept)
    found = spans([instant(row.time) for row in kept], settings.by)
    if not found:
        raise UserError(f"{traffic.name}: {_NO_TIME}")
    far, without_far = _far(rows, kept, settings.encoder, encode)
    known = _Compared(rows, traffic, found, far, answers is None, settings.by)
    watched = known.watch(settings)
    alarms, behind = alarms_of(known.topics, kept, found, (known.codes, known.counts), far, watched)
    shares = report_of(rows, traffic, settings.by, _names(found, len(kept)), own=answers is None, draws=DRAWS)
    report = TrendsReport(
        by=settings.by,
        false_alarm_days=settings.false_alarm_days,
        reference=known.reference,
        reference_rows=sum(each.rows for each in known.topics_reference),
        rows=len(kept),
        without_time=len(kept) - sum(len(span.rows) for span in found),
        repeated=repeated,
        without_far=without_far,
        periods=tuple(known.period(number, watched) for number in range(len(found))),
        alarms=alarms,
        shares=shares,
        notes=known.notes(),
    )
    return FoundTrends(report, behind)


def _names(found: Sequence[PeriodRows], rows: int) -> list[str]:
    names = [NONE] * rows
    for span in found:
        for row in span.rows.tolist():
            names[row] = span.name
    return names


def _far(rows: RunRows, kept: Sequence[CountedRow], encoder: str, encode: Encode | None) -> tuple[FarRows | None, str]:
    """Which rows are far, or why that is not known."""
    try:
        encode = encode or encoder_of(rows, encoder).encode
        return far_rows(rows, [row.name for row in kept], [row.text for row in kept], encode), ""
    except NoFarRowsError as exc:
        return None, str(exc)


class _Compared:
    """Periods and what they are compared with: the run's held-out rows, or the first periods of its own rows."""

    def __init__(
        self, rows: RunRows, traffic: Traffic, found: Sequence[PeriodRows], far: FarRows | None, own: bool, by: Period
    ) -> None:
        self._by = by
        self.topics = (*rows.topics, "(no answer)")
        self.codes = codes_of(traffic.rows) if own else traffic.rows.predicted
        self.far = far
        self._spans = found
        self._groups = traffic.rows.groups
        self.counts: Counted = counted(found, self.codes, self._groups, len(self.topics), far)
        self._first = baseline(self.counts.topics) if own else 0
        if own:
            first = self._spans[max(self._first - 1, 0)].name
            self.reference = f"the first {self._first:,} of the periods, up to {first}"
            self.topics_reference = [each for each in self.counts.topics[: self._first] if each is not None]
            self._strange_reference = [each for each in self.counts.strange[: self._first] if each is not None]
        else:
            self.reference = f"the run's held-out rows, as {traffic.answered_by} answers them"
            self.topics_reference = topics_before(rows)
            self._strange_reference = [] if far is None else strange_before(far)
        self._own = own

    def untested(self, number: int, counts: Sequence[StepCounts | None]) -> str:
        """Why a period is not charted; empty where it is."""
        step, span = counts[number], self._spans[number]
        if step is None:
            return "no rows"
        if number < self._first:
            return "what later periods are compared with"
        if len(self._spans) < _FEWEST_PERIODS and self._own:
            return "too few periods to compare"
        if span.partial:
            return "the data begin or end within it"
        rows = len(once(span.rows, self._groups))
        return f"{rows:,} rows, it takes {FEWEST}" if rows < FEWEST else ""

    def watch(self, settings: TrendsSettings) -> tuple[Watched, Watched | None]:
        """Chart the topics, and how strange rows are."""
        steps = settings.false_alarm_days / DAYS[settings.by]
        has_far = bool(self._strange_reference)
        of_topics, of_strange = shared_out(steps, len(self.topics), has_far, cycle=settings.by == "day")
        topics = watch(self.topics_reference, self._tested(self.counts.topics), of_topics)
        if not has_far:
            return topics, None
        return topics, watch(self._strange_reference, self._tested(self.counts.strange), of_strange)

    def _tested(self, counts: Sequence[StepCounts | None]) -> list[StepCounts | None]:
        return [None if self.untested(at, self.counts.topics) else each for at, each in enumerate(counts)]

    def period(self, number: int, watched: tuple[Watched, Watched | None]) -> TrendPeriod:
        """What is said of one period."""
        span, strange = self._spans[number], self.counts.strange[number]
        why = self.untested(number, self.counts.topics)
        compared = not why and strange is not None
        charted = watched[1]
        return TrendPeriod(
            name=span.name,
            first=span.first.isoformat(),
            last=span.last.isoformat(),
            rows=len(span.rows),
            counted=len(once(span.rows, self._groups)),
            untested=why,
            topics_p=None if why else self._topics_p(number),
            far=self._far_share(span),
            far_p=self._far_p(strange) if compared and strange is not None else None,
            strangeness=None if strange is None else float(strange.counts[0]) / strange.rows,
            usual_strangeness=_known(None if charted is None else float(charted.expected[number, 0])),
            limit=_known(None if charted is None else float(charted.limit[number, 0])),
        )

    def _topics_p(self, number: int) -> float:
        before = np.sum([each.counts for each in self.topics_reference], axis=0)
        now = self.counts.topics[number]
        assert now is not None
        return g_test(np.array([before, now.counts]))[1]

    def _far_share(self, span: PeriodRows) -> Interval | None:
        if self.far is None:
            return None
        rows = span.rows[self.far.judged[span.rows]]
        return clustered_share(self.far.far[rows], self._groups[rows]) if len(rows) else None

    def _far_p(self, strange: StepCounts) -> float | None:
        return strange_p(self._strange_reference, strange) if self._strange_reference else None

    def notes(self) -> tuple[str, ...]:
        """What a reader has to know."""
        found = []
        empty = sum(not len(span.rows) for span in self._spans)
        if empty:
            found.append(f"{self._by}s without rows: {empty:,} of {len(self._spans):,}")
        few = [why for at in range(len(self._spans)) if "it takes" in (why := self.untested(at, self.counts.topics))]
        if few:
            longer = "" if self._by == "month" else f"; take '--by {LONGER[self._by]}' to test them together"
            found.append(f"{self._by}s with fewer than {FEWEST} rows, which are not tested: {len(few):,}{longer}")
        return tuple(found)


def _known(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else value


def strange_p(reference: Sequence[StepCounts], found: StepCounts) -> float:
    """How probable by chance rows are at least as strange as those ``found``, beside a reference."""
    rows = sum(each.rows for each in reference)
    share = (sum(int(each.counts[0]) for each in reference) + 0.5) / (rows + 1)
    expected, variance = np.array([share]), np.array([share * (1 - share) / rows])
    return float(ndtr(-normal_scores(found.counts, found.rows, expected, variance)[0]))
