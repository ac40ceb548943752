"""What a new user meets in the first hour, from the command line: one voice, and an answer for every row."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.test_main import topicsmith

TINY = """name: tiny
traces: {path: a.csv, text: question, topic: topic}
taxonomy: {topics: [account, billing]}
candidates: [{name: tfidf, kind: linear}]
"""
ONE_SIDED = """name: one-sided
traces: {path: a.csv, text: text, topic: topic}
taxonomy: {topics: [billing, account, other]}
candidates:
  - {name: majority, kind: majority}
  - {name: tfidf, kind: linear}
"""


def project(folder: Path, text: str, rows: str) -> Path:
    (folder / "topicsmith.yaml").write_text(text)
    (folder / "a.csv").write_text(rows)
    return folder


@pytest.mark.slow
def test_two_rows_end_with_a_report_and_nothing_to_deploy(tmp_path: Path) -> None:
    rows = "id,question,topic\n1,refund my invoice,billing\n2,how to reset my password,account\n"
    done = topicsmith("run", "-p", project(tmp_path, TINY, rows))
    assert done.returncode == 0, done.stderr
    assert "evaluate: nothing to deploy yet: No test row has a topic to be judged by." in done.stderr
    assert Path(done.stdout.strip()).is_file()
    page = Path(done.stdout.strip()).read_text()
    assert "Nothing to deploy yet" in page
    asked = topicsmith("classify", tmp_path, stdin="refund\n")
    assert (asked.returncode, asked.stdout) == (2, "")
    assert "nothing to deploy yet" in asked.stderr
    assert "'--candidate'" in asked.stderr
    named = topicsmith("classify", tmp_path, "--candidate", "tfidf", stdin="refund my invoice\n")
    assert json.loads(named.stdout)["topic"] == "billing"


@pytest.mark.slow
def test_a_constant_answer_is_never_what_to_deploy(tmp_path: Path) -> None:
    words = {"billing": "card", "account": "email", "other": "stuff"}
    topics = (["billing"] * 2 + ["account", "other"]) * 20
    rows = "".join(
        f"{n},my {words[topic]} and the {'abcdefg'[n % 7]} again,{topic}\n" for n, topic in enumerate(topics)
    )
    few = project(tmp_path, ONE_SIDED, "id,text,topic\n" + rows)
    done = topicsmith("run", "-p", few, "--json", "-q")
    assert done.returncode == 0, done.stderr
    choice = json.loads(done.stdout)["choice"]
    assert choice["candidate"] is None
    assert choice["reason"].endswith("test rows are too few to judge by; it takes 30.")
    many = "".join(rows.replace("again", f"again {n}") for n in range(4))
    done = topicsmith("run", "-p", project(few, ONE_SIDED, "id,text,topic\n" + many), "--json", "-q")
    found = json.loads(done.stdout)
    assert found["choice"]["candidate"] == "tfidf"
    assert found["verdict"]["usable"].startswith("tfidf can be used: right on 100.0 %")
    report = Path(found["report"]).read_text()
    assert "Deploy <b>" in report
    said = topicsmith("classify", few, "--json", "-i", few / "a.csv", "-o", few / "out.jsonl")
    assert json.loads(said.stdout)["classifier"].endswith("/classifiers/tfidf")


@pytest.mark.slow
def test_a_topic_that_annotators_name_and_the_taxonomy_lacks_is_named(tmp_path: Path) -> None:
    text = """name: strangers
traces: {path: a.csv, text: text}
taxonomy: {topics: [problem-solving, information-seeking]}
labeling: {annotators: ["table:labeller", "local:keywords"]}
candidates: [{name: tfidf, kind: linear}]
"""
    rows = "text,labeller\nfix my code,problem-solving\nwhat is gravity,information-seeking\n"
    rows += "talk to me,smalltalk\nhi there,smalltalk\n"
    done = topicsmith("run", "-p", project(tmp_path, text, rows), "--until", "label")
    assert done.returncode == 0, done.stderr
    assert "label: table:labeller answers with what is no topic: 'smalltalk' (2); add it to the taxonomy" in done.stderr


@pytest.mark.slow
def test_several_topics_in_one_cell_are_met_with_the_right_cure(tmp_path: Path) -> None:
    text = """name: ml
traces: {path: a.csv, text: text, topic: topics}
taxonomy: {topics: [account, billing]}
candidates: [{name: tfidf, kind: linear}]
"""
    rows = "text,topics\n" + "".join(f'reset password and refund {n},"account,billing"\n' for n in range(20))
    done = topicsmith("run", "-p", project(tmp_path, text, rows))
    assert done.returncode == 2
    told = re.sub("trace [0-9a-f]{16}", "trace ID", done.stderr.splitlines()[-1])
    assert told == (
        "topicsmith: 'topics' gives several topics at once, such as 'account,billing' in 20 rows, the first of them "
        "trace ID, but a text has one topic here; keep the one that matters most, or make a topic of the pair"
    )


@pytest.mark.slow
def test_a_taxonomy_that_is_a_list_is_taken(tmp_path: Path) -> None:
    (tmp_path / "taxonomy.yaml").write_text("- account\n- billing\n")
    text = TINY.replace("{topics: [account, billing]}", "taxonomy.yaml")
    rows = "id,question,topic\n1,refund my invoice,billing\n2,how to reset my password,account\n"
    done = topicsmith("run", "-p", project(tmp_path, text, rows), "--until", "split")
    assert done.returncode == 0, done.stderr


LINES = [
    ("how do black holes form?", "ok"),
    ("", "empty"),
    ("write me a story about a dog", "ok"),
    ('{"text":"fix my code"}', "ok"),
    ('{"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"hi"}]}', "ok"),
    ('{"query":"no text field"}', "unreadable"),
    ("{bad json", "unreadable"),
    ("[1,2]", "ok"),
    ('"quoted string"', "ok"),
    ('[{"role":"user","content":"hello"}]', "ok"),
    ('{"conversation_hash":"h","conversation":[{"role":"user","content":"hello"}]}', "ok"),
    ('{"text":null}', "unreadable"),
    ('{"text":""}', "empty"),
]


@pytest.mark.slow
def test_every_line_has_its_answer_whatever_it_is(small_project: Path, tmp_path: Path) -> None:
    topicsmith("run", "-q", "-p", small_project, "--until", "train")
    model = small_project / "runs/latest/classifiers/tfidf"
    done = topicsmith("classify", model, stdin="".join(f"{line}\n" for line, _ in LINES))
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == [status for _, status in LINES]
    (tmp_path / "labelled.csv").write_text('text,label\n"a flight, please",x\nmy bank loan,y\n')
    table = topicsmith("classify", model, "-i", tmp_path / "labelled.csv", "--text")
    assert [json.loads(line)["text"] for line in table.stdout.splitlines()] == ["a flight, please", "my bank loan"]
