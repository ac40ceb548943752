"""Which candidate to deploy: the rule, on what is shown and not on what is merely not refuted.

1. Baselines, and candidates not shown to beat a constant answer, never take part.
2. Facts first: where any candidate can do what the project asks of its kind, the others are left out.
3. Accuracy decides among those left. The most accurate is deployed, unless
4. another is shown to lose at most the margin against the best of them: then, of those, the ones that meet the other
   targets, or come nearest to them; of those, what is cheaper by an amount that matters; then what is faster; then
   the more accurate.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, log

from topicsmith.advice.losses import Loss, LossesAmong
from topicsmith.advice.targets import Demand, p95_ends
from topicsmith.evaluation.results import Evaluation
from topicsmith.project import TargetSettings
from topicsmith.statistics.intervals import Interval

MONTH_DAYS = 30
MATTERS_USD = 10.0
"""Dollars a month below which the cheaper of two is not worth another choice."""
MATTERS_USD_PER_1K = 0.01
"""The same where the project names no volume: what is $10 for a million texts."""
MATTERS_MS = 10.0
"""Milliseconds below which the faster of two is not worth another choice."""
AS_CHEAP, AS_FAST = 1.1, 2.0
"""Factors within which prices and latencies count as equal: a busy machine does as much to one and the same."""
AS_NEAR = log(1.1)
"""Sums of distances to targets that differ by less count as equal."""


@dataclass(frozen=True)
class Decision:
    """What is chosen and why.

    ``left`` are the candidates among which accuracy decides, the most accurate first, with their ``losses`` against
    the best of them; ``close`` are those within the margin of it, shown and not only seen, itself included.
    ``affordable`` are those of ``left`` known to meet every target of price and speed. ``unable`` are the facts for
    which others were left out, with their names.
    """

    chosen: Evaluation
    left: tuple[Evaluation, ...]
    losses: Mapping[str, Loss]
    close: tuple[Evaluation, ...]
    affordable: tuple[Evaluation, ...]
    unable: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def best(self) -> Evaluation:
        """The one that was right most often."""
        return self.left[0]

    @property
    def tied(self) -> tuple[Evaluation, ...]:
        """The others that may be the most accurate."""
        return tuple(e for e in self.left if e is not self.chosen and self.losses[e.candidate].may_be_best)


def decide(
    fit: Sequence[Evaluation],
    demands: Mapping[str, Sequence[Demand]],
    targets: TargetSettings,
    accuracies: Mapping[str, Interval],
    losses_among: LossesAmong,
) -> Decision:
    """Decide among ``fit``, of which there is at least one.

    Args:
        fit: the candidates that may be deployed, with their prices.
        demands: by candidate, its targets.
        targets: of the project.
        accuracies: by candidate, the accuracy that ranks.
        losses_among: the losses of named candidates against the best of them.
    """
    able, unable = _able(fit, demands)
    left = sorted(able, key=lambda e: (-accuracies[e.candidate].value, -_number(e.macro_f1.value), e.candidate))
    losses = losses_among([e.candidate for e in left])
    close = [e for e in left if e is left[0] or losses[e.candidate].within(targets.margin)]
    distances = {e.candidate: _distance(demands[e.candidate]) for e in left}
    near = _nearest(close, distances)
    cheap = _least(near, lambda e: _ends(e.usd_per_1k), lambda least, e: saving(least, e, targets.per_day) is None)
    fast = _least(cheap, p95_ends, lambda least, e: not slower(least, e))
    affordable = tuple(e for e in left if distances[e.candidate] == 0)
    return Decision(fast[0], tuple(left), losses, tuple(close), affordable, tuple(unable))


def _able(
    fit: Sequence[Evaluation], demands: Mapping[str, Sequence[Demand]]
) -> tuple[list[Evaluation], list[tuple[str, tuple[str, ...]]]]:
    """Those left when each fact that some candidate meets is asked of all; and who fell out over which."""
    left, unable = list(fit), []
    keys = [demand.key for demand in demands[fit[0].candidate] if demand.kind == "fact"]
    for key in keys:
        lines = {e.candidate: d for e in left for d in demands[e.candidate] if d.key == key}
        missing = [e for e in left if not lines[e.candidate].met]
        if missing and len(missing) < len(left):
            unable.append((lines[missing[0].candidate].line, tuple(e.candidate for e in missing)))
            left = [e for e in left if e not in missing]
    return left, unable


def _distance(demands: Sequence[Demand]) -> float:
    return sum(demand.distance for demand in demands if demand.kind == "measure")


def _nearest(close: Sequence[Evaluation], distances: Mapping[str, float]) -> list[Evaluation]:
    """Those that meet the measured targets; failing that, come nearest to them."""
    least = min(distances[e.candidate] for e in close)
    allowed = 0.0 if least == 0 else least + AS_NEAR
    return [e for e in close if distances[e.candidate] <= allowed]


def _least(
    found: Sequence[Evaluation],
    figure: Callable[[Evaluation], tuple[float, float] | None],
    as_good: Callable[[Evaluation, Evaluation], bool],
) -> list[Evaluation]:
    """Those about as good in ``figure`` as the least; all where it is not known of the first: nothing to weigh it by.

    One whose figure is not known cannot be shown to be better than the first, and gives way.
    """
    known = [e for e in found if figure(e) is not None]
    if figure(found[0]) is None:
        return list(found)
    least = min(known, key=lambda e: (figure(e) or (0.0, 0.0))[1])
    return [e for e in known if as_good(least, e)]


def _ends(value: float | None) -> tuple[float, float] | None:
    return None if value is None else (value, value)


def saving(cheap: Evaluation, dear: Evaluation, per_day: int | None) -> float | None:
    """What ``cheap`` saves against ``dear``, where it matters: dollars a month at ``per_day`` texts, else per 1,000."""
    if cheap.usd_per_1k is None or dear.usd_per_1k is None or dear.usd_per_1k <= AS_CHEAP * cheap.usd_per_1k:
        return None
    saved = dear.usd_per_1k - cheap.usd_per_1k
    if per_day is None:
        return saved if saved >= MATTERS_USD_PER_1K else None
    monthly = saved * per_day * MONTH_DAYS / 1000
    return monthly if monthly >= MATTERS_USD else None


def slower(than: Evaluation, e: Evaluation) -> bool:
    """Whether ``e`` is slower by a factor and a time that matter, for certain."""
    quick, slow = p95_ends(than), p95_ends(e)
    if quick is None or slow is None:
        return False
    return slow[0] > AS_FAST * quick[1] and slow[0] - quick[1] >= MATTERS_MS


def _number(value: float) -> float:
    return 0.0 if isnan(value) else value  # what was not measured sorts last
