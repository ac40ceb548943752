"""Which stages would run, why, and the most it would cost."""

from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith
from tests.test_pipeline import run

PAID = """name: paid
traces: {path: rows.jsonl}
taxonomy:
  topics: [Music, {name: Other, catch_all: true}]
labeling:
  annotators: ['openai:gpt-5.4-mini', 'compatible:unknown-model']
candidates: [{name: tfidf, kind: linear}]
"""


@pytest.mark.slow
def test_a_plan_for_a_person(small_project: Path) -> None:
    run(small_project)
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(text.replace("test: 0.3", "test: 0.25"))
    done = topicsmith("run", small_project, "--dry-run")
    assert done.returncode == 0, done.stderr
    lines = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert lines["label"] == "up to date"
    assert lines["split"] == "would run: settings or inputs changed"
    assert lines["train"] == "would run: after split and balance"


@pytest.mark.slow
def test_what_a_service_would_be_paid_is_told(tmp_path: Path) -> None:
    (tmp_path / "topicsmith.yaml").write_text(PAID.replace(", 'compatible:unknown-model'", ""))
    (tmp_path / "rows.jsonl").write_text('{"text": "which song is that"}\n' * 1000)
    done = topicsmith("run", "-p", tmp_path, "--dry-run", "--until", "label")
    assert done.returncode == 0, done.stderr
    label = done.stdout.splitlines()[1]
    assert label.startswith("label     would run: not run yet; at most $")
    assert label.endswith(", less what the ledger holds")
    assert not (tmp_path / "runs").exists()
    (tmp_path / "topicsmith.yaml").write_text(PAID)
    unknown = topicsmith("run", "-p", tmp_path, "--dry-run", "--only", "label")
    assert unknown.stdout == "label     would run: not run yet; at a price that is not known\n"
