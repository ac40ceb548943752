"""Candidates that are made of other candidates of the project: what they are made of, and in which order they train."""

from collections.abc import Sequence
from dataclasses import dataclass

from topicsmith.project import CandidateSettings
from topicsmith.suggestions import did_you_mean


@dataclass(frozen=True)
class CompositeFault:
    """A candidate that cannot be made as it says, and why."""

    candidate: CandidateSettings
    message: str


def fault_in(candidates: Sequence[CandidateSettings]) -> CompositeFault | None:
    """What is wrong with the first candidate that is made of one that is not there, or in a circle of itself."""
    by_name = {candidate.name: candidate for candidate in candidates}
    for candidate in candidates:
        lacking = next((name for name in candidate.made_of if name not in by_name), None)
        if lacking is not None:
            return CompositeFault(candidate, f"'{lacking}' is not a candidate; {_instead(lacking, candidates)}")
    for candidate in candidates:
        circle = _circle(candidate, by_name)
        if circle:
            return CompositeFault(candidate, f"'{candidate.name}' is made of itself: {' -> '.join(circle)}; break it")
    return None


def _instead(name: str, candidates: Sequence[CandidateSettings]) -> str:
    """What could have been meant: a sweep's name stands for several, one of which has to be named."""
    swept = [each.name for each in candidates if each.sweep is not None and each.sweep.name == name]
    if swept:
        return f"it is a sweep of several; name one of: {', '.join(swept)}"
    known = [each.name for each in candidates if not each.made_of]
    return f"{did_you_mean(name, known)}candidates: {', '.join(known)}"


def _circle(start: CandidateSettings, by_name: dict[str, CandidateSettings]) -> list[str]:
    """The names on the way from ``start`` back to it; nothing where there is no such way."""
    waiting, seen = [(name, [start.name]) for name in start.made_of], set[str]()
    while waiting:
        name, way = waiting.pop()
        if name == start.name:
            return [*way, name]
        if name not in seen:
            seen.add(name)
            waiting += [(below, [*way, name]) for below in by_name[name].made_of]
    return []


def whole(candidate: CandidateSettings, candidates: Sequence[CandidateSettings]) -> list[CandidateSettings]:
    """``candidate`` and all that it is made of, each once and after what it is made of itself."""
    by_name = {each.name: each for each in candidates}
    found: dict[str, CandidateSettings] = {}

    def add(each: CandidateSettings) -> None:
        if each.name not in found:
            for name in each.made_of:
                add(by_name[name])
            found[each.name] = each

    add(candidate)
    return list(found.values())


def in_order(candidates: Sequence[CandidateSettings]) -> list[CandidateSettings]:
    """``candidates`` in their order, but each after those that it is made of."""
    found: dict[str, CandidateSettings] = {}
    for candidate in candidates:
        for each in whole(candidate, candidates):
            found.setdefault(each.name, each)
    return list(found.values())
