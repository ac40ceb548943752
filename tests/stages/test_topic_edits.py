"""Editing topics: what is asked again, what is carried over, and what is told at the earliest stage."""

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.test_pipeline import run
from topicsmith.errors import ProjectError, TaxonomyError, TraceError
from topicsmith.loading import load
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer

PROJECT = """\
name: asked
traces: {path: rows.jsonl}
taxonomy: taxonomy.yaml
labeling: {annotators: ['vllm:first', 'vllm:second'], adjudicator: 'vllm:judge'}
candidates: [{name: tfidf, kind: linear}]
"""
BEFORE = """\
topics:
- {name: play, description: games, subtopics: [chess, go]}
- {name: music, description: songs}
- {name: video, description: films}
- {name: Other, catch_all: true}
"""
SAYS = {"game": '{"topic": "play", "subtopic": "chess"}', "song": '{"topic": "music"}', "film": '{"topic": "video"}'}


def answer(question: AskedQuestion) -> Reply:
    """The topic of the text's own word; the second annotator takes films for songs, and the judge does not."""
    word = next((word for word in SAYS if f"a {word} " in question.user), "film")
    wrong = word == "film" and question.model == "second"
    return Reply(SAYS["song" if wrong else word], input_tokens=10, output_tokens=5)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, ScriptedServer]]:
    """A project whose 30 queries were labelled by two models and a judge of the ten disputed ones."""
    rows = [{"text": f"tell me of a {word} number {n}"} for n in range(10) for word in SAYS]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "topicsmith.yaml").write_text(PROJECT)
    (tmp_path / "taxonomy.yaml").write_text(BEFORE)
    with ScriptedServer(answer) as server:
        monkeypatch.setenv("VLLM_BASE_URL", f"{server.url}/v1")
        run(tmp_path, ["ingest", "label", "agree"])
        assert server.calls == 30 + 30 + 10
        yield tmp_path, server


def labels(folder: Path) -> dict[str | None, int]:
    run(folder, ["ingest", "label", "agree"])
    table = pl.read_parquet(folder / "runs/asked/labels.parquet")
    return dict(table["topic"].value_counts().iter_rows())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: play,", "name: gameplay, was: play,", {"gameplay": 10, "music": 10, "video": 10}),
        ("[chess, go]", "[{name: board chess, was: chess}, go]", {"play": 10, "music": 10, "video": 10}),
        (
            "- {name: music, description: songs}\n- {name: video, description: films}\n",
            "- {name: media, description: songs and films, was: [music, video]}\n",
            {"play": 10, "media": 20},
        ),
    ],
)
def test_a_rename_or_a_merger_asks_nothing_again(
    asked: tuple[Path, ScriptedServer], old: str, new: str, expected: dict[str | None, int]
) -> None:
    folder, server = asked
    assert labels(folder) == {"play": 10, "music": 10, "video": 10}
    calls = server.calls
    (folder / "taxonomy.yaml").write_text(BEFORE.replace(old, new))
    assert labels(folder) == expected
    assert server.calls == calls
    with (folder / "rows.jsonl").open("a") as file:
        file.write('{"text": "tell me of a game number 99"}\n')
    assert labels(folder) == {**expected, next(iter(expected)): 11}
    assert server.calls == calls + 2  # the new query, by both models, in the words of the others


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "calls"),
    [
        ("description: games", "description: all games", 2 * 10),  # the rows of 'play', on which both agree
        ("description: films", "description: all films", 3 * 10),  # those that were in dispute, by the judge as well
        ("- {name: Other", "- News\n- {name: Other", 0),  # nobody has said 'Other', or no topic
        ("go]", "go, shogi]", 2 * 10),
    ],
)
def test_another_edit_asks_about_the_rows_that_it_may_concern(
    asked: tuple[Path, ScriptedServer], old: str, new: str, calls: int
) -> None:
    folder, server = asked
    before = server.calls
    (folder / "taxonomy.yaml").write_text(BEFORE.replace(old, new))
    labels(folder)
    assert server.calls == before + calls


@pytest.mark.slow
def test_subtopics_go_by_their_names_of_today(asked: tuple[Path, ScriptedServer]) -> None:
    folder, _ = asked
    (folder / "taxonomy.yaml").write_text(BEFORE.replace("[chess, go]", "[{name: board chess, was: chess}, go]"))
    labels(folder)
    table = pl.read_parquet(folder / "runs/asked/annotations.parquet").filter(pl.col("topic") == "play")
    assert set(table["subtopic"]) == {"board chess"}


def test_a_renamed_topic_takes_its_given_rows_along(small_project: Path) -> None:
    project = small_project / "topicsmith.yaml"
    run(small_project, ["ingest", "label", "agree", "split", "balance"])
    project.write_text(
        project.read_text().replace("[Music, Travel, Money]", "[{name: Sound, was: Music}, Travel, Money]")
    )
    assert run(small_project, ["ingest"]) == {"ingest": True}
    run(small_project, ["label", "agree", "split", "balance"])
    latest = small_project / "runs/latest"
    statistics = json.loads((latest / "statistics.json").read_text())
    assert [topic["topic"] for topic in statistics["topics"] if topic["train"]] == ["Sound", "Travel", "Money"]
    assert set(pl.read_parquet(latest / "annotations.parquet")["status"]) == {"labelled"}
    quality = json.loads((latest / "label_quality.json").read_text())
    assert [topic["topic"] for topic in quality["by_topic"]] == ["Money", "Sound", "Travel"]


