"""Steps into documents that may lack anything."""

import pytest

from topicsmith.errors import RunStateError
from topicsmith.report.reading import Node, read
from topicsmith.runs import RunFolder


def test_what_is_missing_is_none_at_any_depth() -> None:
    node = Node({"a": {"b": [1, 2.5, "x", None, True]}})
    assert node["a"]["b"][1].number() == 2.5
    assert node["a"]["b"][9].number() is None
    assert node["x"][3]["y"].text() is None
    assert not node["a"]["z"]
    assert list(node["a"].items()) == []
    assert list(node["a"]["b"].pairs()) == []


def test_numbers_are_finite_and_truth_values_are_not_numbers() -> None:
    assert Node(float("nan")).number() is None
    assert Node(True).number() is None
    assert Node("3").number() is None
    assert Node({"a": None, "b": 4}).count("a", "b") == 4
    assert Node({"a": 0}).flag("a") is None
    assert Node({"a": "x", "b": False}).flag("a", "b") is False


def test_first_takes_what_is_not_null() -> None:
    assert Node({"a": None, "b": [1]}).first("a", "b").value == [1]
    assert Node({"a": {"x": 1, "y": "no", "z": 2.6}})["a"].counts() == (("x", 1), ("z", 3))
    assert Node(["a", 1, "b"]).texts() == ("a", "b")


def test_a_document_may_be_missing_or_null_but_not_a_number(empty_run: RunFolder) -> None:
    assert not read(empty_run, "agreement.json")
    empty_run.write_json("label_quality.json", None)
    assert not read(empty_run, "label_quality.json")
    empty_run.write_json("agreement.json", 3)
    with pytest.raises(RunStateError, match=r"agreement\.json: holds int"):
        read(empty_run, "agreement.json")
