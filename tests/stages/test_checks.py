"""What is wrong with a candidate is said before anything is labelled."""

from pathlib import Path

import polars as pl
import pytest

from tests.test_pipeline import run
from topicsmith.errors import (
    CredentialsError,
    MissingExtraError,
    ModelFolderError,
    ProjectError,
    TaxonomyError,
    UserError,
)
from topicsmith.runs import Manifest, RunFolder


@pytest.mark.parametrize(
    ("candidate", "error", "message"),
    [
        ("{name: a, kind: encoder, model: ./nowhere}", ModelFolderError, "nowhere: no such folder"),
        ("{name: a, kind: embedding, model: ./empty}", ModelFolderError, "not a model folder, it has no config.json"),
        ("{name: a, kind: causal, model: ./nowhere}", ModelFolderError, "no such model folder; check 'model'"),
        (
            "{name: a, kind: causal, model: x, prompt: v3}",
            ProjectError,
            "'answer: label' cannot reason before the topic",
        ),
        (
            "{name: a, kind: prompted, model: 'together:x', prompt: v1, examples: 3}",
            ProjectError,
            "no place {examples}",
        ),
        ("{name: a, kind: hosted, model: 'together:x'}", CredentialsError, "needs a key: set TOGETHER_API_KEY"),
        (
            "{name: a, kind: hierarchy, way: topic, base: {kind: encoder, model: ./nowhere}}",
            ModelFolderError,
            "nowhere: no such folder",
        ),
    ],
)
def test_before_anything_is_paid_for(
    small_project: Path, monkeypatch: pytest.MonkeyPatch, candidate: str, error: type[UserError], message: str
) -> None:
    monkeypatch.delenv("TOGETHER_API_KEY", raising=False)
    (small_project / "empty").mkdir()
    with (small_project / "topicsmith.yaml").open("a") as file:
        file.write(f"  - {candidate}\n")
    with pytest.raises(error) as raised:
        run(small_project)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    manifest = Manifest(RunFolder(small_project / "runs" / "small"))
    assert manifest.result("label") is None
    run(small_project, ["ingest", "label"])
    assert Manifest(RunFolder(small_project / "runs" / "small")).result("label") is not None


def test_a_missing_library_too_and_a_candidate_that_has_its_model_is_not_asked(
    small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (small_project / "topicsmith.yaml").open("a") as file:
        file.write("  - {name: a, kind: encoder, model: minilm}\n")
    monkeypatch.setattr("topicsmith.classifiers.torch_common.hub.find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError, match="the kind 'encoder' needs libraries that are not installed: pip"):
        run(small_project)
    folder = small_project / "runs" / "small" / "classifiers" / "a"
    folder.mkdir(parents=True)
    (folder / "topicsmith.json").write_text("{}")
    with pytest.raises(MissingExtraError):
        run(small_project)
    assert Manifest(RunFolder(small_project / "runs" / "small")).result("label") is not None


def write_project(folder: Path, topics: str) -> None:
    (folder / "taxonomy.yaml").write_text(topics)
    (folder / "topicsmith.yaml").write_text(
        "name: p\ntaxonomy: taxonomy.yaml\n"
        "traces: {path: rows.csv, format: table, text: text, topic: topic, subtopic: sub}\n"
        "candidates: [{name: floor, kind: majority}]\n"
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("Jaz", r"lacks subtopics that 'sub' gives: 'Jaz' of 'Music' \(1 rows\).*did you mean 'Jazz'"),
        ("City", r"'City' of 'Music' \(1 rows\)"),  # of another topic
        ("jazz", None),  # spelling aside
        ("Blues", None),  # a former name
    ],
)
def test_training_k08_given_subtopics_are_held_against_the_taxonomy(
    tmp_path: Path, given: str, message: str | None
) -> None:
    topics = (
        "topics:\n- {name: Music, description: m, subtopics: [{name: Jazz, description: j, was: [Blues]}]}\n"
        "- {name: Travel, description: t, subtopics: [{name: City, description: c}]}\n"
    )
    write_project(tmp_path, topics)
    (tmp_path / "rows.csv").write_text(f"text,topic,sub\na song,Music,{given}\na trip,Travel,\n")
    if message is None:
        run(tmp_path, ["ingest"])
        return
    with pytest.raises(TaxonomyError, match=message):
        run(tmp_path, ["ingest"])


def test_training_k08_a_taxonomy_without_subtopics_lets_the_column_be(tmp_path: Path) -> None:
    write_project(tmp_path, "topics:\n- {name: Music, description: m}\n- {name: T, description: t}\n")
    (tmp_path / "rows.csv").write_text("text,topic,sub\na song,Music,whatever\na trip,T,\n")
    run(tmp_path, ["ingest"])


@pytest.mark.parametrize("kind", ["topic", "subtopic"])
@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_training_unclear_whole_numbers_with_a_gap_are_explained(tmp_path: Path, form: str, kind: str) -> None:
    """What pandas makes of 1, 2 and a row without: 1.0, 2.0 and a gap, in every form that it writes."""
    topics = 'topics:\n- {name: "1", subtopics: ["1", "2"]}\n- {name: "2"}\n'
    write_project(tmp_path, topics)
    project = tmp_path / "topicsmith.yaml"
    project.write_text(project.read_text().replace("rows.csv", f"rows.{form}"))
    whole, gap = ["1", "2", "1"], [1.0, 2.0, None]
    given = {"topic": gap if kind == "topic" else whole, "sub": gap if kind == "subtopic" else [None] * 3}
    if kind == "subtopic":
        given["topic"] = ["1"] * 3
    table = pl.DataFrame({"text": ["a song", "a trip", "a walk"], **given}, strict=False)
    write = getattr(table, {"csv": "write_csv", "parquet": "write_parquet", "jsonl": "write_ndjson"}[form])
    write(tmp_path / f"rows.{form}")
    with pytest.raises(TaxonomyError, match=r"'1\.0' is read as the text it is, not as '1' \(pandas makes"):
        run(tmp_path, ["ingest"])
