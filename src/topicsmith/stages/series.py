"""Which candidates of a project differ in one thing only: seeds, training rows, or one setting of their sweep."""

from collections.abc import Sequence

from topicsmith.evaluation.learning_curves import Swept
from topicsmith.project import CandidateSettings, Project

_DRAWN_ELSEWHERE = frozenset({"seed", "train_size"})


def seed_series(project: Project) -> dict[str, str]:
    """What every candidate of a sweep over seeds shares with those that differ only in their seed."""
    return {
        candidate.name: candidate.name.replace(f"-seed-{candidate.seed}", "")
        for candidate in project.candidates
        if candidate.sweep is not None and f"-seed-{candidate.seed}" in candidate.name
    }


def learning_series(project: Project, rows: int) -> dict[str, tuple[str, int]]:
    """The curve and the training rows of every candidate whose sweep varies them; ``rows`` are all there are."""
    found = {}
    for candidate in project.candidates:
        part = f"-train_size-{candidate.train_size}"
        if candidate.train_size is not None or (candidate.sweep is not None and part in candidate.name):
            size = candidate.train_size if candidate.train_size is not None else rows
            found[candidate.name] = (candidate.name.replace(part, ""), size)
    return found


def setting_series(project: Project) -> list[Swept]:
    """Where the members of each sweep stand whose lists hold numbers."""
    members: dict[str, list[CandidateSettings]] = {}
    for candidate in project.candidates:
        if candidate.sweep is not None:
            members.setdefault(candidate.sweep, []).append(candidate)
    return [swept for sweep, found in members.items() for swept in _of_sweep(sweep, found)]


def _of_sweep(sweep: str, members: Sequence[CandidateSettings]) -> list[Swept]:
    documents = {member.name: member.model_dump() for member in members}
    first = documents[members[0].name]
    varied = [
        key for key in first if key not in {"name", "sweep"} and any(d[key] != first[key] for d in documents.values())
    ]
    found = []
    for key in varied:
        if key in _DRAWN_ELSEWHERE or not all(_is_number(d[key]) for d in documents.values()):
            continue
        for name, document in documents.items():
            rest = "".join(f", {other} {document[other]}" for other in varied if other != key)
            found.append(Swept(name, key, sweep + rest, float(document[key])))
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
