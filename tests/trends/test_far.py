"""Which rows are far."""

from pathlib import Path

import numpy as np
import pytest

from tests.shares.runs import COUNT, topic_of, write_run
from tests.trends.runs import NEW, encode
from topicsmith.classifiers.torch_common import hub
from topicsmith.shares.run_rows import RunRows, run_rows
from topicsmith.trends.far import NoFarRowsError, encoder_of, far_rows, worth
from topicsmith.trends.nearness import usual


@pytest.fixture
def rows(tmp_path: Path) -> RunRows:
    return run_rows(write_run(tmp_path / "run", [topic_of(n) for n in range(COUNT)]), tmp_path, "tfidf")


def test_new_rows_are_far_and_training_rows_are_not_looked_at(rows: RunRows) -> None:
    names = ["q0", "x", "y", "z"]
    found = far_rows(rows, names, ["question 0", f"{NEW} 1", "question 4004", None], encode)
    assert found.judged.tolist() == [False, True, True, False]  # q0 is a training row, the last has no text
    assert found.far.tolist() == [False, True, False, False]
    assert found.strangeness[0] == 0
    assert found.strangeness[1] > 0.5
    assert len(found.held_out) == 90


def test_too_few_rows_are_said_with_how_many_it_takes(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", unlabelled=range(COUNT))
    with pytest.raises(NoFarRowsError, match="the run has 0 labelled training rows, and it takes 50"):
        far_rows(run_rows(run, tmp_path, "tfidf"), ["x"], ["question 1"], encode)


def test_without_the_extra_one_line_says_what_to_install(rows: RunRows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "find_spec", lambda _: None)
    with pytest.raises(NoFarRowsError, match=r"rows far from anything known needs libraries .* pip install .*embedded"):
        encoder_of(rows, "minilm")


def test_a_row_is_worth_more_where_strangeness_varies_less() -> None:
    """Ranks of a thousand rows: mean .0634 and variance .0316 of strangeness, against .0634 * .9366 of yes and no."""
    held_out = np.arange(10_000.0)
    assert worth(usual(held_out), held_out) == pytest.approx(1.88, abs=0.01)
    assert worth(usual(np.zeros(10)), np.zeros(10)) == 1.0
