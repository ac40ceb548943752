"""``topicsmith discover``: what it prints, and a run in which a topic is hidden."""

import json
from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith
from tests.discovery.clouds import CloudTexts, cloud
from tests.discovery.made import discovery
from topicsmith.cli.discover import _lines, discover
from topicsmith.discovery import discover as module
from topicsmith.discovery.files import read_discovery
from topicsmith.records import Label, Query
from topicsmith.runs import RunFolder
from topicsmith.tables import LABELS, QUERIES, label_row, query_row

KNOWN = ("invoice", "delivery", "password", "refund", "camera", "weather", "music", "travel", "battery", "coupon")
HIDDEN = ("gardening", "football")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run with ten topics, and rows of two more that have no label."""
    monkeypatch.setattr(module, "kept_vectors", lambda *_: CloudTexts())
    texts = [(text, word) for word in KNOWN for text in cloud(word, 30)]
    texts += [(text, "") for word in HIDDEN for text in cloud(word, 30)]
    folder = RunFolder(tmp_path / "project" / "runs" / "r")
    folder.path.mkdir(parents=True)
    names = "".join(f"- {word}\n" for word in KNOWN)
    (tmp_path / "project" / "taxonomy.yaml").write_text(f"topics:\n{names}")
    (tmp_path / "project" / "topicsmith.yaml").write_text(
        "name: r\ntraces: {path: rows.jsonl}\ntaxonomy: taxonomy.yaml\n"
        "labeling: {annotators: ['local:keywords', 'local:similarity']}\ncandidates: [{name: m, kind: majority}]\n"
    )
    folder.write_table(
        "queries.parquet", [query_row(Query(f"q{n}", text, f"t{n}")) for n, (text, _) in enumerate(texts)], QUERIES
    )
    labels = [
        Label(f"q{n}", word or None, None, "agreed" if word else "disagreed") for n, (_, word) in enumerate(texts)
    ]
    folder.write_table("labels.parquet", [label_row(label) for label in labels], LABELS)
    folder.write_json("agreement.json", {"topics": KNOWN})
    folder.manifest.write_text("{}")
    return folder


def test_the_table_says_what_was_found_and_how_far_to_trust_it() -> None:
    lines = _lines(discovery())
    assert any("new topics proposed" in line for line in lines)
    assert any(line.startswith("when known topics were hidden") for line in lines)


@pytest.mark.slow
def test_hidden_topics_of_a_run_are_proposed_in_a_folder_of_it(
    run: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    discover(run.path, quiet=True)
    said = capsys.readouterr().out
    assert "2 new topics proposed" in said
    for word in HIDDEN:
        assert word in said
    assert {each.name for each in (run.path / "discovery").iterdir()} == {
        "discovery.html", "discovery.json", "proposals.yaml", "rows.parquet",
    }  # fmt: skip
    discover(run.path, quiet=True, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["discovery"]["looked_at"] == 60
    kept = read_discovery(run.path / "discovery")
    assert min(row.familiarity for row in kept.rows if row.familiarity is not None) < 0
    accepted = topicsmith("accept", run.path, "--all")
    assert accepted.returncode == 0, accepted.stderr
    assert "Gardening" in accepted.stdout
    assert len([each for each in document["discovery"]["proposals"] if each["kind"] == "new"]) == 2


def test_rows_and_everything_exclude_each_other(run: RunFolder) -> None:
    done = topicsmith("discover", run.path, "--rows", "x.csv", "--everything")
    assert done.returncode == 2
    assert "give one of them" in done.stderr


@pytest.mark.slow
def test_an_annotator_that_cannot_be_asked_is_told_before_anything_is_computed(run: RunFolder) -> None:
    done = topicsmith("discover", run.path, "--annotator", "local:keywords")
    assert done.returncode == 2
    assert "local:keywords" in done.stderr
    assert not (run.path / "discovery").exists()
