"""What a guard is."""

from pathlib import Path
from typing import NamedTuple


class Guard(NamedTuple):
    """A guard of ``fault`` in ``file``: below ``src/topicsmith``, or a file of :data:`AT_THE_TOP`.

    ``without`` takes the place of ``guard``; ``test`` (below ``tests``, a file and the beginning of a name) then fails.
    """

    fault: int
    file: str
    guard: str
    without: str
    test: str

    def path(self, root: Path) -> Path:
        """The file in the checkout at ``root``."""
        return root / self.file if self.file in AT_THE_TOP else root / "src" / "topicsmith" / self.file


AT_THE_TOP = ("requirements.lock",)
"""What guards and is no source."""
