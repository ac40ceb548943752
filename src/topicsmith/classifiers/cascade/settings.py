"""Settings of ``kind: cascade``."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from topicsmith.project import CandidateSettings, Fraction, Name


class CascadeSettings(CandidateSettings):
    """Settings of ``kind: cascade``: ``members`` are candidates of the project, the one asked first in the first place.

    One target sets the thresholds. ``accuracy`` is a share of right answers, or ``last``: the last member's, less
    ``margin`` at most. ``most_sent`` is the share of texts that the last member answers at most;
    ``most_usd_per_1k`` what a thousand texts cost at most, at the prices ``usd_per_1k`` of each member. What is
    promised holds with ``confidence``, for texts like the validation rows; where another share of texts is the
    catch-all's, ``catch_all_share`` says which. ``teach`` lets the last member answer so many texts without a label at
    most, for the first to learn from.
    """

    members: list[Name] = Field(min_length=2, max_length=8)
    accuracy: Fraction | Literal["last"] | None = None
    margin: Annotated[float, Field(ge=0, lt=1)] = 0.01
    most_sent: Fraction | None = None
    most_usd_per_1k: float | None = Field(default=None, gt=0)
    usd_per_1k: dict[str, float] | None = None
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    catch_all_share: Fraction | None = None
    teach: int = Field(default=0, ge=0)

    @property
    def made_of(self) -> tuple[str, ...]:
        """Its members."""
        return tuple(self.members)

    @model_validator(mode="after")
    def _different_members(self) -> "CascadeSettings":
        twice = next((name for at, name in enumerate(self.members) if name in self.members[:at]), None)
        if twice is not None:
            raise ValueError(f"'members' names '{twice}' twice; a cascade asks each candidate once")
        if self.name in self.members:
            raise ValueError(f"'members' names '{self.name}' itself; name other candidates")
        if self.train_size is not None:
            raise ValueError("'train_size' is a setting of the members; a cascade learns thresholds only")
        return self

    @model_validator(mode="after")
    def _one_target(self) -> "CascadeSettings":
        targets = [key for key in ("accuracy", "most_sent", "most_usd_per_1k") if getattr(self, key) is not None]
        if len(targets) > 1:
            raise ValueError(f"give '{targets[0]}' or '{targets[1]}', not both: thresholds are set by one target")
        if self.most_usd_per_1k is not None and self.usd_per_1k is None:
            raise ValueError(f"'most_usd_per_1k' needs 'usd_per_1k', a price for each of: {', '.join(self.members)}")
        if self.usd_per_1k is not None and set(self.usd_per_1k) != set(self.members):
            odd = min(set(self.usd_per_1k) ^ set(self.members))
            raise ValueError(f"'usd_per_1k' needs a price for each of: {', '.join(self.members)}; see '{odd}'")
        if self.usd_per_1k is not None and min(self.usd_per_1k.values()) < 0:
            raise ValueError("'usd_per_1k' has a price below 0")
        return self
