"""Random schedules of refusals, thoughts, caps and prices on a virtual clock: a budget is never exceeded.

    python -m benchmarks.budget_schedules [--count 1000] [--seed 13]

Each schedule is a service with its own latency, price, thoughts, filters and faults, asked by the real scheduler with a
real ledger; only the network and the clock are made up. Held after each: what the service billed is within the budget
and equals what the ledger says; no row is lost or told twice; no answer is paid twice; and where rows are left for want
of money, at least 90 % of it is used or less is left than one call may cost. The result is
``results/budget_schedules.json``.
"""

import argparse
import asyncio
import json
import selectors
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Self

import orjson

from benchmarks.classifying import MACHINE
from topicsmith.errors import BudgetSpentError, TopicsmithError
from topicsmith.llm.http import ClientSettings, Response
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.llm.prices import Price, cost
from topicsmith.llm.providers import provider
from topicsmith.llm.requests.answer_room import AnswerRoom
from topicsmith.llm.requests.budget import most_tokens
from topicsmith.llm.requests.control import Control
from topicsmith.llm.requests.pacing import Pacer, PacingSettings
from topicsmith.llm.requests.scheduler import Scheduler
from topicsmith.llm.requests.types import Ask, AskOutcome, EngineSettings
from topicsmith.llm.types import Answer, ChatRequest, HttpRequest
from topicsmith.records import Usage

RESULTS = Path(__file__).parent / "results" / "budget_schedules.json"


class VirtualSelector(selectors.DefaultSelector):
    """A selector under which waiting takes no time: where nothing is ready the clock moves instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.busy: Callable[[], bool] = lambda: False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready; threads that are ``busy`` are waited for in real time."""
        self.now += 1e-6  # looking takes time, or a wait shorter than the clock's step would never end
        if timeout is None or self.busy():
            return super().select(None if timeout is None else 0.001)
        ready = super().select(0)
        if not ready and timeout > 0:
            self.now += timeout
        return ready


@dataclass
class Service:
    """One service: what it costs, how it thinks, and how it fails."""

    price: Price
    thoughts: Mapping[str, int]
    filtered: frozenset[str]
    faults: Mapping[int, float]
    latency_s: float
    random: Random
    billed: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        return None

    async def post(self, request: HttpRequest) -> Response:
        """Answer, or fail as it does."""
        await asyncio.sleep(self.latency_s * self.random.uniform(0.5, 2.0))
        body = orjson.loads(request.body)
        row = body["messages"][1]["content"]
        if row in self.filtered:
            return _response(400, {"error": {"code": "content_filter", "message": "filtered"}})
        for status, share in self.faults.items():
            if self.random.random() < share:
                return _response(status, {"error": {"message": f"scripted {status}"}})
        cap = body["max_tokens"]
        needs = self.thoughts[row] + 8
        written = min(cap, needs)
        read = len(body["messages"][0]["content"]) // 4 + len(row) // 4
        usage = Usage(read, written)
        self.billed += cost(usage, self.price) or 0.0
        self.answers[f"{row}@{cap}"] += 1
        done = needs <= cap
        choice = {
            "message": {"content": '{"topic": "A"}' if done else ""},
            "finish_reason": "stop" if done else "length",
        }
        counts = {"prompt_tokens": read, "completion_tokens": written}
        return _response(200, {"model": "m", "choices": [choice], "usage": counts})


def _response(status: int, body: Mapping[str, object]) -> Response:
    return Response(status, {"content-type": "application/json"}, orjson.dumps(body))


@dataclass(frozen=True)
class Outcome:
    """What became of one schedule."""

    rows: int
    finished: int
    told_twice: int
    billed: float
    counted: float
    budget: float
    worst_call: float
    paid_twice: int
    error: str

    def broken(self) -> list[str]:
        """The promises that did not hold."""
        left = self.budget - self.billed
        promises = {
            "a budget was exceeded": self.billed > self.budget * (1 + 1e-9),
            "the books differ from the bill": abs(self.billed - self.counted) > 1e-9,
            "a row was told twice": self.told_twice > 0,
            "a row was lost": not self.error and self.finished < self.rows,
            "an answer was paid twice": self.paid_twice > 0,
            "money was left": self.error == "BudgetSpentError" and left > max(0.1 * self.budget, self.worst_call),
        }
        return [name for name, broken in promises.items() if broken]


