"""What a batch interface does for us, whatever the provider."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from topicsmith.llm.errors import Malformed


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One request of a batch: its id there, and the body that would be sent online."""

    custom_id: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """One result: what an online call would have answered, or ``status`` 0 when the request was never run."""

    custom_id: str
    status: int
    body: bytes


UNREADABLE = Result("", -1, b"")
"""A line of a results file that is no JSON object: torn, or another program's."""

_FULL = re.compile(
    r"enqueued|queue|token[_ ]limit|limit (?:is )?(?:reached|exceeded)|resource[_ ]exhausted|quota",
    re.IGNORECASE,
)
_TOO_BIG = re.compile(r"too (?:large|many|big)|exceeds? the (?:max|limit)", re.IGNORECASE)
_NO_MONEY = re.compile(r"billing|insufficient[_ ]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BatchState:
    """Where a job stands; ``problem`` says why one that ended has nothing to collect."""

    ended: bool
    said: str
    problem: str = ""


def is_full(said: str) -> bool:
    """Whether a service refuses a job for what waits there already: enqueued tokens, a quota.

    >>> is_full("Enqueued token limit reached for m-1 in organization o"), is_full("The input file is too large")
    (True, False)
    """
    return _FULL.search(said) is not None and _NO_MONEY.search(said) is None


def is_too_much(said: str) -> bool:
    """Whether a service might take a smaller job, or the same one later.

    >>> is_too_much("The input file is too large"), is_too_much("Invalid input file")
    (True, False)
    """
    return is_full(said) or _TOO_BIG.search(said) is not None


class Post(Protocol):
    """Sends one HTTP request and gives the body of a successful answer."""

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
        """Send; raises a ``ProviderFailure`` for any status but 200."""


class BatchInterface(Protocol):
    """Submitting, asking how far, collecting. Every method talks to the provider once or a few times."""

    most_lines: int
    most_bytes: int

    def submit(self, name: str, lines: Sequence[BatchLine]) -> str:
        """Hand in a job called ``name``; gives the provider's id for it."""

    def find(self, name: str, number: int, since: float, known: Collection[str]) -> str | None:
        """The id of a job handed in since then under ``name`` with so many lines, if the provider knows one.

        ``known`` are the ids of our other jobs.
        """

    def state(self, job: str) -> BatchState:
        """How far the job is."""

    def results(self, job: str, order: Sequence[str]) -> Iterator[Result]:
        """What there is of results, in any order; ``order`` are the ids in the order they were handed in."""


def identity(value: object) -> str:
    """An id as it came back; empty where it is no text."""
    return value if isinstance(value, str) else ""


def read_object(data: bytes, what: str) -> dict[str, Any]:
    """The JSON object that an answer of a batch interface is.

    Raises:
        Malformed: when it is none.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Malformed(f"{what}: answered with something other than a JSON object; run again later")
    return value


def read_id(value: Mapping[str, object], key: str, what: str) -> str:
    """The id of what was made.

    Raises:
        Malformed: when there is none.
    """
    if not isinstance(found := value.get(key), str) or not found:
        raise Malformed(f"{what}: answered without {key!r}; run again later")
    return found
