"""What a candidate made of several consists of, for all who ask what becomes of its texts."""

from collections.abc import Sequence

from topicsmith.classifiers.base import kinds_in
from topicsmith.composites import whole
from topicsmith.evaluation.results import Part
from topicsmith.project import CandidateSettings


def parts_of(candidate: CandidateSettings, candidates: Sequence[CandidateSettings]) -> tuple[Part, ...]:
    """The kinds, with their models, of the candidates that ``candidate`` is made of, and that it is built on."""
    found = []
    for each in whole(candidate, candidates):
        base = getattr(each, "base", None)
        inside = base.get("model") if isinstance(base, dict) else None
        own = [] if each is candidate else [Part(each.kind, each.model_name)]
        found += [*own, *(Part(kind, inside if isinstance(inside, str) else None) for kind in kinds_in(each)[1:])]
    return tuple(found)
