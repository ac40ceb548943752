"""What can go wrong with one response, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """How the server departs from a good response; the fields combine.

    ``status``, ``headers`` and ``body`` stand in for the model's answer (nothing is paid then, unless ``status`` is
    left at 200). ``raw`` is written as it is, instead of any response. ``delay_s`` comes before the first byte,
    ``drip_s`` between single bytes. ``cut_at`` resets the connection after so many bytes. ``answer`` and ``finish``
    replace what the model says, or why it stopped, and are paid like any answer.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    raw: bytes | None = None
    delay_s: float = 0.0
    drip_s: float | None = None
    cut_at: int | None = None
    answer: str | None = None
    finish: str | None = None

    @property
    def pays(self) -> bool:
        """Whether the model still answers, and is paid for it."""
        return self.status is None and self.body is None and self.raw is None
