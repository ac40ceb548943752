"""The rows that are asked in batches, and their answers out of results into the ledger."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from topicsmith.llm.batches.base import Result
from topicsmith.llm.errors import ProviderFailure
from topicsmith.llm.http import CutOff
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.requests.budget import Budget
from topicsmith.llm.requests.types import AskOutcome
from topicsmith.llm.types import ChatRequest, Provider
from topicsmith.records import Usage

SAVE = 500


@dataclass(slots=True, eq=False)
class BatchRow:
    """One question under way; ``ids`` are all the rows that ask it, ``key`` is the ledger's for it as asked now.

    ``size`` is how many bytes it takes in a job.
    """

    ids: list[str]
    request: ChatRequest
    key: bytes
    answers: list[Paid] = field(default_factory=list)
    turn: int = 0
    failure: ProviderFailure | None = None
    calls: int = 0
    size: int = 0

    def outcomes(self) -> list[AskOutcome]:
        """What became of the question, for every row that asked it."""
        return [AskOutcome(name, tuple(self.answers), self.failure, self.calls) for name in self.ids]


def size_of(rows: Iterable[BatchRow]) -> int:
    """The bytes that rows take in a job."""
    return sum(row.size for row in rows)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the results of a job brought.

    Attributes:
        answered: the keys whose answer is in the ledger.
        named: the keys that a line speaks of: answered, refused or never run.
        unreadable: lines that are no JSON object.
        foreign: lines that name no row of the job.
        cut: why the results broke off, if they did.
    """

    answered: Set[str]
    named: Set[str]
    unreadable: int
    foreign: int
    cut: CutOff | None = None

    def said(self, number: int, again: int) -> str:
        """What is wrong with the results of a job of ``number`` rows, if anything; ``again`` are asked again."""
        counts = {
            "lines cannot be read": self.unreadable,
            "lines name no row of it": self.foreign,
            "rows have no answer and are asked again": again,
        }
        wrong = "; ".join(f"{count:,} {what}" for what, count in counts.items() if count)
        return f"{len(self.answered):,} of {number:,} rows answered; {wrong}" if wrong else ""


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
    ) -> Kept:
        """Keep the answers of a job that was handed in at ``since``, also those before ``results`` break off.

        ``account`` is that of the run which handed it in, where that is another one.
        """
        model = next((row.request.model for row in rows.values()), "")
        ours, named, answered = set(keys), set[str](), set[str]()
        took = max(0.0, time.time() - since)
        unreadable = foreign = 0
        cut: list[CutOff] = []
        with self._saving(account or self.account) as save:
            for result in _until_cut(results, cut):
                name = result.custom_id
                unreadable += result.status < 0
                foreign += result.status >= 0 and name not in ours
                if name not in ours or name in answered:
                    continue  # somebody else's, or a second answer
                named.add(name)
                row = rows.get(name)
                paid = None
                if not self._ledger.find([bytes.fromhex(name)]):  # else a process that died has kept it
                    paid = self._paid(result, took, row, model)
                    if paid is None:
                        continue
                answered.add(name)
                if row is not None:
                    row.failure = None  # of another line about it
                if paid is not None:
                    save(bytes.fromhex(name), paid, row)
        return Kept(answered, named, unreadable, foreign, cut[0] if cut else None)

    @contextmanager
    def _saving(self, account: str) -> Iterator[Callable[[bytes, Paid, BatchRow | None], None]]:
        """Save answers in groups; what was given before an error is saved as well."""
        group: list[tuple[bytes, Paid]] = []
        assumed = 0.0

        def flush() -> None:
            nonlocal assumed
            if group:
                self._ledger.save(account, group, assumed)
                group.clear()
                assumed = 0.0

        def save(key: bytes, paid: Paid, row: BatchRow | None) -> None:
            nonlocal assumed
            group.append((key, paid))
            assumed += self._budget.most(row.request) if row and paid.answer.usage.cost_usd is None else 0.0
            if len(group) >= SAVE:
                flush()

        try:
            yield save
        except ProviderFailure:
            flush()
            raise
        flush()

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


def _until_cut(results: Iterable[Result], cut: list[CutOff]) -> Iterator[Result]:
    """``results`` up to where they break off, with the reason in ``cut``."""
    try:
        yield from results
    except CutOff as failure:
        cut.append(failure)
