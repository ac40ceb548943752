"""What is asked, what becomes of it, and how: the records of asking a model many questions."""

from collections.abc import Callable
from dataclasses import dataclass, field

from topicsmith.llm.errors import ProviderFailure
from topicsmith.llm.http import ClientSettings
from topicsmith.llm.ledger.sqlite import Paid
from topicsmith.llm.requests.answer_room import AnswerRoom
from topicsmith.llm.requests.budget import Held
from topicsmith.llm.requests.pacing import PacingSettings
from topicsmith.llm.types import Answer, ChatRequest
from topicsmith.records import Usage

FollowUp = Callable[[ChatRequest, Answer, int], ChatRequest | None]
"""Given what was asked, the answer and how often the row was asked before: what to ask next, ``None`` when done."""

Fit = Callable[[ChatRequest], ChatRequest]
"""A request as it is sent now: what was learnt since it was made may give it more room."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question; ``id`` comes back with what became of it."""

    id: str
    request: ChatRequest


@dataclass(frozen=True, slots=True)
class AskOutcome:
    """What became of one question.

    ``answers`` are all those paid for, in the order asked: the last one counts. ``failure`` says why the last asking
    brought none. ``calls`` were made in this run; an outcome with none came out of the ledger.
    """

    id: str
    answers: tuple[Paid, ...]
    failure: ProviderFailure | None
    calls: int


def unknown_cost(usage: Usage) -> None:  # the price of every usage is unknown
    """The cost function where no price is known."""


def retry_with_more_tokens(request: ChatRequest, answer: Answer, asked_before: int) -> ChatRequest | None:
    """Ask once more, with four times the tokens, after an answer that was cut off."""
    return AnswerRoom(0).more(request, answer, asked_before) if answer.finish == "length" else None


def as_it_is(request: ChatRequest) -> ChatRequest:
    """``request`` itself."""
    return request


def _say_nothing(line: str) -> None:
    """Where nobody listens."""


@dataclass(frozen=True)
class EngineSettings:
    """How to ask.

    ``account`` names what the money counts towards; engines that spend one budget share ``held``.
    ``drain_s`` is how long calls under way may still take once the engine is told to stop.
    """

    pacing: PacingSettings = field(default_factory=PacingSettings)
    client: ClientSettings = field(default_factory=ClientSettings)
    account: str = "labeling"
    budget_usd: float | None = None
    held: Held = field(default_factory=Held)
    drain_s: float = 20.0
    cost: Callable[[Usage], float | None] = unknown_cost
    follow_up: FollowUp = retry_with_more_tokens
    fit: Fit = as_it_is
    say: Callable[[str], None] = _say_nothing
