"""Rows answered by the topics before and after: counted, and what it costs the old topics."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.shares.runs import COUNT, split_of, topic_of, write_run
from topicsmith.classifiers.base import Predictions
from topicsmith.discovery.accepting import reassign as module
from topicsmith.discovery.accepting.reassign import AssignedRows, RowsOfTopic, reassign
from topicsmith.errors import ModelFolderError
from topicsmith.records import Prediction
from topicsmith.runs import RunFolder
from topicsmith.taxonomy import Taxonomy, Topic

MUSIC, TRAVEL, MONEY, OTHER = (Topic(name) for name in ("Music", "Travel", "Money", "Other"))
BEFORE = Taxonomy((MUSIC, TRAVEL, MONEY, OTHER), "Other")


class Numbered:
    """Rows are their numbers; every tenth is the catch-all's, and a topic 'Late' takes those, and row 51 of Music."""

    encoder = None

    def __init__(self) -> None:
        self.taxonomy = BEFORE

    def update(self, taxonomy: Taxonomy) -> None:
        self.taxonomy = taxonomy

    def predict_vectors(self, vectors: Any) -> Predictions:
        return Predictions(tuple(Prediction(self._topic(int(number)), 0.9) for number in vectors))

    def _topic(self, number: int) -> str:
        if "Late" in self.taxonomy.names and (number % 10 == 0 or number == 51):
            return "Late"
        found = "Other" if number % 10 == 0 else topic_of(number)
        return self.taxonomy.match(found) or self.taxonomy.names[0]


class Vectors:
    """The number at the end of each text."""

    def __init__(self, *_: object) -> None:
        pass

    def encode(self, texts: Sequence[str]) -> Any:
        return np.array([int(text.rpartition(" ")[2]) for text in texts])


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    folder = write_run(tmp_path / "run")
    for name in ("sim", "tfidf"):
        folder.classifier(name).mkdir(parents=True)
    kinds = {"sim": "similarity", "tfidf": "linear"}
    monkeypatch.setattr(module, "read_manifest", lambda path: {"kind": kinds[path.name]})
    monkeypatch.setattr(module, "load_classifier", lambda _: Numbered())
    monkeypatch.setattr(module, "KeptVectors", Vectors)
    return folder


def added(run: RunFolder, *topics: Topic) -> AssignedRows:
    return reassign(run, BEFORE, Taxonomy((*BEFORE.topics[:3], *topics, OTHER), "Other"), (), "sim")


def test_rows_of_each_topic_before_and_after(run: RunFolder) -> None:
    found = added(run, Topic("Late", sources=("Other",)))
    assert (found.found.candidate, found.found.rows, found.found.moved) == ("sim", COUNT, 31)
    assert found.found.topics == (
        RowsOfTopic("Music", 90, 89, 0, 1),
        RowsOfTopic("Travel", 90, 90, 0, 0),
        RowsOfTopic("Money", 90, 90, 0, 0),
        RowsOfTopic("Late", None, 31, 31, 0),
        RowsOfTopic("Other", 30, 0, 0, 30),
    )
    assert [(row.query_id, row.before, row.after) for row in found.rows[51:53]] == [
        ("q51", "Music", "Late"),
        ("q52", "Travel", "Travel"),
    ]


def test_what_it_costs_the_old_topics(run: RunFolder) -> None:
    cost = added(run, Topic("Late", sources=("Other",))).found.cost
    assert cost is not None
    held = [n for n in range(COUNT) if split_of(n) != "train"]
    assert (cost.rows, cost.divided) == (len(held), 0)
    right = sum(n % 10 != 0 for n in held) / len(held)
    assert cost.before.value == pytest.approx(right)
    assert cost.after.value == pytest.approx(right - 1 / len(held))
    assert cost.difference.value == pytest.approx(-1 / len(held))
    assert cost.difference.low < -1 / len(held) < 0 < cost.difference.high
    assert cost.difference.high < 0.05


def test_nothing_changes_where_topics_are_renamed_and_merged(run: RunFolder) -> None:
    after = Taxonomy((Topic("Leisure", was=("Music", "Travel")), Topic("Cash", was=("Money",)), OTHER), "Other")
    found = reassign(run, BEFORE, after, (), "sim").found
    assert found.moved == 0
    assert found.topics[:2] == (RowsOfTopic("Leisure", 180, 180, 0, 0), RowsOfTopic("Cash", 90, 90, 0, 0))
    assert found.cost is not None
    assert found.cost.before.value == found.cost.after.value


def test_rows_of_a_divided_topic_are_left_out_of_the_cost(run: RunFolder) -> None:
    parts = Topic("Songs", sources=("Music",)), Topic("Concerts", sources=("Music",))
    found = reassign(run, BEFORE, Taxonomy((*parts, TRAVEL, MONEY, OTHER), "Other"), (), "sim").found
    assert found.cost is not None
    assert (found.cost.divided, found.cost.rows) == (60, 120)
    assert found.topics[-1] == RowsOfTopic("Music", 90, None, 0, 90)
    nothing = Taxonomy((Topic("A"), OTHER), "Other")
    assert reassign(run, nothing, Taxonomy((Topic("A"), Topic("B"), OTHER), "Other"), (), "sim").found.cost is None


def test_a_candidate_that_cannot_tell_says_what_would(run: RunFolder) -> None:
    found = reassign(run, BEFORE, BEFORE, (), "tfidf").found
    assert (found.candidate, found.rows, found.topics) == ("tfidf", 0, ())
    assert found.why_not.startswith(
        "'tfidf' (linear) does not compare rows with topics as they stand; 'topicsmith run'"
    )
    assert found.why_not.endswith("; '--candidate sim' would tell")


def test_a_run_that_deploys_nothing_and_a_candidate_that_is_none(run: RunFolder) -> None:
    (run.path / "choice.json").write_text('{"candidate": null, "reason": "Too few rows.", "next_step": "Label."}')
    found = reassign(run, BEFORE, BEFORE).found
    assert found.candidate is None
    assert "nothing to deploy yet: Too few rows." in found.why_not
    with pytest.raises(ModelFolderError, match=r"has no candidate 'simm'; did you mean 'sim'\?; it has: sim, tfidf"):
        reassign(run, BEFORE, BEFORE, (), "simm")
