"""What labels, training and serving cost. Pure arithmetic: prices come in, an unknown price makes an unknown cost.

Money is in US dollars, tokens are single tokens, prices of tokens are per million of them. ``None`` is unknown, which
is never counted as zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from topicsmith.records import Annotation

TEN_YEARS = 3652.5
"""Days after which a saving is no reason to choose."""

MANY_A_DAY = 1_000_000
"""Texts a day that are taken for the most where a project names no volume."""

ServingBasis = Literal["tokens", "minutes", "machine", "members"]
"""How serving is paid: by tokens, by minutes of a dedicated endpoint, by hours of a machine of one's own, or for each
of the candidates that one is made of in its own way."""

TrainingBasis = Literal["billed", "tokens", "machine", "none"]
"""How training is paid: as the service billed it, by billable tokens, by hours of a machine, or nothing is trained."""


@dataclass(frozen=True)
class TokenPrice:
    """Dollars per million tokens, and where and when that was read."""

    input_usd: float
    output_usd: float
    source: str = ""
    as_of: str = ""


@dataclass(frozen=True)
class AnnotatorCost:
    """What one annotator cost: ``usd`` over the answers whose cost is known, ``unknown`` counts the others."""

    annotator: str
    answers: int
    usd: float
    unknown: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class LabellingCost:
    """What labelling cost as paid; ``usd`` and ``usd_per_1k`` are ``None`` while any answer's cost is unknown."""

    rows: int
    usd: float | None
    usd_per_1k: float | None
    annotators: tuple[AnnotatorCost, ...]


def labelling_as_paid(annotations: Sequence[Annotation]) -> LabellingCost:
    """Add up what the ledger says was paid; pending rows were not asked and cost nothing."""
    asked = [annotation for annotation in annotations if annotation.status != "pending"]
    rows = len({annotation.query_id for annotation in asked})
    costs = []
    for name in sorted({annotation.annotator for annotation in asked}):
        mine = [annotation.usage for annotation in asked if annotation.annotator == name]
        known = [usage.cost_usd for usage in mine if usage.cost_usd is not None]
        costs.append(
            AnnotatorCost(
                name,
                len(mine),
                sum(known),
                len(mine) - len(known),
                sum(usage.input_tokens or 0 for usage in mine),
                sum(usage.output_tokens or 0 for usage in mine),
            )
        )
    total = None if any(cost.unknown for cost in costs) else sum(cost.usd for cost in costs)
    return LabellingCost(rows, total, 1000 * total / rows if total is not None and rows else None, tuple(costs))


def answers_usd(
    answers: int, input_tokens: float, output_tokens: float, price: TokenPrice, retries: float = 0.0
) -> float:
    """What ``answers`` cost at a mean number of tokens each; ``retries`` is how many more are asked for each."""
    each = (input_tokens * price.input_usd + output_tokens * price.output_usd) / 1e6
    return answers * each * (1 + retries)


def training_by_tokens(tokens: int, epochs: float, usd_per_million: float) -> float:
    """What hosted fine-tuning costs that is billed by the token: tokens × epochs × price.

    >>> round(training_by_tokens(3_500_000, 10, 0.55), 2)
    19.25
    """
    return tokens * epochs * usd_per_million / 1e6


def training_by_machine(seconds: float, usd_per_hour: float) -> float:
    """What training on a rented machine costs."""
    return seconds / 3600 * usd_per_hour


@dataclass(frozen=True)
class TrainingCost:
    """What training one candidate costs, how that is known, and the arithmetic in words.

    ``usd`` is ``None`` where a price is not known. ``hosted_usd`` is what a service would ask to train the same model
    on the same rows, an estimate from counted tokens; ``parameters`` are those of the whole model.
    """

    basis: TrainingBasis
    usd: float | None
    detail: str
    billable_tokens: int | None = None
    hosted_usd: float | None = None
    hosted_detail: str = ""
    parameters: int | None = None


@dataclass(frozen=True)
class Serving:
    """What a thousand answers cost, how that is paid, at what load it holds, and the arithmetic in words.

    ``usd_per_1k`` is at the project's own volume where that is known (a machine is paid for while it waits), and at
    ``utilisation`` otherwise. ``usd_per_1k_busy`` is the same machine kept fully busy.
    """

    basis: ServingBasis
    usd_per_1k: float
    usd_per_1k_busy: float
    utilisation: float | None = None
    machines: int | None = None
    detail: str = ""


def serving_by_tokens(input_tokens: float, output_tokens: float, price: TokenPrice, retries: float = 0.0) -> Serving:
    """A thousand answers of a service billed by the token, repeated questions included.

    >>> serving_by_tokens(290, 96, TokenPrice(0.20, 0.80), 0.5).detail
    '290 tokens in at $0.2, 96 out at $0.8 per million; 1.50 questions a text'
    """
    usd = answers_usd(1000, input_tokens, output_tokens, price, retries)
    detail = (
        f"{input_tokens:,.0f} tokens in at ${price.input_usd:g}, {output_tokens:,.0f} out at ${price.output_usd:g} per "
        f"million; {1 + retries:.2f} questions a text"
    )
    return Serving("tokens", usd, usd, detail=detail)


