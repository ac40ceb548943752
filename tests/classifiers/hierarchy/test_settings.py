"""Settings of a hierarchy."""

import pytest

from topicsmith.classifiers.hierarchy.settings import HierarchySettings


def made(**own: object) -> HierarchySettings:
    return HierarchySettings.model_validate({"name": "deep", "kind": "hierarchy", **own})


def test_a_way_and_a_kind_to_build_from() -> None:
    assert made(base={"kind": "linear"}).way == "steps"
    assert made(base={"kind": "linear"}, way="leaves").way == "leaves"


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"base": {}}, "'base' needs 'kind'"),
        ({"base": {"kind": "hierarchy"}}, "cannot be a hierarchy itself"),
        ({"base": {"kind": "linear"}, "way": "leafs"}, "'leaves'"),
        ({"base": {"kind": "cascade", "members": ["a", "b"]}}, "is made of other candidates"),
    ],
)
def test_what_cannot_be_is_said(own: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        made(**own)
