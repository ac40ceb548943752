"""What was spent: by account, origin, provider, model and day; tokens stand in the same row as what they cost."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from topicsmith.llm.ledger.sqlite import Paid, Row

COUNT = (
    "INSERT INTO spent VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "answers = answers + excluded.answers, usd = usd + excluded.usd, assumed_usd = assumed_usd + excluded.assumed_usd, "
    "unpriced = unpriced + excluded.unpriced, untold = untold + excluded.untold, "
    "input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens, "
    "cached_tokens = cached_tokens + excluded.cached_tokens, "
    "reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens"
)
"""Adds a row to what its account, origin, provider, model and day have spent."""

READ = (
    "SELECT purse, provider, model, day, sum(answers), sum(usd), sum(assumed_usd), sum(unpriced), sum(untold), "
    "sum(input_tokens), sum(output_tokens), sum(cached_tokens), sum(reasoning_tokens) FROM spent "
    "GROUP BY purse, provider, model, day ORDER BY day, purse, provider, model"
)


@dataclass(frozen=True, slots=True)
class Spending:
    """What was paid towards one account for answers of one model on one day; empty texts stand for unknown.

    ``assumed_usd`` is set aside for the ``unpriced`` answers, whose cost is not known: the most they can have cost,
    where a budget is kept. ``untold`` answers do not say how many tokens they took and are in no count of tokens. The
    cached tokens are among those of the input, the reasoning tokens among those of the output.
    """

    account: str
    provider: str
    model: str
    day: str
    answers: int
    usd: float
    assumed_usd: float
    unpriced: int
    untold: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int

    @property
    def purpose(self) -> str:
        """What the account is for: ``labeling``, ``discover``, ``evaluate``, ``classify``, ``bench``."""
        return self.account.partition(":")[0]

    @property
    def run(self) -> str:
        """The run whose account it is; empty where the account names none."""
        run, slash, _ = self.account.partition(":")[2].partition("/")
        return run if slash or self.purpose in {"labeling", "discover"} else ""

    @property
    def asked(self) -> str:
        """Who was asked, ``provider:model``; empty where that was not kept."""
        return f"{self.provider}:{self.model}" if self.provider or self.model else ""

    def row(self, origin: str) -> Row:
        """The row of ``spent`` that it adds, paid through the file ``origin``."""
        return (
            self.account, origin, self.provider, self.model, self.day, self.answers, self.usd, self.assumed_usd,
            self.unpriced, self.untold, self.input_tokens, self.output_tokens, self.cached_tokens,
            self.reasoning_tokens,
        )  # fmt: skip


def whose(account: str) -> str:
    """Whose budget an account counts towards, whatever it is spent for: what follows its purpose.

    >>> whose("labeling:march"), whose("bench:march/glm-air"), whose("labeling")
    ('march', 'march/glm-air', 'labeling')
    """
    return account.partition(":")[2] or account


def spending_of(account: str, paid: Paid) -> Spending:
    """What one answer cost and took."""
    usage = paid.answer.usage
    untold = usage.input_tokens is None or usage.output_tokens is None
    return Spending(
        account, paid.provider, paid.model, paid.day, 1, usage.cost_usd or 0.0, 0.0, int(usage.cost_usd is None),
        int(untold), usage.input_tokens or 0, usage.output_tokens or 0, usage.cached_tokens or 0,
        usage.reasoning_tokens or 0,
    )  # fmt: skip


def assumed(account: str, like: Paid, usd: float) -> Spending:
    """``usd`` assumed for answers of unknown cost that came with ``like``, as a row that counts no answer."""
    return Spending(account, like.provider, like.model, like.day, 0, 0.0, usd, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class SpendingSum:
    """What several rows of :class:`Spending` come to, under a name that they share; empty stands for unknown."""

    name: str
    answers: int
    usd: float
    assumed_usd: float
    unpriced: int
    untold: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int


def total(rows: Sequence[Spending], name: str = "") -> SpendingSum:
    """The sum of ``rows``."""
    return SpendingSum(
        name,
        sum(row.answers for row in rows),
        sum(row.usd for row in rows),
        sum(row.assumed_usd for row in rows),
        sum(row.unpriced for row in rows),
        sum(row.untold for row in rows),
        sum(row.input_tokens for row in rows),
        sum(row.output_tokens for row in rows),
        sum(row.cached_tokens for row in rows),
        sum(row.reasoning_tokens for row in rows),
    )


def totals(rows: Iterable[Spending], by: Callable[[Spending], str]) -> tuple[SpendingSum, ...]:
    """The sums of the rows that share a name, in the order of the names."""
    groups: dict[str, list[Spending]] = {}
    for row in rows:
        groups.setdefault(by(row), []).append(row)
    return tuple(total(groups[name], name) for name in sorted(groups))
