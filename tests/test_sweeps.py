"""A candidate with lists stands for one candidate per combination."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.errors import ProjectError
from topicsmith.sweeps import expand, swept_keys


def test_every_combination_gets_a_name_and_the_sweep_it_belongs_to() -> None:
    entry: dict[str, object] = {"name": "qwen", "kind": "causal", "rank": [8, 64], "train_size": [500, 2000]}
    found = expand([entry])
    assert [candidate["name"] for candidate in found] == [
        "qwen-rank-8-train_size-500",
        "qwen-rank-8-train_size-2000",
        "qwen-rank-64-train_size-500",
        "qwen-rank-64-train_size-2000",
    ]
    assert found[2] == {
        "name": "qwen-rank-64-train_size-500",
        "kind": "causal",
        "rank": 64,
        "train_size": 500,
        "sweep": {"name": "qwen", "varied": {"rank": 64, "train_size": 500}},
    }
    assert entry["rank"] == [8, 64]


def test_an_entry_without_lists_stays_as_it_is() -> None:
    assert expand([{"name": "a", "kind": "linear"}]) == [{"name": "a", "kind": "linear"}]


def test_a_key_that_is_a_list_by_nature_expands_only_over_lists_of_lists() -> None:
    assert swept_keys({"kind": "causal", "targets": ["q_proj", "v_proj"]}) == []
    assert swept_keys({"kind": "embedding", "c": [1.0, 10.0]}) == []
    assert swept_keys({"kind": "linear", "c": [1.0, 10.0]}) == ["c"]
    found = expand([{"name": "a", "kind": "causal", "targets": [["q_proj"], ["q_proj", "v_proj"]]}])
    assert [candidate["targets"] for candidate in found] == [["q_proj"], ["q_proj", "v_proj"]]
    assert found[1]["name"] == "a-targets-q_proj-v_proj"


def test_values_of_every_kind_become_letters_a_folder_may_have() -> None:
    found = expand([{"name": "a", "learning_rate": [2e-4, 1e-5], "model": ["Qwen/Qwen3-0.6B"], "x": [None, True]}])
    assert found[0]["name"] == "a-learning_rate-0.0002-model-Qwen-Qwen3-0.6B-x-None"
    assert found[3]["name"] == "a-learning_rate-1e-05-model-Qwen-Qwen3-0.6B-x-True"


def test_a_name_too_long_for_a_folder_ends_in_a_hash_and_stays_distinct() -> None:
    names = [str(c["name"]) for c in expand([{"name": "a" * 70, "model": ["b" * 40, "b" * 40 + "c"]}])]
    assert len(set(names)) == 2
    assert all(len(name) <= 80 for name in names)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"name": "a", "rank": []}, "the candidate 'a' has an empty list in 'rank'; give values or remove the key"),
        ({"name": "a", "rank": [8, 8]}, "the candidate 'a' has duplicate value 8 in 'rank'; remove one"),
        (
            {"name": "a", "rank": list(range(21)), "seed": list(range(10))},
            "the candidate 'a' expands to 210 candidates (rank, seed); shorten its lists to at most 200 combinations",
        ),
    ],
)
def test_lists_that_cannot_be_meant(entry: dict[str, object], message: str) -> None:
    with pytest.raises(ProjectError) as raised:
        expand([entry])
    assert str(raised.value) == message


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6, unique=True), st.lists(st.booleans(), unique=True))
def test_as_many_candidates_as_the_product_with_distinct_names(ranks: list[int], flags: list[bool]) -> None:
    entry: dict[str, object] = {"name": "a", "rank": ranks}
    if flags:
        entry["flag"] = flags
    names = [candidate["name"] for candidate in expand([entry])]
    assert len(names) == len(set(names)) == len(ranks) * max(1, len(flags))
