"""Faults seen from where a person stands: ``topicsmith run`` in a process of its own, models scripted, prices real."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import SUBJECTS
from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer

ANNOTATORS = ("openai:gpt-4o-mini", "anthropic:claude-haiku-5-5")
NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def asked(small_project: Path) -> Path:
    """The small project with two models in place of earlier labels, and no given topics."""
    path = small_project / "topicsmith.yaml"
    text = path.read_text().replace(", topic: topic}", "}")
    path.write_text(text.replace("['table:first', 'table:second']", f"[{', '.join(map(repr, ANNOTATORS))}]"))
    return small_project


def set_labeling(folder: Path, **settings: object) -> None:
    """Put settings into the project file's ``labeling``, which then has nothing else but the annotators."""
    path = folder / "topicsmith.yaml"
    line = f"labeling: {json.dumps({'annotators': ANNOTATORS, **settings})}\n"
    path.write_text(re.sub(r"labeling: .*\n", line, path.read_text()))


def topicsmith(
    folder: Path, url: str, *arguments: str, unset: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the command line against the server at ``url``, without the variables named in ``unset``."""
    own = {
        "OPENAI_API_KEY": "sk-canary", "OPENAI_BASE_URL": f"{url}/v1", "ANTHROPIC_API_KEY": "sk-canary",
        "ANTHROPIC_BASE_URL": url,
    }  # fmt: skip
    command = [sys.executable, "-m", "topicsmith", *arguments, "-p", str(folder)]
    environment = {name: value for name, value in {**os.environ, **own}.items() if name not in unset}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=100)


def right(question: AskedQuestion) -> Reply:
    """The row's topic, by the words it was made of; 300 tokens in and 10 out."""
    topic = next(name for name, words in SUBJECTS.items() if any(f" {word} " in question.user for word in words))
    return Reply(f'{{"topic": "{topic}"}}', input_tokens=300, output_tokens=10, model=question.model)


@pytest.mark.slow
def test_fault_30_the_same_garbage_from_both_is_told_at_once_and_in_the_report(asked: Path) -> None:
    with ScriptedServer(lambda question: Reply('{"topic": "Music"}', model=question.model)) as server:
        done = topicsmith(asked, server.url, "run", "--until", "agree")
    assert done.returncode == 0, done.stderr
    said = [
        f"{name}: answered 'Music' to 180 of 180 queries; check its answers before you trust its labels"
        for name in ANNOTATORS
    ]
    for line in said:
        assert f"label: {line}\n" in done.stderr
    assert json.loads((asked / "runs/latest/agreement.json").read_text())["alarms"] == said


@pytest.mark.slow
def test_fault_30_alarms_stand_in_the_report(asked: Path) -> None:
    def slanted(question: AskedQuestion) -> Reply:
        reply = right(question)
        return reply if question.model == "gpt-4o-mini" else Reply(reply.text, model="claude-sonnet-9")

    with ScriptedServer(slanted) as server:
        done = topicsmith(asked, server.url, "run")
    assert done.returncode == 0, done.stderr
    line = "asked for 'claude-haiku-5-5', 180 of 180 answers come from 'claude-sonnet-9', which may judge"
    assert line in done.stderr
    page = (asked / "runs/latest/report.html").read_text()
    assert page.count("<b>Alarm:</b>") == 1
    assert "claude-sonnet-9" in page.partition("<b>Alarm:</b>")[2][:300]


@pytest.mark.slow
def test_a_spent_budget_stops_with_3_keeps_everything_and_the_next_run_goes_on(asked: Path) -> None:
    """An answer costs $0.000051 of the one and $0.000035 of the other model, all 360 together $0.01548."""
    set_labeling(asked, budget_usd=0.008)
    run = asked / "runs/small"
    with ScriptedServer(right) as server:
        stopped = topicsmith(asked, server.url, "run", "--until", "agree")
        assert stopped.returncode == 3, stopped.stderr
        line = stopped.stderr.splitlines()[-1]
        assert re.match(r"topicsmith: budget_usd 0\.008: \$0\.00\d+ spent, .* raise the budget and run again", line)
        paid = server.answers
        with Ledger(run.parent / "ledger.sqlite") as ledger:
            spent = ledger.spent("labeling:small")
            assert (ledger.count(), spent.answers) == (paid, paid)
        assert 0.006 < spent.usd <= 0.008
        # No table of half the rows: the stage is not done, and nothing that follows from it runs.
        assert not (run / "annotations.parquet").exists()
        assert json.loads((run / "manifest.json").read_text())["stages"]["label"]["state"] == "running"
        early = topicsmith(asked, server.url, "agree")
        assert (early.returncode, "'agree' needs 'label' first" in early.stderr) == (2, True)
        assert topicsmith(asked, server.url, "run", "--until", "agree").returncode == 3
        with Ledger(run.parent / "ledger.sqlite") as ledger:
            assert spent.usd <= ledger.spent("labeling:small").usd <= 0.008
        set_labeling(asked, budget_usd=1)
        assert topicsmith(asked, server.url, "run", "--until", "agree").returncode == 0
        assert server.answers == 360
    assert pl.read_parquet(run / "annotations.parquet")["status"].to_list() == ["labelled"] * 360
    agreement = json.loads((run / "agreement.json").read_text())
    assert [use["cost_usd"] for use in agreement["annotators"]] == pytest.approx([180 * 0.000051, 180 * 0.000035])


@pytest.mark.slow
def test_a_budget_spent_on_added_rows_leaves_the_old_table_and_a_stage_that_is_not_done(asked: Path) -> None:
    set_labeling(asked, budget_usd=0.017)
    rows = asked / "rows.jsonl"
    with ScriptedServer(right) as server:
        assert topicsmith(asked, server.url, "run", "--until", "agree").returncode == 0
        old = (asked / "runs/small/annotations.parquet").read_bytes()
        more = [f'{{"id": "more-{n}", "text": "another song of number {n}"}}' for n in range(100)]
        rows.write_text(rows.read_text() + "\n".join(more) + "\n")
        assert topicsmith(asked, server.url, "run", "--until", "agree").returncode == 3
        assert (asked / "runs/small/annotations.parquet").read_bytes() == old
        assert topicsmith(asked, server.url, "agree").returncode == 2


@pytest.mark.slow
def test_a_budget_is_each_runs_own_and_what_another_run_paid_for_is_found(asked: Path) -> None:
    set_labeling(asked, budget_usd=0.012)
    with ScriptedServer(right) as server:
        assert topicsmith(asked, server.url, "run", "--until", "label", "--run", "one").returncode == 3
        done = topicsmith(asked, server.url, "run", "--until", "label", "--run", "two")
        assert done.returncode == 0, done.stderr
        assert server.answers == 360
        assert topicsmith(asked, server.url, "run", "--until", "label", "--run", "three").returncode == 0
        assert server.answers == 360
    with Ledger(asked / "runs/ledger.sqlite") as ledger:
        one, two, three = (ledger.spent(f"labeling:{name}") for name in ("one", "two", "three"))
    assert (one.answers + two.answers, three.answers) == (360, 0)
    assert one.usd + two.usd == pytest.approx(180 * (0.000051 + 0.000035))


@pytest.mark.slow
def test_fault_36_runs_of_one_project_at_the_same_time_share_its_ledger(asked: Path) -> None:
    names = ("one", "two", "three")
    with ScriptedServer(right, latency_s=0.02) as server, ThreadPoolExecutor(3) as pool:
        label = partial(topicsmith, asked, server.url, "run", "--until", "label", "--run")
        assert [done.returncode for done in pool.map(label, names)] == [0, 0, 0]
        paid = server.answers
        assert label("four").returncode == 0
        assert server.answers == paid
    tables = [pl.read_parquet(asked / "runs" / name / "annotations.parquet") for name in (*names, "four")]
    assert all(table.select("query_id", "topic").equals(tables[0].select("query_id", "topic")) for table in tables)
    with Ledger(asked / "runs/ledger.sqlite") as ledger:
        assert (ledger.count(), ledger.damaged) == (360, 0)
        assert sum(ledger.spent(f"labeling:{name}").answers for name in names) == paid


BAD: dict[str, tuple[dict[str, object], str]] = {
    "an unknown provider": ({"annotators": ["nobody:m"]}, "nobody"),
    "a missing key": ({"annotators": ["google:gemini-3.8-flash"]}, "GOOGLE_API_KEY"),
    "a retired model": ({"annotators": ["openai:gpt-4.1-nano"]}, "was shut down on 2026-10-23; use gpt-6-luna"),
    "an annotator named twice": ({"annotators": [ANNOTATORS[0], ANNOTATORS[0]]}, "duplicate annotator"),
    "a budget of 0": ({"budget_usd": 0}, "budget_usd"),
    "a prompt without the text's place": ({"prompt": "mine.yaml"}, "mine.yaml:3: 'user' has no place '{text}'"),
    "a budget without a price": ({"annotators": ["openai:ft:gpt-9:x"], "budget_usd": 5}, "price"),
    "an adjudicator nobody offers": ({"adjudicator": "nobody:m"}, "nobody"),
    "an adjudicator without a key": ({"adjudicator": "google:gemini-3.8-flash"}, "GOOGLE_API_KEY"),
    "an adjudicator without a price": ({"adjudicator": "openai:ft:gpt-9:x", "budget_usd": 5}, "price"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("settings", "said"), BAD.values(), ids=BAD)
def test_settings_that_cannot_work_end_in_one_line_before_anybody_is_paid(
    asked: Path, settings: dict[str, object], said: str
) -> None:
    (asked / "mine.yaml").write_text(
        'name: mine\nsystem: "Pick. {topics} {answer}"\nuser: "the text"\njson: "Use {fields}."\nxml: "Use {fields}."\n'
    )
    set_labeling(asked, **settings)
    with ScriptedServer(right) as server:
        done = topicsmith(
            asked, server.url, "run", "--until", "label", "-q",
            unset=("GOOGLE_API_KEY", "GEMINI_API_KEY", *(("OPENAI_BASE_URL",) if "shut down" in said else ())),
        )  # fmt: skip
        assert (done.returncode, server.calls) == (2, 0), done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
