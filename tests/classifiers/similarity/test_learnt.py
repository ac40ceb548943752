"""What training leaves, on disk."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from tests.classifiers.similarity.test_fit import learnt_from
from tests.classifiers.similarity.test_snapshot import TAXONOMY, drawn, encode
from topicsmith.classifiers.similarity.learnt import ARRAYS, read_learnt
from topicsmith.classifiers.similarity.snapshot import snapshot
from topicsmith.classifiers.tensors import read_arrays, write_arrays
from topicsmith.errors import ModelFolderError


def test_what_is_read_answers_as_what_was_written(tmp_path: Path) -> None:
    learnt = learnt_from(TAXONOMY, 30, 20, 0)
    about = learnt.write(tmp_path)
    again = read_learnt(tmp_path, about, TAXONOMY)
    queries = drawn(["Music", "Games"], 20, 4)
    found = [snapshot(each, TAXONOMY, encode, 0.01).probabilities(queries) for each in (learnt, again)]
    assert found[0] == pytest.approx(found[1], abs=1e-9)
    assert {field.name for field in fields(again)} == {field.name for field in fields(learnt)}


@pytest.mark.parametrize("name", ["topics", "held_topics", "head.owners", "centre", "rows"])
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, name: str) -> None:
    about = learnt_from(TAXONOMY, 30, 20, 0).write(tmp_path)
    names = ["centre", "name_centre", "rows", "topics", "lobes", "held", "held_topics", "held_scores", "weights"]
    names += [
        "head.weights",
        "head.intercepts",
        "head.owners",
        "detector.means",
        "detector.spreads",
        "detector.weights",
    ]
    arrays = read_arrays(tmp_path / ARRAYS, names)
    arrays[name] = arrays[name][1:] if name in {"centre", "rows"} else arrays[name] + 50
    write_arrays(tmp_path / ARRAYS, arrays)
    with pytest.raises(ModelFolderError, match=r"its arrays do not fit each other; copy the folder again"):
        read_learnt(tmp_path, about, TAXONOMY)


def test_a_missing_array_is_named(tmp_path: Path) -> None:
    about = learnt_from(TAXONOMY, 30, 20, 0).write(tmp_path)
    write_arrays(tmp_path / ARRAYS, {"centre": np.zeros(3)})
    with pytest.raises(ModelFolderError, match="missing array 'name_centre'"):
        read_learnt(tmp_path, about, TAXONOMY)
