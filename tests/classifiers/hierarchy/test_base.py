"""The settings of a kind inside another."""

import pytest

from topicsmith.classifiers.hierarchy.base import base_settings
from topicsmith.classifiers.hierarchy.settings import HierarchySettings
from topicsmith.classifiers.linear import LinearSettings
from topicsmith.errors import ProjectError
from topicsmith.project import CandidateSettings


class Deep(CandidateSettings):
    base: dict[str, object]


def test_they_have_the_name_and_seed_of_the_whole_unless_they_say_otherwise() -> None:
    found = base_settings(Deep(name="deep", kind="x", seed=7, base={"kind": "linear", "c": 2.0}))
    assert isinstance(found, LinearSettings)
    assert (found.name, found.seed, found.c) == ("deep", 7, 2.0)
    assert base_settings(HierarchySettings(name="a", kind="hierarchy", base={"kind": "linear", "seed": 3})).seed == 3


def test_what_is_wrong_inside_is_named_by_its_key() -> None:
    with pytest.raises(ProjectError, match=r"candidate 'deep': base\.c: "):
        base_settings(Deep(name="deep", kind="x", base={"kind": "linear", "c": "much"}))
    with pytest.raises(ProjectError, match=r"candidate 'deep': base\.kind: 'cascade' is made of other candidates"):
        base_settings(Deep(name="deep", kind="x", base={"kind": "cascade", "members": ["a", "b"]}))