def schedule(seed: int, folder: Path) -> Outcome:
    """One random schedule, run to its end twice: the second run finds the answers of the first."""
    random = Random(seed)  # a simulation
    rows = [f"row {n} " + "x" * random.randint(0, 400) for n in range(random.choice([1, 5, 40, 120]))]
    thinks = random.choice([0, 0, 50, 700, 5000])
    service = Service(
        Price("compatible:m", 10 ** random.uniform(-1, 1), 10 ** random.uniform(-1, 1.5)),
        {row: int(random.expovariate(1 / thinks)) if thinks else 0 for row in rows},
        frozenset(row for row in rows if random.random() < 0.05),
        {429: random.choice([0, 0.05, 0.3]), 500: random.choice([0, 0.03]), 403: random.choice([0, 0.02])},
        random.choice([0.01, 0.5, 20.0]),
        random,
    )
    cap = random.choice([16, 64, 256])
    asks = [
        Ask(str(n), ChatRequest("m", "Sort. " * random.randint(1, 60), row, None, cap)) for n, row in enumerate(rows)
    ]
    wire = provider("compatible", "m", {"TOPICSMITH_BASE_URL": "http://127.0.0.1:9"})
    usual = sum(cost(most_tokens(a.request, cap), service.price) or 0.0 for a in asks)
    budget = usual * 10 ** random.uniform(-1.3, 0.7)
    room = AnswerRoom(0)
    worst = [0.0]

    def priced(usage: Usage) -> float | None:
        found = cost(usage, service.price)
        worst[0] = max(worst[0], found or 0.0)
        return found

    def follow_up(request: ChatRequest, answer: Answer, asked_before: int) -> ChatRequest | None:
        return room.more(request, answer, asked_before) if answer.finish == "length" else None

    settings = EngineSettings(
        PacingSettings(random.choice([1, 5, 50])), ClientSettings(), budget_usd=budget, cost=priced,
        follow_up=follow_up, fit=room.fit,
    )  # fmt: skip
    told: Counter[str] = Counter()
    error = ""
    with Ledger(folder / f"{seed}.sqlite") as ledger:
        for _ in range(2):
            found, error = _run(asks, wire, ledger, service, settings)
            told = Counter(outcome.id for outcome in found)
        counted = ledger.spent("labeling").usd
    paid_twice = sum(count - 1 for count in service.answers.values())
    return Outcome(
        len(rows),
        len(told),
        sum(told.values()) - len(told),
        service.billed,
        counted,
        budget,
        worst[0],
        paid_twice,
        error,
    )


def _run(
    asks: list[Ask], wire: Any, ledger: Ledger, service: Service, settings: EngineSettings
) -> tuple[list[AskOutcome], str]:
    found: list[AskOutcome] = []
    control = Control(settings.drain_s)

    def give(what: list[AskOutcome] | BaseException | None) -> None:
        assert isinstance(what, list)
        found.extend(what)
        control.read += len(what)

    async def work() -> None:
        control.attach(asyncio.get_running_loop())
        scheduler = Scheduler(iter(asks), wire, ledger, service, settings, give, control)  # type: ignore[arg-type]  # in the client's place
        selector.busy = lambda: scheduler._writer.waiting > 0
        await scheduler.run()

    selector = VirtualSelector()
    with virtual_time(selector):
        loop = asyncio.SelectorEventLoop(selector)
        try:
            loop.run_until_complete(work())
        except TopicsmithError as error:
            return found, type(error).__name__
        finally:
            selector.busy = lambda: True
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()
    return found, ""


@contextmanager
def virtual_time(selector: VirtualSelector) -> Iterator[None]:
    """The monotonic clock of this process is the selector's."""
    real, usual = time.monotonic, Pacer.__init__.__defaults__
    time.monotonic = lambda: selector.now
    Pacer.__init__.__defaults__ = (time.monotonic, None)
    try:
        yield
    finally:
        time.monotonic, Pacer.__init__.__defaults__ = real, usual


def main() -> None:
    """Run the schedules and write what became of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args()
    broken: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    used = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.count):
            found = schedule(options.seed * 1_000_003 + number, Path(folder))
            errors[found.error or "finished"] += 1
            for name in found.broken():
                broken[name] += 1
                print(options.seed * 1_000_003 + number, name, found, flush=True)
            if found.error == BudgetSpentError.__name__:
                used.append(found.billed / found.budget)
    document = {
        "schedules": options.count,
        "ended": dict(errors),
        "broken": dict(broken),
        "share_of_the_budget_used_median": round(sorted(used)[len(used) // 2], 3) if used else None,
        "machine": MACHINE,
    }
    RESULTS.write_text(json.dumps(document, indent=2) + "\n")
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
