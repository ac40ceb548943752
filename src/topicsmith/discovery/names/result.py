"""What came of asking for names."""

from dataclasses import dataclass
from typing import Literal

from topicsmith.discovery.records import Proposal


@dataclass(frozen=True)
class NamingRemark:
    """Why a proposal, or the ``part`` of that number, has no name by the annotator, or its name was not checked."""

    proposal: int
    part: int | None
    about: Literal["name", "check"]
    reason: str


@dataclass(frozen=True)
class NamingCost:
    """What was paid for by now and not taken from the ledger; ``usd`` lacks the ``unpriced`` answers."""

    answers: int
    input_tokens: int
    output_tokens: int
    usd: float
    unpriced: int

    def less(self, before: "NamingCost") -> "NamingCost":
        """What was paid since ``before``."""
        return NamingCost(
            self.answers - before.answers,
            self.input_tokens - before.input_tokens,
            self.output_tokens - before.output_tokens,
            self.usd - before.usd,
            self.unpriced - before.unpriced,
        )


@dataclass(frozen=True)
class NamingResult:
    """The proposals with what the annotator said of them, in their order.

    ``not_topics`` are the ids of those that it takes for no topic; their evidence says why. ``stopped`` says what ended
    the asking early.
    """

    annotator: str
    proposals: tuple[Proposal, ...]
    not_topics: tuple[int, ...]
    remarks: tuple[NamingRemark, ...]
    cost: NamingCost
    stopped: str = ""

    @property
    def named(self) -> int:
        """How many proposals carry a name by the annotator."""
        return sum(proposal.named_by == self.annotator for proposal in self.proposals)