def test_a_topic_that_is_gone_is_told_by_label_though_ingest_is_skipped(small_project: Path) -> None:
    project = small_project / "topicsmith.yaml"
    run(small_project, ["ingest", "label"])
    project.write_text(project.read_text().replace("Music, ", "Sound, "))
    with pytest.raises(TaxonomyError) as caught:
        run(small_project, ["ingest", "label"])
    assert str(caught.value) == (
        "the taxonomy lacks topics that 'topic' gives: 'Music' (60 rows); the first is of trace row-0; add them, or "
        "name each under 'was' of the topic that it is now"
    )
    assert caught.value.exit_code == 2


def test_values_that_are_no_topic_are_listed(small_project: Path) -> None:
    rows = small_project / "rows.jsonl"
    rows.write_text(rows.read_text().replace('"second": "Music"', '"second": "smalltalk"', 3))
    run(small_project, ["ingest", "label", "agree"])
    latest = small_project / "runs/latest"
    agreement = json.loads((latest / "agreement.json").read_text())
    assert agreement["off_taxonomy"] == [{"annotator": "table:second", "values": [["smalltalk", 3]]}]
    said = pl.read_parquet(latest / "annotations.parquet")["said"].drop_nulls().to_list()
    assert said == ["smalltalk"] * 3
    counts = json.loads((latest / "manifest.json").read_text())["stages"]["label"]["counts"]
    assert counts["off_taxonomy"] == {"table:second": {"smalltalk": 3}}


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ('"Music,Travel"', TaxonomyError, "'topic' gives several topics at once, such as 'Music,Travel' in 1 rows"),
        ('["Music", "Travel"]', TraceError, "rows.jsonl:1: 'topic' has several topics (Music, Travel), but a text"),
    ],
)  # fmt: skip
def test_a_text_has_one_topic(small_project: Path, value: str, error: type[Exception], message: str) -> None:
    rows = small_project / "rows.jsonl"
    rows.write_text(rows.read_text().replace('"topic": "Music"', f'"topic": {value}', 1))
    with pytest.raises(error) as caught:
        run(small_project, ["ingest"])
    assert message in str(caught.value)


def test_the_truth_does_not_judge_itself(small_project: Path) -> None:
    project = small_project / "topicsmith.yaml"
    project.write_text(project.read_text().replace("table:second", "table:topic"))
    with pytest.raises(ProjectError, match=r"topicsmith\.yaml:4: 'table:topic' reads the column that 'traces\.topic'"):
        run(small_project, ["ingest"])


def test_a_rename_is_no_matter_of_models_where_none_was_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"text": f"{word} number {n}", "topic": word} for n in range(10) for word in ("play", "music")]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "topicsmith.yaml").write_text(
        "name: asked\ntraces: {path: rows.jsonl}\ntaxonomy: taxonomy.yaml\n"
        "labeling: {annotators: ['table:topic']}\ncandidates: [{name: tfidf, kind: linear}]\n"
    )
    (tmp_path / "taxonomy.yaml").write_text("- play\n- music\n")
    run(tmp_path, ["ingest", "label"])
    (tmp_path / "taxonomy.yaml").write_text("- {name: games, was: play}\n- music\n")
    capsys.readouterr()
    assert labels(tmp_path) == {"games": 10, "music": 10}
    assert "since models were asked" not in "".join(capsys.readouterr())


@pytest.mark.slow
def test_a_classifier_without_old_names_is_trained_on_the_labels_that_a_merger_carries_over(
    small_project: Path,
) -> None:
    stages = ["ingest", "label", "agree", "split", "balance", "train"]
    run(small_project, stages)
    runs = small_project / "runs" / "small"
    settled = pl.read_parquet(runs / "labels.parquet")
    file = small_project / "topicsmith.yaml"
    file.write_text(
        file.read_text().replace("[Music, Travel, Money]", "[{name: Leisure, was: [Music, Travel]}, Money]")
    )
    run(small_project, stages)
    merged = pl.read_parquet(runs / "labels.parquet")
    one_of_two = settled["topic"].is_in(["Music", "Travel"]).sum()
    assert (merged["topic"] == "Leisure").sum() >= one_of_two > 80  # those on which the two were named are settled now
    assert (merged["topic"] == "Money").sum() == (settled["topic"] == "Money").sum()
    assert set(merged["topic"].drop_nulls()) == {"Leisure", "Money"}
    classifier = load(small_project, "tfidf")
    assert classifier.classes_ == ("Leisure", "Money")
    asked = [
        "tell me about the best album near Oslo",
        "my visa from Lima is not right",
        "compare one loan with another",
    ]
    assert classifier.predict(asked).topics == ["Leisure", "Leisure", "Money"]
