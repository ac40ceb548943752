"""Topic shares with intervals, by the best method that the rows allow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from topicsmith.shares.estimators import em, likelihood
from topicsmith.shares.prediction_powered import prediction_powered
from topicsmith.shares.resampling import DRAWS, cell_draws
from topicsmith.shares.results import ShareMethod, ShareTable, TopicShare
from topicsmith.shares.rows import ShareRows, confusion
from topicsmith.shares.separability import FEWEST_JUDGED, Correctable, correctable, imagined
from topicsmith.shares.shift import fit_test
from topicsmith.statistics.clusters import clustered_share
from topicsmith.statistics.intervals import FloatArray, Interval, wilson

FEWEST_AUDITED = 30
"""Audited rows below which their word alone is not gone by."""

FITS = 0.2
"""The p-value below which audited rows are taken to be answered differently from the judged ones."""

_EXACT = 1e-7
_DRAWN_TOLERANCE = 3e-5  # a draw need not be exact to a digit that no interval shows


@dataclass(frozen=True)
class ShareSettings:
    """``same_truth``: judged and audited rows are judged by the same truth, so that they may be taken together."""

    same_truth: bool = True
    draws: int = DRAWS
    seed: int = 13
    level: float = 0.95


def topic_shares(
    topics: Sequence[str],
    judged: ShareRows,
    traffic: ShareRows,
    settings: ShareSettings = ShareSettings(),
    name: str = "",
) -> ShareTable:
    """The share of each topic among rows like those of ``traffic``.

    Where the truth of every row is known, they are counted. With at least :data:`FEWEST_AUDITED` audited rows (a random
    sample of the traffic with a known truth) these enter the correction by EM if they agree with the judged rows, and
    otherwise alone speak for the truth, prediction-powered. Without them the shares are corrected by the confusion on
    the judged rows (EM), which supposes that a topic's texts are answered in the traffic as they are there.

    Args:
        topics: names, in the order of the codes.
        judged: rows with a known truth that the classifier did not learn from.
        traffic: the rows to be counted.
        settings: what is supposed, and how intervals are made.
        name: of the table.
    """
    audited = int(traffic.known.sum())
    notes: tuple[str, ...] = ()
    fit: float | None = None
    if not len(traffic):
        return _table(topics, name, traffic, "counted", _all(topics, None), judged, why="no rows")
    if audited == len(traffic):
        known = [clustered_share(traffic.truth == k, traffic.groups, settings.level) for k in range(len(topics))]
        return _table(topics, name, traffic, "known", _all(topics, known), judged)
    if audited >= FEWEST_AUDITED:
        if settings.same_truth and traffic.strata is None and len(judged):
            fit = fit_test(judged, traffic, settings.seed)
            possible = _possible(judged)
            if fit >= FITS and possible.possible and len(possible.classes) == len(topics):
                shares = corrected(judged, traffic, possible, settings)
                return replace(_table(topics, name, traffic, "em with audited rows", shares, judged), fit_p=fit)
            if fit < FITS:
                notes = ("audited rows are answered differently from judged ones: only the audited rows are gone by",)
        powered = [prediction_powered(traffic, k, settings.level) for k in range(len(topics))]
        table = _table(topics, name, traffic, "prediction-powered", _all(topics, powered), judged)
        return replace(table, fit_p=fit, notes=notes)
    if audited:
        notes = (f"{audited} audited rows are too few to go by; it takes {FEWEST_AUDITED}",)
    counted_only = traffic.without_truth()
    possible = _possible(judged)
    why = _why_not(judged, counted_only, possible)
    if why:
        table = _table(topics, name, counted_only, "counted", _all(topics, None), judged, why=why)
        return replace(table, notes=notes)
    shares = corrected(judged, counted_only, possible, settings)
    table = _table(topics, name, counted_only, "em", shares, judged, possible)
    return replace(table, notes=(*notes, *_about(judged, counted_only)))


def corrected(
    judged: ShareRows, traffic: ShareRows, possible: Correctable, settings: ShareSettings
) -> dict[tuple[int, ...], Interval | None]:
    """The shares by EM, of the topics and mixtures that can be corrected.

    Rows answered with a topic of which nothing is known stand aside, and the others share what they leave. Rows of the
    traffic with a known truth count as what they are, and among the judged ones.

    Intervals are from the middle of :data:`~topicsmith.shares.resampling.DRAWS` draws in which every group of
    near-copies, judged or counted, weighs by chance, and in which each topic has one more judged row, answered as all
    judged rows are taken together: five of five right do not mean that a topic is always told. None is narrower than
    if the truth of every row were known.
    """
    outputs = [j for j in range(traffic.outputs) if j not in possible.unjudged]
    at_once = traffic.by_cell()[None].astype(float), judged.by_cell()[None].astype(float)
    value = _estimate(*at_once, possible, outputs)[0]
    nearby = 0.9 * value / max(float(value.sum()), 1e-9) + 0.1 / len(value)
    rng = np.random.default_rng(settings.seed + 1)
    drawn = np.concatenate(
        [
            _estimate(counted, known, possible, outputs, (rng, nearby))
            for known, counted in cell_draws(judged, traffic, settings.draws, settings.seed)
        ]
    )
    bounds = np.quantile(drawn, [(1 - settings.level) / 2, (1 + settings.level) / 2], axis=0)
    found: dict[tuple[int, ...], Interval | None] = {}
    for at, members in enumerate(possible.classes):
        share, effective = float(value[at]), traffic.effective
        least = wilson(share * effective, effective, settings.level)
        low, high = min(float(bounds[0, at]), least.low, share), max(float(bounds[1, at]), least.high, share)
        groups = len(np.unique(traffic.groups))
        found[members] = Interval(share, low, high, len(traffic), settings.level, "EM", groups, effective)
    return found


def _estimate(
    counted: FloatArray,
    known: FloatArray,
    possible: Correctable,
    outputs: list[int],
    drawn: tuple[np.random.Generator, FloatArray] | None = None,
) -> FloatArray:
    """Shares of the classes from cells of shape (sets, topics + 1, outputs).

    Of draws, each class has one judged row more, and the search begins near the shares that are given.
    """
    told = (known + counted)[:, 1:, :]
    right = possible.merge(told + imagined(told))[:, :, outputs]
    if drawn is not None:
        usual = right.sum(axis=1, keepdims=True)
        usual = np.broadcast_to(usual / usual.sum(axis=2, keepdims=True), right.shape)
        right = right + drawn[0].standard_gamma(usual)
    own = possible.merge(counted[:, 1:, :])[:, :, outputs].sum(axis=2)
    unknown = counted[:, 0, :]
    aside = 1 - (unknown[:, outputs].sum(axis=1) + own.sum(axis=1)) / counted.sum(axis=(1, 2))
    start, tolerance = (None, _EXACT) if drawn is None else (drawn[1], _DRAWN_TOLERANCE)
    found: FloatArray = em(unknown[:, outputs], likelihood(right), own, start, tolerance) * (1 - aside)[:, None]
    return found


def _possible(judged: ShareRows) -> Correctable:
    groups = confusion(judged.taken(judged.known).first_of_groups()).sum(axis=1).astype(np.int64)
    return correctable(confusion(judged), groups)


def _all(topics: Sequence[str], found: Sequence[Interval] | None) -> dict[tuple[int, ...], Interval | None]:
    return {(k,): None if found is None else found[k] for k in range(len(topics))}


def _table(
    topics: Sequence[str],
    name: str,
    traffic: ShareRows,
    method: ShareMethod,
    found: dict[tuple[int, ...], Interval | None],
    judged: ShareRows,
    possible: Correctable | None = None,
    why: str = "",
) -> ShareTable:
    rows = judged.by_cell()[1:].sum(axis=1) + traffic.by_cell()[1:].sum(axis=1)
    entries = dict(found)
    entries.update({(k,): None for k in range(len(topics)) if not any(k in members for members in found)})
    entries.update({(k,): None for members in found if len(members) > 1 for k in members})
    shares = []
    for members, share in sorted(entries.items(), key=lambda entry: (entry[0][0], -len(entry[0]))):
        answered = np.isin(traffic.predicted, members)
        counted = None if method == "known" else clustered_share(answered, traffic.groups)
        own = why or ("" if share is not None else _why(members[0], topics, possible))
        names = tuple(topics[k] for k in members)
        shares.append(TopicShare(names, counted, share, int(rows[list(members)].sum()), own))
    n = len(traffic)
    asked = n > 0 and method != "known"
    unanswered = float((traffic.predicted == traffic.topics).mean()) if asked else float("nan")
    groups = len(np.unique(traffic.groups))
    return ShareTable(name, n, groups, int(traffic.known.sum()), unanswered, method, tuple(shares))


def _why(topic: int, topics: Sequence[str], possible: Correctable | None) -> str:
    """Why one topic has no corrected share of its own."""
    mixed = next((c for c in (possible.classes if possible else ()) if topic in c and len(c) > 1), ())
    if mixed:
        return f"mixed up with {', '.join(topics[k] for k in mixed if k != topic)}"
    return f"fewer than {FEWEST_JUDGED} judged rows"


def _why_not(judged: ShareRows, traffic: ShareRows, possible: Correctable) -> str:
    """Why nothing can be corrected; empty where something can."""
    if not len(judged):
        return "no judged rows"
    if not possible.classes:
        return f"no topic has {FEWEST_JUDGED} judged rows"
    if not possible.possible:
        return "the classifier does not tell the judged topics apart"
    if not traffic.counts()[:-1].sum() and not judged.counts()[-1]:
        return "no row has an answer"
    return ""


def _about(judged: ShareRows, traffic: ShareRows) -> tuple[str, ...]:
    """What the correction has to take for granted of rows without an answer."""
    silent = int(traffic.counts()[-1])
    if not silent or judged.counts()[-1]:
        return ()
    return (f"{silent:,} rows without an answer are taken to be about the same topics as the others",)
