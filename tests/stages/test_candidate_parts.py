"""What candidates made of several consist of."""

from topicsmith.classifiers.model_folder import candidate_kind
from topicsmith.evaluation.results import Part
from topicsmith.project import CandidateSettings
from topicsmith.stages.candidate_parts import parts_of


def made(name: str, kind: str, **own: object) -> CandidateSettings:
    return candidate_kind(kind).Settings.model_validate({"name": name, "kind": kind, **own})


def test_members_with_their_models_and_what_is_inside_of_them() -> None:
    deep = made("deep", "hierarchy", base={"kind": "encoder", "model": "minilm"})
    asked = made("asked", "prompted", model="openai:gpt")
    both = made("both", "cascade", members=["deep", "asked"])
    all_of_them = (both, deep, asked)
    inside = Part("encoder", "minilm")
    assert parts_of(asked, all_of_them) == ()
    assert parts_of(deep, all_of_them) == (inside,)
    assert parts_of(both, all_of_them) == (Part("hierarchy"), inside, Part("prompted", "openai:gpt"))
