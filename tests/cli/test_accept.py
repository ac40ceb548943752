"""``topicsmith accept``: what it prints, and the whole way with a classifier that compares."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from tests.classifiers.tiny_models import tiny_bert
from tests.cli.test_main import topicsmith
from tests.conftest import write_small_project
from tests.discovery.made import PROPOSALS, discovery, rows
from tests.test_pipeline import run
from topicsmith.cli.accept import _cost, _reassigned
from topicsmith.discovery.accepting.reassign import OldTopicsCost, Reassignment, RowsOfTopic
from topicsmith.discovery.files import write_discovery
from topicsmith.discovery.records import ProposedRow
from topicsmith.project_file import read_project
from topicsmith.statistics.intervals import Interval, wilson
from topicsmith.tables import read_queries

TOPICS = "# ours\ntopics:\n- Music  # songs\n- Travel\n- {name: Other, catch_all: true}\n"
COST = OldTopicsCost(400, wilson(380, 400), wilson(376, 400), Interval(-0.01, -0.025, 0.004, 400), 12)


def test_a_table_of_the_topics_whose_rows_change() -> None:
    topics = (
        RowsOfTopic("Music", 90, 88, 0, 2),
        RowsOfTopic("Refunds", None, 1234, 1234, 0),
        RowsOfTopic("Same", 9, 9, 0, 0),
    )
    assert _reassigned(Reassignment("sim", "", 5000, 1234, topics, COST)) == [
        "",
        "'sim' answers 5,000 rows by the topics before and after: 1,234 change topic",
        "topic     before    after    came    left",
        "Music         90       88       0       2",
        "Refunds        –    1,234   1,234       0",
        *_cost(COST),
    ]
    right = "right on 95.0 % [92.4, 96.7] before and 94.0 % [91.2, 95.9] after"
    assert _cost(COST) == [
        f"old topics, on 400 validation and test rows whose topic is known: {right}",
        "  -1.0 points [-2.5, +0.4], 95 % and paired; rows that truly belong to a new topic count as lost",
        "  12 rows of topics that are divided are left out: nobody has said whose they are",
    ]


def test_what_is_not_known_is_said() -> None:
    assert _reassigned(None) == []
    assert _reassigned(Reassignment("tfidf", "it cannot")) == ["", "rows are not answered anew: it cannot"]
    assert _cost(None) == [
        "what it costs the old topics is not known: no validation or test row of theirs has a known topic"
    ]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose rows about money are the catch-all's."""
    folder = write_small_project(tmp_path / "small")
    data, file = folder / "rows.jsonl", folder / "topicsmith.yaml"
    data.write_text(data.read_text().replace('"Money"', '"Other"'))
    text = file.read_text().replace("taxonomy: {topics: [Music, Travel, Money]}", "taxonomy: taxonomy.yaml")
    base = tiny_bert(tmp_path / "tiny")
    file.write_text(f"{text}  - {{name: sim, kind: similarity, model: '{base}'}}\n")
    (folder / "taxonomy.yaml").write_text(TOPICS)
    return folder


@pytest.mark.slow
def test_from_a_discovery_to_a_topic_that_is_answered(project: Path) -> None:
    pytest.importorskip("torch")
    run(project)
    latest = project / "runs/latest"
    queries = [query for query in read_queries(latest / "queries.parquet") if query.topic == "Other"]
    texts = tuple(query.text for query in queries)
    found = discovery(
        replace(PROPOSALS[0], name="Money", examples=texts[:12]),
        PROPOSALS[3],
        taxonomy=read_project(project).taxonomy.version_digest,
    )
    members = [ProposedRow(1, query.query_id, query.text, "Other", 0.1, rank) for rank, query in enumerate(queries)]
    write_discovery(latest / "discovery", found, members)

    nothing = topicsmith("accept", project)
    assert (nothing.returncode, nothing.stdout) == (0, "")
    assert "none of 2 proposals is marked 'accept: yes'; mark some, or name them with '--only 1,4'" in nothing.stderr

    shown = topicsmith("accept", project, "--only", "1", "--candidate", "sim")
    assert shown.returncode == 0, shown.stderr
    assert "  1  new       'Money', 12 rows\n\nsplit     'Other' into 'Other', 'Money'\n" in shown.stdout
    assert "'sim' answers 180 rows by the topics before and after:" in shown.stdout
    assert "old topics, on 49 validation and test rows whose topic is known: right on" in shown.stdout
    assert shown.stderr == f"{project}/taxonomy.yaml: is not changed; add '--write' to do it\n"
    assert (project / "taxonomy.yaml").read_text() == TOPICS

    done = topicsmith("accept", latest, "--only", "1", "--candidate", "sim", "--write", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["written"], document["version"], document["already"]) == (True, 2, [])
    assert [each["id"] for each in document["accepted"]] == [1]
    moved = document["reassigned"]
    assert (moved["candidate"], moved["rows"], moved["why_not"]) == ("sim", 180, "")
    assert sum(each["after"] for each in moved["topics"]) == 180
    assert sum(each["came"] for each in moved["topics"]) == sum(each["left"] for each in moved["topics"])
    table = pl.read_parquet(latest / "discovery/assigned_rows.parquet")
    assert (len(table), (table["before"] != table["after"]).sum()) == (180, moved["moved"])
    assert len(pl.read_parquet(latest / "discovery/accepted_rows.parquet")) == 60
    assert len(read_project(project).taxonomy.topic("Money").examples) == 20

    answered = topicsmith("classify", latest, "--candidate", "sim", stdin=texts[0] + "\n")
    assert json.loads(answered.stdout)["taxonomy"] == read_project(project).taxonomy.version_digest
    deployed = topicsmith("accept", project, "--only", "4")
    assert deployed.returncode == 0, deployed.stderr
    assert "rows are not answered anew: 'tfidf' (linear) does not compare rows with topics" in deployed.stdout
    again = topicsmith("accept", project, "--only", "1", "--write")
    assert (again.returncode, again.stdout) == (0, "")
    assert "the proposal 1 is in effect already, as 'Money'" in again.stderr


def test_wrong_options_end_in_one_line(tmp_path: Path) -> None:
    write_discovery(tmp_path, discovery(), rows())
    write_small_project(tmp_path / "small")
    for arguments, message in (
        (("--only", "1;2"), "--only 1;2: write the numbers of proposals with commas, such as 1,4"),
        (("--only", "1", "--all"), "--all and --only contradict each other"),
        (("--only", "77"), "has no such proposal; it has: 1, 2, 3, 4, 5"),
    ):
        done = topicsmith("accept", tmp_path, "-p", tmp_path / "small", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert message in done.stderr
        assert done.stderr.count("\n") == 1
    missing = topicsmith("accept", tmp_path / "nowhere")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "no discovery lies here; 'topicsmith discover' makes one" in missing.stderr
