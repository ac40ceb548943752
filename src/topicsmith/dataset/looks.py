"""How often the same test rows were looked at: whoever changes candidates after each look, fits them to these rows."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

FILE = "test_looks.json"


@dataclass(frozen=True)
class Looks:
    """The evaluations on one set of test rows, without dates, so that the same evaluations give the same file.

    ``digest`` stands for the ids of the ``rows``; ``evaluations`` and ``candidates`` are digests of what was judged
    on them: all candidates with their answers, and each candidate with its own. What was judged before is not added.
    """

    digest: str
    rows: int
    evaluations: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()


def look(
    before: Sequence[Looks], ids: Iterable[str], answers: Mapping[str, Mapping[str, str | None]]
) -> tuple[Looks, ...]:
    """What was looked at so far, and this evaluation; its test rows stand last.

    Args:
        before: what :func:`look` gave earlier.
        ids: the test rows that are judged.
        answers: by candidate, by id, the topic; other ids than the test rows' are left out.
    """
    rows = sorted(ids)
    if not rows:
        return tuple(before)
    digest = _digest(rows)
    judged = [_digest([name, [given.get(row) for row in rows]]) for name, given in sorted(answers.items())]
    known = next((each for each in before if each.digest == digest), Looks(digest, len(rows)))
    found = Looks(
        digest,
        len(rows),
        tuple(dict.fromkeys([*known.evaluations, _digest(judged)])),
        tuple(dict.fromkeys([*known.candidates, *judged])),
    )
    return (*(each for each in before if each.digest != digest), found)


def looks_line(found: Looks | None) -> str:
    """What to say of rows that were looked at several times; empty at the first look."""
    if found is None or len(found.evaluations) < 2:
        return ""
    return (
        f"these test rows were looked at {len(found.evaluations):,} times, with {len(found.candidates):,} candidates; "
        "choosing among them flatters the best, so draw fresh test rows before you rely on its figures"
    )


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=True).encode()).hexdigest()[:16]
