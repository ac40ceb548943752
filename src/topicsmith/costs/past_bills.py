"""Bills of the past worked out again: from counts of tokens and the prices of their day to what was paid.

A bill that was published with its counts checks the arithmetic of every estimate; one that does not come out shows
that a count, a price or the published sum is wrong. Which counts were published and which are inferred is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from topicsmith.errors import ProjectError
from topicsmith.llm.prices import price, training_price
from topicsmith.project import BillSettings

TOLERANCE = 0.02
"""How far the sum worked out may lie from the one that was paid to agree with it."""

INFERRED = "*"
"""What marks a count that nobody published."""


@dataclass(frozen=True)
class Bill:
    """One bill: what was ``said_usd`` to be paid, what the counts come to, and the arithmetic in words.

    ``off`` is the difference as a share of what was said; ``agrees`` when that is at most :data:`TOLERANCE`.
    """

    purpose: str
    name: str
    said_usd: float
    usd: float
    basis: str
    inferred: tuple[str, ...]
    note: str

    @property
    def off(self) -> float:
        """How far the sum worked out lies from what was said, as a share of the latter."""
        return self.usd / self.said_usd - 1

    @property
    def agrees(self) -> bool:
        """Whether both are the same within the tolerance."""
        return abs(self.off) <= TOLERANCE


def work_out(bills: Sequence[BillSettings]) -> tuple[Bill, ...]:
    """Every bill from its counts, and after several of one purpose that are to be added their sum.

    Raises:
        ProjectError: when a bill gives no price and the tables know none for its day.
    """
    found = [_bill(bill) for bill in bills]
    labelling = [bill for bill in found if bill.purpose == "labelling"]
    rest = [bill for bill in found if bill.purpose != "labelling"]
    return (*labelling, *_sum(labelling), *rest)


def _bill(bill: BillSettings) -> Bill:
    paid_in, paid_out = _prices(bill)
    if bill.purpose != "training":
        usd = (bill.rows or 0) * (bill.tokens_in * paid_in + bill.tokens_out * paid_out) / 1e6
        basis = (
            f"{_count(bill, 'rows')} rows x ({_count(bill, 'tokens_in')} tokens in at ${paid_in:g}, "
            f"{_count(bill, 'tokens_out')} out at ${paid_out:g} per million)"
        )
    else:
        base = bill.tokens if bill.tokens is not None else (bill.rows or 0) * bill.tokens_in
        usd = base * bill.epochs * paid_in / 1e6
        rows = f"{_count(bill, 'rows')} rows x {_count(bill, 'tokens_in')} tokens = " if bill.tokens is None else ""
        basis = (
            f"{rows}{base:,.0f}{_mark(bill, 'tokens')} tokens x {_count(bill, 'epochs')} epochs = "
            f"{base * bill.epochs:,.0f} billable x ${paid_in:g} per million"
        )
    return Bill(bill.purpose, bill.name, bill.said_usd, round(usd, 6), basis, tuple(bill.inferred), bill.note)


def _sum(bills: Sequence[Bill]) -> tuple[Bill, ...]:
    if len(bills) < 2:
        return ()
    said, usd = sum(bill.said_usd for bill in bills), sum(bill.usd for bill in bills)
    return (Bill(bills[0].purpose, "all of them", round(said, 6), round(usd, 6), "the sum of these", (), ""),)


def _prices(bill: BillSettings) -> tuple[float, float]:
    """Dollars per million tokens in and out: those in the file, otherwise those of the tables on the day."""
    if bill.usd_in is not None:
        return bill.usd_in, bill.usd_out or 0.0
    if bill.purpose == "training":
        rate = training_price(bill.model, bill.day)
        if rate is not None:
            return rate.usd, 0.0
    else:
        found = price(bill.model, bill.day)
        if found is not None:
            return found.input_usd, found.output_usd
    raise ProjectError(
        f"estimate.bills: the price of {bill.model} on {bill.day} is not known; give 'usd_in', per million tokens"
    )


def _count(bill: BillSettings, key: str) -> str:
    value = getattr(bill, key)
    text = f"{value:,.1f}".removesuffix(".0") if isinstance(value, float) else f"{value:,}"
    return text + _mark(bill, key)


def _mark(bill: BillSettings, key: str) -> str:
    return INFERRED if key in bill.inferred else ""
