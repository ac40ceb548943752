"""The rows that are asked in batches, and their answers out of results into the ledger."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from topicsmith.llm.batches.base import Result
from topicsmith.llm.errors import ProviderFailure
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.requests.budget import Budget
from topicsmith.llm.requests.types import AskOutcome
from topicsmith.llm.types import ChatRequest, Provider
from topicsmith.records import Usage

SAVE = 500


@dataclass(slots=True, eq=False)
class BatchRow:
    """One question under way; ``ids`` are all the rows that ask it, ``key`` is the ledger's for it as asked now."""

    ids: list[str]
    request: ChatRequest
    key: bytes
    answers: list[Paid] = field(default_factory=list)
    turn: int = 0
    failure: ProviderFailure | None = None
    calls: int = 0

    def outcomes(self) -> list[AskOutcome]:
        """What became of the question, for every row that asked it."""
        return [AskOutcome(name, tuple(self.answers), self.failure, self.calls) for name in self.ids]


class Collector:
    """Keeps what the results of jobs say; what cannot be read costs its own row and no other."""

    def __init__(
        self,
        provider: Provider,
        ledger: Ledger,
        account: str,
        budget: Budget,
        cost: Callable[[Usage], float | None],
    ) -> None:
        """Save into ``ledger`` towards ``account``, where a job does not say whose it is."""
        self.account = account
        self._provider = provider
        self._ledger = ledger
        self._budget = budget
        self._cost = cost

    def keep(
        self,
        results: Iterable[Result],
        keys: Sequence[str],
        since: float,
        rows: Mapping[str, BatchRow],
        account: str | None = None,
    ) -> int:
        """Keep the answers of a job that was handed in at ``since``; gives how many lines could not be read.

        ``account`` is that of the run which handed it in, where that is another one.
        """
        account = account or self.account
        model = next((row.request.model for row in rows.values()), "")
        ours, seen = set(keys), set[str]()
        group: list[tuple[bytes, Paid]] = []
        assumed, unreadable = 0.0, 0
        took = max(0.0, time.time() - since)
        for result in results:
            unreadable += result.status < 0
            if result.custom_id in seen or result.custom_id not in ours:
                continue  # a second answer, or somebody else's
            seen.add(result.custom_id)
            if self._ledger.find([bytes.fromhex(result.custom_id)]):
                continue  # a process that died while it collected has kept it
            row = rows.get(result.custom_id)
            paid = self._paid(result, took, row, model)
            if paid is not None:
                group.append((bytes.fromhex(result.custom_id), paid))
                assumed += self._budget.most(row.request) if row and paid.answer.usage.cost_usd is None else 0.0
            if len(group) >= SAVE:
                self._ledger.save(account, group, assumed)
                group, assumed = [], 0.0
        if group:
            self._ledger.save(account, group, assumed)
        return unreadable

    def _paid(self, result: Result, took: float, row: BatchRow | None, model: str) -> Paid | None:
        if result.status <= 0:
            return None  # expired, cancelled or torn: handed in again
        try:
            answer = self._provider.decode(result.status, {}, result.body)
        except ProviderFailure as failure:
            if row is not None:
                row.failure = failure
            return None
        usage = replace(answer.usage, cost_usd=self._cost(answer.usage))
        return Paid(replace(answer, usage=usage), took, time.time(), self._provider.name, model)
