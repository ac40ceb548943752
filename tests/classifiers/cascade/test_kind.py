"""A cascade in a project: from the file to the answers."""

import json
from pathlib import Path

import polars as pl
import pytest

import topicsmith as ts
from tests.conftest import SUBJECTS, write_small_project
from topicsmith.classifiers.base import Traits, traits_of
from topicsmith.classifiers.cascade.kind import KIND
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer

CASCADE = """\
  - {name: asked, kind: prompted, model: 'compatible:some-model'}
  - {name: weak, kind: linear, train_size: 6}
  - {name: both, kind: cascade, members: [weak, asked], most_sent: 0.9}
"""


def by_word(question: AskedQuestion) -> Reply:
    """The topic with a word in the text."""
    words = {word: topic for topic, known in SUBJECTS.items() for word in known}
    said = question.user.rpartition("<")[0]
    topic = next((words[word] for word in said.replace(".", " ").split() if word in words), "Money")
    return Reply(json.dumps({"topic": topic}))


def test_it_is_offered_as_trained_and_with_what_it_promises() -> None:
    found = traits_of("cascade")
    assert isinstance(found, Traits)
    assert found == KIND.traits
    assert (found.trained, found.remote, found.updatable) == (True, False, False)
    assert found.limits[0].startswith("What is promised holds for texts like the validation rows")


@pytest.mark.slow
def test_from_the_project_file_to_answers_that_name_who_gave_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_small_project(tmp_path / "small")
    file = folder / "topicsmith.yaml"
    file.write_text(file.read_text() + CASCADE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with ScriptedServer(by_word) as server:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{server.url}/v1")
        ts.run(folder)
        held_out = pl.read_parquet(folder / "runs/latest/predictions/both.parquet")
        asked = server.calls
        queries = pl.read_parquet(folder / "runs/latest/queries.parquet")
        held = queries.filter(pl.col("query_id").is_in(held_out["query_id"].to_list()))
        texts = held["text"].to_list()
        assert asked == len(set(texts))  # once for the candidate itself and the cascade
        loaded = ts.load(folder, "both")
        found = loaded.predict(texts)
        assert server.calls == asked  # the folder inside the folder finds the run's ledger
    said = dict(zip(held["query_id"], found.topics, strict=True))
    assert said == dict(zip(held_out["query_id"], held_out["topic"], strict=True))
    assert {item.member for item in found} == {"weak", "asked"}
    card = (folder / "runs/latest/classifiers/both/README.md").read_text()
    assert "at most 90.0% of texts reach the last member, with 95% confidence" in card
    assert not (tmp_path / "cache").exists()
