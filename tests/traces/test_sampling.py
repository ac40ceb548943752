"""Working sets out of a stream."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.project import SampleSettings
from topicsmith.traces.sampling import First, Ranked, even_share, make_sample, value_at


def chosen(rows: list[tuple[str, str]], size: int, seed: int = 13) -> list[str]:
    sample = Ranked(size, seed)
    for name, stratum in rows:
        sample.offer(name, stratum, (name,))
    return [str(row[0]) for row in sample.rows()]


@given(st.integers(1, 30), st.integers(0, 60), st.integers(1, 8), st.randoms(use_true_random=False))
def test_the_sample_does_not_depend_on_the_order(size: int, count: int, strata: int, order: random.Random) -> None:
    rows = [(f"n{number}", f"s{number % strata}") for number in range(count)]
    first = chosen(rows, size)
    assert len(first) == min(size, count)
    shuffled = rows.copy()
    order.shuffle(shuffled)
    assert set(chosen(shuffled, size)) == set(first)


def test_another_seed_gives_another_sample_and_order_is_kept() -> None:
    rows = [(str(number), "") for number in range(1000)]
    one, two = chosen(rows, 100, 1), chosen(rows, 100, 2)
    assert one == sorted(one, key=int)
    assert 0 < len(set(one) & set(two)) < 40  # 10 expected


def test_every_row_is_as_likely_as_another() -> None:
    counts: Counter[str] = Counter()
    rows = [(str(number), "") for number in range(50)]
    for seed in range(400):
        counts.update(chosen(rows, 10, seed))
    # 80 expected of each, with a standard deviation of 8
    assert all(45 < count < 115 for count in counts.values())
    assert counts.total() == 4000


def test_strata_share_evenly_and_small_ones_give_all_they_have() -> None:
    rows = [(f"a{n}", "a") for n in range(5000)] + [(f"b{n}", "b") for n in range(100)] + [("c0", "c"), ("c1", "c")]
    assert Counter(name[0] for name in chosen(rows, 62)) == {"a": 30, "b": 30, "c": 2}
    assert Counter(name[0] for name in chosen(rows, 63)).total() == 63


def test_no_more_than_about_twice_the_size_is_held() -> None:
    sample = Ranked(100, 1)
    for number in range(20_000):
        sample.offer(str(number), str(number % 3000), (number,))
        assert sum(len(heap) for heap in sample._strata.values()) <= 300
    assert len(list(sample.rows())) == 100


@pytest.mark.parametrize(
    ("counts", "size", "share"),
    [
        ([5, 5], 4, (2, 0)),
        ([1, 9], 6, (5, 0)),
        ([3, 3, 3], 7, (2, 1)),
        ([1, 1], 9, (1, 0)),
        ([], 5, (0, 0)),
        ([4] * 9, 5, (0, 5)),
    ],
)
def test_even_shares(counts: list[int], size: int, share: tuple[int, int]) -> None:
    assert even_share(counts, size) == share


def test_the_first_rows_stop_the_reading() -> None:
    sample = make_sample(SampleSettings(size=2, order="first"))
    assert isinstance(sample, First)
    for number in range(5):
        assert sample.full() is (number >= 2)
        sample.offer(str(number), "", (number,))
    assert list(sample.rows()) == [(0,), (1,)]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.mcp_servers[0].labels.primary_label", "Weather"),
        ("mcp_servers[0].labels.primary_label", "Weather"),
        ("metadata.mcp_servers[3].labels", ""),
        ("subset", "irrelevant"),
        ("metadata.subset", "irrelevant"),
        ("subset.deeper", ""),
        ("turns", "3"),
        ("nowhere", ""),
    ],
)
def test_paths(path: str, value: str) -> None:
    metadata = {"mcp_servers": [{"labels": {"primary_label": "Weather"}}], "subset": "irrelevant", "turns": 3}
    assert value_at(metadata, path) == value
    assert value_at({"metadata": {"a": [1, 2]}}, "metadata.a[1]") == "2"
