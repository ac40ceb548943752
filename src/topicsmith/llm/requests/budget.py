"""The budget: what may still be spent. A call goes out only if the money lasts even when it costs the most it can."""

import threading
from collections.abc import Callable

from topicsmith.errors import BudgetSpentError, ProjectError
from topicsmith.llm.ledger.ledger import Spent
from topicsmith.llm.types import ChatRequest, Provider
from topicsmith.records import Usage

FRAME_TOKENS = 64
"""Tokens that a service puts around the texts: roles, separators, a template's own words."""


def most_tokens(request: ChatRequest, output_cap: int) -> Usage:
    """The most tokens an answer to ``request`` can be billed for: no tokenizer makes more tokens than bytes."""
    size = len(request.system.encode("utf-8", "replace")) + len(request.user.encode("utf-8", "replace"))
    schema = 0 if request.schema is None else len(repr(request.schema).encode("utf-8", "replace"))
    return Usage(input_tokens=size + schema + FRAME_TOKENS, output_tokens=output_cap)


class Held:
    """Dollars set aside for calls under way, by everybody in this process who spends the same budget."""

    def __init__(self) -> None:
        self.usd = 0.0
        self.lock = threading.Lock()


class Budget:
    """One spender's view of a budget; ``spent`` tells what the ledger says is spent, by every process."""

    def __init__(
        self,
        budget_usd: float | None,
        cost: Callable[[Usage], float | None],
        held: Held,
        spent: Callable[[], Spent],
        provider: Provider,
    ) -> None:
        self._budget = budget_usd
        self._cost = cost
        self._held = held
        self._spent = spent
        self._provider = provider
        self._dearest = 0.0

    def learn(self, usd: float | None) -> None:
        """Take note of what an answer cost: a service may bill more than the request allows."""
        self._dearest = max(self._dearest, usd or 0.0)

    def most(self, request: ChatRequest) -> float:
        """The most that an answer to ``request`` can cost; 0 without a budget, when nobody asks.

        Raises:
            ProjectError: when there is a budget and no price to keep it with.
        """
        if self._budget is None:
            return 0.0
        most = self._cost(most_tokens(request, self._provider.output_cap(request)))
        if most is None:
            model = f"{self._provider.name}:{request.model}"
            raise ProjectError(
                f"the budget of ${self._budget:g} cannot be enforced: the price of {model} is not known; "
                "give its price in the price table, or remove 'budget_usd'"
            )
        return max(most, self._dearest)

    def hold(self, request: ChatRequest) -> float | None:
        """Set aside the most that ``request`` can cost; ``None`` when the money left may not suffice.

        Raises:
            ProjectError: when there is a budget and no price to keep it with.
        """
        if self._budget is None:
            return 0.0
        most = self.most(request)
        with self._held.lock:
            held = self._held.usd  # read before what is spent: money moves from here to there
            if self._spent().usd + held + most > self._budget:
                return None
            self._held.usd += most
        return most

    def take(self, usd: float) -> None:
        """Set aside ``usd`` whether or not it is left: what is under way will be paid for."""
        with self._held.lock:
            self._held.usd += usd

    @property
    def is_held(self) -> bool:
        """Whether money is set aside for calls under way, of which some may come back."""
        return self._held.usd > 1e-9  # sums of floats do not return to zero

    def release(self, held: float) -> None:
        """Give back what was set aside: the call is over and its cost, if any, is in the ledger."""
        with self._held.lock:
            self._held.usd = max(0.0, self._held.usd - held)

    def empty(self, done: int) -> BudgetSpentError:
        """The error that says that the next call might cost more than is left."""
        return BudgetSpentError(
            f"budget_usd {self._budget:g}: ${self._spent().usd:.4f} spent, the next call of {self._provider.name} may "
            f"cost more than is left; {done} rows done and kept: raise the budget and run again for the rest"
        )
