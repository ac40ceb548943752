import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.classifiers.encoder.batching import Padding, inference_batches, pad, training_batches

LENGTHS = st.lists(st.integers(1, 600), min_size=1, max_size=300).map(np.array)


@given(LENGTHS, st.integers(1, 40), st.integers(0, 5))
def test_every_row_is_in_one_training_batch(lengths: np.ndarray, size: int, epoch: int) -> None:
    order = np.arange(len(lengths))
    batches = training_batches(lengths, order, size, 7, epoch)
    assert sorted(np.concatenate(batches).tolist()) == order.tolist()
    assert len(batches) == -(-len(lengths) // size)
    again = training_batches(lengths, order, size, 7, epoch)
    assert all(np.array_equal(a, b) for a, b in zip(batches, again, strict=True))


def test_epochs_and_seeds_differ_and_copies_repeat() -> None:
    order = np.repeat(np.arange(50), 2)
    lengths = np.ones(50, dtype=np.int64)
    first, second, other = (
        np.concatenate(training_batches(lengths, order, 8, s, e)) for s, e in [(1, 0), (1, 1), (2, 0)]
    )
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, other)
    assert np.bincount(first).tolist() == [2] * 50


def test_batches_are_of_like_length() -> None:
    lengths = np.random.default_rng(0).integers(1, 100, 3200)
    padded = sum(lengths[b].max() * len(b) for b in training_batches(lengths, np.arange(3200), 32, 0, 0))
    assert padded < 1.06 * lengths.sum()


@given(LENGTHS, st.integers(1, 64), st.integers(600, 4000))
def test_inference_batches_hold_every_row_within_bounds(lengths: np.ndarray, size: int, tokens: int) -> None:
    batches = inference_batches(lengths, size, tokens)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert all(len(b) <= size and lengths[b].max() * len(b) <= tokens for b in batches)


def test_padding() -> None:
    ids, mask = pad([np.array([5, 6]), np.array([7])], Padding(9))
    assert ids.tolist() == [[5, 6], [7, 9]]
    assert mask.tolist() == [[1, 1], [1, 0]]


def test_padding_on_the_left() -> None:
    ids, mask = pad([np.array([5, 6]), np.array([7])], Padding(9, "left"))
    assert ids.tolist() == [[5, 6], [9, 7]]
    assert mask.tolist() == [[1, 1], [0, 1]]
