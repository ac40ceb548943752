"""Which candidates of a project differ in one thing only: seeds, training rows, or one setting of their sweep."""

from topicsmith.evaluation.learning_curves import Swept
from topicsmith.project import CandidateSettings, Project, SweepMember
from topicsmith.sweeps import member_name

_SHOWN_ELSEWHERE = frozenset({"seed", "train_size"})


def seed_series(project: Project) -> dict[str, str]:
    """What every candidate of a sweep over seeds shares with those that differ only in their seed."""
    return {c.name: _without(c.sweep, "seed") for c in project.candidates if c.sweep and "seed" in c.sweep.varied}


def learning_series(project: Project, rows: int) -> dict[str, tuple[str, int]]:
    """The curve and the training rows of every candidate whose sweep varies them; ``rows`` are all there are."""
    found = {}
    for candidate in project.candidates:
        swept = candidate.sweep is not None and "train_size" in candidate.sweep.varied
        if swept or candidate.train_size is not None:
            size = candidate.train_size if candidate.train_size is not None else rows
            curve = _without(candidate.sweep, "train_size") if candidate.sweep and swept else candidate.name
            found[candidate.name] = (curve, size)
    return found


def _without(sweep: SweepMember, key: str) -> str:
    """The name of a member with one of its values left out."""
    return member_name(sweep.name, {other: value for other, value in sweep.varied.items() if other != key})


def setting_series(project: Project) -> list[Swept]:
    """Where the members of each sweep stand whose lists hold numbers."""
    members: dict[str, list[CandidateSettings]] = {}
    for candidate in project.candidates:
        if candidate.sweep is not None:
            members.setdefault(candidate.sweep.name, []).append(candidate)
    return [swept for sweep, found in members.items() for swept in _of_sweep(sweep, found)]


def _of_sweep(sweep: str, members: list[CandidateSettings]) -> list[Swept]:
    """The places of one sweep's members; settings stand in the order in which a kind declares them."""
    varied = [key for key in type(members[0]).model_fields if members[0].sweep and key in members[0].sweep.varied]
    found = []
    for key in varied:
        if key in _SHOWN_ELSEWHERE or not all(_is_number(getattr(member, key)) for member in members):
            continue
        for member in members:
            rest = "".join(f", {other} {getattr(member, other)}" for other in varied if other != key)
            found.append(Swept(member.name, key, sweep + rest, float(getattr(member, key))))
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
