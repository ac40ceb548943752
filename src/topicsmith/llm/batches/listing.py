"""A service's list of jobs, page by page."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from topicsmith.llm.providers.responses import items, mapping

MOST_PAGES = 100
"""How many pages of a list are looked through."""

CLOCKS_DIFFER_S = 60.0
"""How far a service's clock may be behind ours."""


def listed(
    page: Callable[[str], Mapping[str, object]],
    jobs: str,
    following: Callable[[Mapping[str, object]], object],
    made: Callable[[Mapping[str, object]], object],
    since: float,
) -> Iterator[tuple[float, Mapping[str, object]]]:
    """The jobs of a service's list that were made since then, each with when.

    Args:
        page: fetches the page behind a cursor, the first for an empty one.
        jobs: under what a page holds its jobs.
        following: the cursor of the page after a page, if there is one.
        made: when a job was made, in whichever form; one that does not say is given as made now.
        since: in seconds since 1970.
    """
    cursor = ""
    for _ in range(MOST_PAGES):
        found = page(cursor)
        shown = [(_moment(made(mapping(each))), mapping(each)) for each in items(found.get(jobs))]
        recent = [each for each in shown if each[0] >= since - CLOCKS_DIFFER_S]
        yield from recent
        after = following(found)
        if not isinstance(after, str) or not after or after == cursor or _is_past(shown, recent):
            return
        cursor = after


def _is_past(shown: Sequence[tuple[float, object]], recent: Sequence[object]) -> bool:
    """Whether a page, and so all that follow, is too old; not where lists begin with the oldest."""
    return bool(shown) and not recent and shown[0][0] >= shown[-1][0]


def _moment(said: object) -> float:
    try:
        return float(said) if isinstance(said, int | float) else datetime.fromisoformat(str(said)).timestamp()
    except (ValueError, OverflowError):
        return time.time()
