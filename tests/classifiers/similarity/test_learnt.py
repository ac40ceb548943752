"""What training leaves, on disk."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from tests.classifiers.similarity.test_fit import learnt_from
from tests.classifiers.similarity.test_snapshot import TAXONOMY, drawn, encode
from topicsmith.classifiers.similarity.learnt import ARRAYS, check_width, read_learnt
from topicsmith.classifiers.similarity.snapshot import snapshot
from topicsmith.classifiers.tensors import read_arrays, write_arrays
from topicsmith.errors import ModelFolderError

ALL = (
    *("centre", "name_centre", "rows", "topics", "lobes", "held", "held_topics", "held_scores", "weights"),
    *("head.weights", "head.intercepts", "head.owners", "detector.means", "detector.spreads", "detector.weights"),
)


def test_what_is_read_answers_as_what_was_written(tmp_path: Path) -> None:
    learnt = learnt_from(TAXONOMY, 30, 20, 0)
    about = learnt.write(tmp_path)
    again = read_learnt(tmp_path, about, TAXONOMY)
    queries = drawn(["Music", "Games"], 20, 4)
    found = [snapshot(each, TAXONOMY, encode, 0.01).probabilities(queries) for each in (learnt, again)]
    assert found[0] == pytest.approx(found[1], abs=1e-9)
    assert {field.name for field in fields(again)} == {field.name for field in fields(learnt)}


@pytest.mark.parametrize(
    "name",
    ["topics", "held_topics", "head.owners", "centre", "rows", "weights", "held_scores", "detector.weights", "lobes"],
)
@pytest.mark.parametrize("shape", ["shorter", "flat", "single"])
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, name: str, shape: str) -> None:
    about = learnt_from(TAXONOMY, 30, 20, 0).write(tmp_path)
    arrays = read_arrays(tmp_path / ARRAYS, ALL)
    whole = arrays[name]
    arrays[name] = {"shorter": whole[1:], "flat": whole.reshape(1, -1), "single": whole.reshape(-1)[0]}[shape]
    write_arrays(tmp_path / ARRAYS, arrays)
    with pytest.raises(ModelFolderError, match=r"its arrays do not fit each other; copy the folder again"):
        read_learnt(tmp_path, about, TAXONOMY)


@pytest.mark.parametrize("name", ["topics", "held_topics", "head.owners", "lobes"])
def test_indices_of_what_is_not_there_are_refused(tmp_path: Path, name: str) -> None:
    about = learnt_from(TAXONOMY, 30, 20, 0).write(tmp_path)
    arrays = read_arrays(tmp_path / ARRAYS, ALL)
    write_arrays(tmp_path / ARRAYS, {**arrays, name: arrays[name] + 50})
    with pytest.raises(ModelFolderError, match=r"its arrays do not fit each other; copy the folder again"):
        read_learnt(tmp_path, about, TAXONOMY)


def test_an_encoder_of_another_width_is_refused(tmp_path: Path) -> None:
    learnt = learnt_from(TAXONOMY, 30, 20, 0)
    check_width(learnt, np.zeros((0, 16), np.float32), tmp_path)
    with pytest.raises(ModelFolderError, match="vectors have 8 numbers, what was learnt has 16; copy the folder again"):
        check_width(learnt, np.zeros((0, 8), np.float32), tmp_path)


def test_a_missing_array_is_named(tmp_path: Path) -> None:
    about = learnt_from(TAXONOMY, 30, 20, 0).write(tmp_path)
    write_arrays(tmp_path / ARRAYS, {"centre": np.zeros(3)})
    with pytest.raises(ModelFolderError, match="missing array 'name_centre'"):
        read_learnt(tmp_path, about, TAXONOMY)
