"""``topicsmith costs``: what was spent on models so far."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from topicsmith.cli.json_output.documents import JsonDocument, show
from topicsmith.cli.options import AsJson, LedgerPlace
from topicsmith.labels.run_ledger import find_ledger
from topicsmith.llm.ledger.contents import UNKNOWN
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.ledger.spending import Spending, SpendingSum, total, totals
from topicsmith.progress import plain

_BY: dict[str, Callable[[Spending], str]] = {
    "model": lambda row: row.asked,
    "day": lambda row: row.day,
    "purpose": lambda row: row.purpose,
    "run": lambda row: row.run,
}
_HEAD = ("answers", "$", "assumed $", "unpriced", "input", "cached", "output", "reasoning")


@dataclass(frozen=True, kw_only=True)
class CostsDocument(JsonDocument):
    """``costs``: all that was spent, and the same by model, day, purpose and run; an empty name is not known.

    ``run`` is given where only one run's spending was asked for.
    """

    ledger: str
    run: str | None
    total: SpendingSum
    by_model: tuple[SpendingSum, ...]
    by_day: tuple[SpendingSum, ...]
    by_purpose: tuple[SpendingSum, ...]
    by_run: tuple[SpendingSum, ...]


def costs(where: LedgerPlace = Path(), as_json: AsJson = False) -> None:
    """Say what was spent on models so far: by model, day, purpose and run.

    Of a project, or of one run of it. Counts what was paid by whatever process; answers that were found in the ledger
    cost nothing again. Answers of unknown price are counted under 'unpriced', what was assumed for them under a
    budget stands beside.
    """
    found = find_ledger(where)
    with Ledger(found.path) as ledger:
        rows = [row for row in ledger.spending() if found.run in {None, row.run}]
    sums = {name: totals(rows, by) for name, by in _BY.items()}
    if as_json:
        show(
            CostsDocument(
                command="costs",
                ledger=str(found.path),
                run=found.run,
                total=total(rows),
                by_model=sums["model"],
                by_day=sums["day"],
                by_purpose=sums["purpose"],
                by_run=sums["run"],
            )
        )
        return
    sys.stdout.write(plain("\n".join(_table(total(rows), sums))) + "\n")


def _table(everything: SpendingSum, sums: dict[str, tuple[SpendingSum, ...]]) -> list[str]:
    blocks: list[tuple[str, Sequence[SpendingSum]]] = [(f"by {name}", each) for name, each in sums.items()]
    rows = [(title, _HEAD) if row is None else (f"  {row.name or UNKNOWN}", _cells(row))
            for title, block in blocks for row in (None, *block)]  # fmt: skip
    rows.append(("total", _cells(everything)))
    first = max(len(name) for name, _ in rows)
    widths = [max(len(cells[column]) for _, cells in rows) for column in range(len(_HEAD))]
    lines = [
        "  ".join([f"{name:<{first}}", *(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))])
        for name, cells in rows
    ]
    untold = everything.untold
    return lines if not untold else [*lines, f"{untold:,} answers do not say how many tokens they took"]


def _cells(row: SpendingSum) -> tuple[str, ...]:
    money = (f"{row.usd:,.4f}", f"{row.assumed_usd:,.4f}")
    tokens = (row.input_tokens, row.cached_tokens, row.output_tokens, row.reasoning_tokens)
    return (f"{row.answers:,}", *money, *(f"{count:,}" for count in (row.unpriced, *tokens)))
