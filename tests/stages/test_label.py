"""Label as the run folder shows it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.test_pipeline import run
from topicsmith.errors import ProjectError, UpstreamError
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.pipeline import run_path, run_stages
from topicsmith.progress import SilentProgress
from topicsmith.project_file import read_project
from topicsmith.runs import Manifest, RunFolder, open_run
from topicsmith.stages.label import settings
from topicsmith.taxonomy import Taxonomy
from topicsmith.testing.model_server import AskedQuestion, Fault, ScriptedServer


def test_an_abstention_is_a_row_with_its_reason(small_project: Path) -> None:
    rows = small_project / "rows.jsonl"
    rows.write_text(rows.read_text().replace('"second": "Music"', '"second": "Cooking"', 1))
    run(small_project, ["ingest", "label", "agree"])
    latest = small_project / "runs/latest"
    statuses = pl.read_parquet(latest / "annotations.parquet")["status"].value_counts()
    assert dict(statuses.iter_rows()) == {"labelled": 359, "off_taxonomy": 1}
    labels = pl.read_parquet(latest / "labels.parquet")
    assert labels.height == 180
    assert set(labels["origin"]) == {"agreed", "disagreed", "abstained"}


def test_a_column_that_no_row_has_is_named(small_project: Path) -> None:
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(text.replace("table:second", "table:third"))
    with pytest.raises(ProjectError, match="third"):
        run(small_project, ["ingest", "label"])


def test_fault_37_a_prompt_file_that_changed_makes_the_labels_stale(small_project: Path) -> None:
    project = read_project(small_project)
    prompt = (
        'name: mine\nsystem: "Pick. {topics} {answer}"\nuser: "{text}"\njson: "Use {fields}."\nxml: "Use {fields}."\n'
    )
    (small_project / "mine.yaml").write_text(prompt)
    asked = replace(project, labeling=project.labeling.model_copy(update={"prompt": "mine.yaml"}))
    first = settings(asked)
    assert settings(asked) == first
    (small_project / "mine.yaml").write_text(prompt.replace("Pick.", "Choose."))
    assert settings(asked) != first
    (small_project / "mine.yaml").write_text(prompt.replace("{text}", "the text"))
    with pytest.raises(ProjectError, match=r"mine.yaml:3: 'user' has no place '\{text\}'"):
        settings(asked)


def always_refuses(row: str) -> Callable[[int, AskedQuestion], Fault | None]:
    """A service that fails for one row."""
    return lambda _, question: Fault(status=400) if row in question.user else None


def ask_a_service(folder: Path) -> None:
    """Let a model that is reached over HTTP be the second annotator."""
    text = (folder / "topicsmith.yaml").read_text()
    (folder / "topicsmith.yaml").write_text(text.replace("table:second", "compatible:m-1"))


def test_llm_k02_failed_rows_are_told_and_asked_for_by_the_next_run(
    small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_a_service(small_project)
    stages = ["ingest", "label", "agree"]
    text = pl.read_ndjson(small_project / "rows.jsonl")["text"][0]
    annotations = small_project / "runs/latest/annotations.parquet"
    with ScriptedServer(lambda question: '{"topic": "Music"}', faults=always_refuses(text)) as server:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{server.url}/v1")
        run(small_project, stages)
        failed = pl.read_parquet(annotations).filter(pl.col("status") == "failed")
        assert failed["error"].to_list() == ["compatible: scripted error 400 (400)"]
        counts = Manifest(RunFolder(annotations.parent.resolve())).stage("label")["counts"]
        assert isinstance(counts, dict)
        assert counts["failed"] == {"compatible:m-1": {"compatible: scripted error 400 (400)": 1}}
        assert "1 row failed (1 x compatible: scripted error 400 (400))" in counts["alarms"][-1]
        before = server.calls
        server.faults = None
        assert run(small_project, stages) == {"ingest": True, "label": False, "agree": False}
        assert server.calls == before + 1
        assert run(small_project, stages) == dict.fromkeys(stages, True)
    assert "failed" not in set(pl.read_parquet(annotations)["status"])


def test_llm_k02_a_pilot_whose_every_row_is_refused_is_an_error_with_the_reason(
    small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_a_service(small_project)
    rows = (small_project / "rows.jsonl").read_text().splitlines()[:15]
    (small_project / "rows.jsonl").write_text("\n".join(rows) + "\n")
    with ScriptedServer(lambda question: "", faults=lambda number, question: Fault(status=422)) as server:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{server.url}/v1")
        with pytest.raises(UpstreamError, match=r"compatible:m-1: 15 rows failed \(15 x compatible: .* \(422\)\)"):
            run(small_project, ["ingest", "label"])


LABEL = ["ingest", "label", "agree"]


def run_as(name: str, folder: Path) -> Path:
    """Label in a run of another name; gives its folder."""
    project = read_project(folder)
    with open_run(run_path(project, name)) as opened:
        run_stages(project, opened, SilentProgress(), LABEL)
        return opened.path


@pytest.mark.parametrize(
    "reply",
    [
        '{"topic": "Music", "reasoning": "\\ud83d"}',
        '{"topic": "\\ude00 no topic"}',
        '<think>because</think>{"topic": "Music", "reasoning": "\\ud83d \\ud83d"}',
    ],
    ids=["in the reasoning", "in what stands for a topic", "behind thoughts"],
)
def test_security_k02_half_a_surrogate_pair_in_an_answer_costs_no_table(
    reply: str, small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_a_service(small_project)
    with ScriptedServer(lambda question: reply) as server:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{server.url}/v1")
        run(small_project, LABEL)
        asked = server.calls
        first = pl.read_parquet(small_project / "runs/latest/annotations.parquet")
        run_as("again", small_project)
        assert server.calls == asked
    again = pl.read_parquet(small_project / "runs/again/annotations.parquet")
    assert again.equals(first)
    written = "".join(str(cell) for row in first.select("reasoning", "said").iter_rows() for cell in row)
    assert "\ufffd" in written


def test_a_new_run_name_pays_nothing_twice_and_has_an_account_of_its_own(
    small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_a_service(small_project)
    rows = small_project / "rows.jsonl"
    with ScriptedServer(lambda question: '{"topic": "Music"}') as server:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{server.url}/v1")
        run_as("one", small_project)
        assert server.calls == 180
        new = {"id": "new", "text": "one more song", "topic": "Music", "second": "Music"}
        rows.write_text(rows.read_text() + json.dumps(new) + "\n")
        run_as("two", small_project)
        assert server.calls == 181
    with Ledger(small_project / "runs" / "ledger.sqlite") as ledger:
        assert [ledger.spent(f"labeling:{name}").answers for name in ("one", "two")] == [180, 1]
    assert not list((small_project / "runs").glob("*/ledger*"))


def test_a_new_run_asks_nothing_again_after_a_topic_was_renamed(
    small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_a_service(small_project)
    with ScriptedServer(lambda question: '{"topic": "Music"}') as server:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{server.url}/v1")
        run_as("one", small_project)
        project = read_project(small_project)
        topics = tuple(
            replace(topic, name="Tunes", was=("Music",)) if topic.name == "Music" else topic
            for topic in project.taxonomy.topics
        )
        renamed = replace(project, taxonomy=Taxonomy(topics, project.taxonomy.catch_all))
        rows = small_project / "rows.jsonl"
        rows.write_text(rows.read_text().replace('"Music"', '"Tunes"'))
        with open_run(run_path(renamed, "two")) as opened:
            run_stages(renamed, opened, SilentProgress(), LABEL)
        assert server.calls == 180
    said = pl.read_parquet(small_project / "runs/two/annotations.parquet")
    assert set(said.filter(pl.col("annotator") == "compatible:m-1")["topic"]) == {"Tunes"}


def test_what_a_run_paid_in_an_earlier_version_is_not_paid_again(
    small_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask_a_service(small_project)
    runs = small_project / "runs"
    with ScriptedServer(lambda question: '{"topic": "Music"}') as server:
        monkeypatch.setenv("TOPICSMITH_BASE_URL", f"{server.url}/v1")
        path = run_as("one", small_project)
        for name in ("ledger.sqlite", "ledger.sqlite.reserve"):
            (runs / name).rename(path / name)
        (path / "annotations.parquet").unlink()
        run_as("one", small_project)
        assert server.calls == 180
    with Ledger(runs / "ledger.sqlite") as ledger:
        assert ledger.spent("labeling:one").answers == 180
    assert sorted(found.name for found in path.glob("ledger*")) == ["ledger.sqlite.merged"]