def serving_by_time(
    usd_per_hour: float,
    texts_per_s: float,
    basis: ServingBasis = "machine",
    utilisation: float = 0.5,
    per_day: int | None = None,
    retries: float = 0.0,
    failures: float = 0.0,
) -> Serving:
    """A thousand answers of a machine or an endpoint that is paid by time.

    Args:
        usd_per_hour: of one machine (sixty times the price of a minute).
        texts_per_s: what it answers under load, from the load test.
        basis: whose machine it is.
        utilisation: the share of its time it is busy, where ``per_day`` is not given.
        per_day: texts a day; the machines then run all day, as many as it takes at ``utilisation`` at most.
        retries: how many more texts are sent for every one answered.
        failures: the share of texts without an answer in the end; they are paid for too.
    """
    useful = texts_per_s * (1 - failures) / (1 + retries)
    busy = usd_per_hour / 3600 / useful * 1000
    speed = f"${usd_per_hour:g} an hour, {useful:,.{0 if useful >= 10 else 2}f} texts/s"
    if per_day is None:
        return Serving(
            basis, busy / utilisation, busy, utilisation, detail=f"{speed}, busy {utilisation:.0%} of the time"
        )
    machines = max(1, ceil(per_day / (useful * 86_400 * utilisation)))
    used = per_day / (useful * 86_400 * machines)
    busy_share = f"{used:.1%}" if used >= 0.001 else "less than 0.1%"
    detail = f"{speed}; {per_day:,} texts a day keep {machines:,} busy {busy_share} of a day that is paid in full"
    return Serving(basis, machines * usd_per_hour * 24 / per_day * 1000, busy, used, machines, detail)


def serving_by_members(members: Sequence[tuple[str, float, Serving]]) -> Serving:
    """A thousand answers of a candidate made of others: by name, the share of texts that comes to each, and its cost.

    >>> serving_by_members([("a", 1.0, Serving("machine", 0.5, 0.2)), ("b", 0.1, Serving("tokens", 2.0, 2.0))])
    Serving(basis='members', usd_per_1k=0.7, usd_per_1k_busy=0.4, utilisation=None, machines=None, \
detail='100.0% of texts come to a at $0.5 per 1,000, 10.0% to b at $2')
    """
    usd = sum(share * serving.usd_per_1k for _, share, serving in members)
    busy = sum(share * serving.usd_per_1k_busy for _, share, serving in members)
    (first, share, serving), *others = members
    told = [f"{share:.1%} of texts come to {first} at ${serving.usd_per_1k:.4g} per 1,000"]
    told += [f"{share:.1%} to {name} at ${serving.usd_per_1k:.4g}" for name, share, serving in others]
    return Serving("members", usd, busy, detail=", ".join(told))


def training_of_members(own: TrainingCost, members: Sequence[tuple[str, TrainingCost]]) -> TrainingCost:
    """``own`` with what training each of ``members`` costs, by name; not known while any of them is not."""
    known = [cost.usd for cost in (own, *(cost for _, cost in members)) if cost.usd is not None]
    total = sum(known) if len(known) == len(members) + 1 else None
    return replace(own, usd=total, detail=f"{own.detail}, after {', '.join(name for name, _ in members)}")


@dataclass(frozen=True)
class CandidateCost:
    """What one candidate costs to have and to use. ``labelling_usd`` is 0 for kinds that learn from no labels."""

    candidate: str
    labelling_usd: float | None
    training_usd: float | None
    serving: Serving | None
    training: TrainingCost | None = None

    @property
    def fixed_usd(self) -> float | None:
        """What is paid once; ``None`` when a part is unknown."""
        if self.labelling_usd is None or self.training_usd is None:
            return None
        return self.labelling_usd + self.training_usd

    @property
    def usd_per_1k(self) -> float | None:
        """What a thousand answers cost."""
        return self.serving.usd_per_1k if self.serving is not None else None

    def total_usd(self, texts: float) -> float | None:
        """What ``texts`` answers cost, everything included."""
        if self.fixed_usd is None or self.usd_per_1k is None:
            return None
        return self.fixed_usd + texts / 1000 * self.usd_per_1k


@dataclass(frozen=True)
class BreakEven:
    """From ``texts`` answers on, ``dearer_to_start`` costs less in all than ``cheaper_to_start``.

    ``texts`` is ``None`` when it never does.
    """

    dearer_to_start: str
    cheaper_to_start: str
    texts: int | None


def break_even(first: CandidateCost, second: CandidateCost) -> BreakEven | None:
    """Where the totals of two candidates meet; ``None`` when a cost is unknown."""
    if first.fixed_usd is None or second.fixed_usd is None or first.usd_per_1k is None or second.usd_per_1k is None:
        return None
    if first.fixed_usd < second.fixed_usd:
        return break_even(second, first)
    saved = second.usd_per_1k - first.usd_per_1k
    extra = first.fixed_usd - second.fixed_usd
    texts = None if saved <= 0 else ceil(1000 * extra / saved)
    return BreakEven(first.candidate, second.candidate, 0 if extra == 0 and saved >= 0 else texts)


def worth_waiting(texts: int, per_day: float | None) -> bool:
    """Whether so many texts come within ten years, at ``per_day`` or, where no volume is named, a million a day.

    Prices, models and machines change sooner than that, and savings too small to matter meet only then.

    >>> worth_waiting(36_520_000, 10_000), worth_waiting(36_530_000, 10_000)
    (True, False)
    """
    return texts <= TEN_YEARS * (per_day or MANY_A_DAY)


def break_evens(costs: Sequence[CandidateCost], per_day: float | None = None) -> tuple[BreakEven, ...]:
    """Every pair whose costs are known and that meets within ten years (:func:`worth_waiting`), earliest first."""
    found = [break_even(a, b) for i, a in enumerate(costs) for b in costs[i + 1 :]]
    meeting = [each for each in found if each is not None and each.texts and worth_waiting(each.texts, per_day)]
    return tuple(sorted(meeting, key=lambda each: (each.texts or 0, each.dearer_to_start, each.cheaper_to_start)))
