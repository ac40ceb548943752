"""Answers counted, written out, and removed."""

import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from tests.llm.ledger.filling import DAY, NOON, key, paid, told
from topicsmith.llm.ledger.contents import (
    KeptAnswers,
    Pruning,
    count_kept,
    count_matching,
    export_answers,
    open_jobs,
    prune,
)
from topicsmith.llm.ledger.ledger import Ledger, Spent


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger with answers of two models on two days, and jobs."""
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.save("labeling:one", [(key(0), paid("a secret")), (key(1), paid("later", at=NOON + DAY))])
        ledger.save("bench:one/a", [(key(2), paid("of another", model="org/m-2"))])
        for state in ("sending", "sent", "never sent", "collected"):
            ledger.save_job(state, {"state": state})
    return tmp_path / "ledger.sqlite"


def test_answers_are_counted_by_whom_for_what_and_when(path: Path) -> None:
    with Ledger(path) as ledger:
        assert count_kept(ledger) == (
            KeptAnswers("openai", "m-1", "labeling:one", "2023-11-15", 1),
            KeptAnswers("openai", "m-1", "labeling:one", "2023-11-16", 1),
            KeptAnswers("openai", "org/m-2", "bench:one/a", "2023-11-15", 1),
        )
        assert open_jobs(ledger) == 2


def test_every_answer_is_a_line_and_damaged_ones_are_counted(path: Path, tmp_path: Path) -> None:
    database = sqlite3.connect(path)
    database.execute("UPDATE answers SET sum = x'00' WHERE key = ?", (key(1),))
    database.commit()
    database.close()
    with Ledger(path) as ledger:
        assert export_answers(ledger, tmp_path / "out.jsonl") == 2
        assert ledger.damaged == 1
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    [first] = [line for line in lines if line["text"] == "a secret"]
    assert first == {
        "key": key(0).hex(), "provider": "openai", "model": "m-1", "served_model": "m-1-served", "text": "a secret",
        "finish": "stop", "input_tokens": 10, "output_tokens": 2, "cached_tokens": 4, "reasoning_tokens": 1,
        "cost_usd": 0.25, "latency_s": 0.5, "at": "2023-11-15T12:00:00.000+00:00", "account": "labeling:one",
        "logprobs": None,
    }  # fmt: skip


def test_log_probabilities_are_written_out_as_pairs_of_length_and_value(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.save("labeling:one", [(key(0), told("Café", -0.5, -0.25))])
        export_answers(ledger, tmp_path / "out.jsonl")
    assert json.loads((tmp_path / "out.jsonl").read_text())["logprobs"] == [[1, -0.5], [4, -0.25]]


@pytest.mark.parametrize(
    ("pruning", "left"),
    [
        (Pruning(date(2023, 11, 16)), [1]),
        (Pruning(date(2023, 11, 15)), [0, 1, 2]),
        (Pruning(model="m-1"), [2]),
        (Pruning(model="openai:org/m-2"), [0, 1]),
        (Pruning(date(2023, 11, 16), "m-1"), [1, 2]),
        (Pruning(model="unknown"), [0, 1, 2]),
    ],
)
def test_what_is_pruned_is_gone_and_stays_counted_as_spent(path: Path, pruning: Pruning, left: list[int]) -> None:
    with Ledger(path) as ledger:
        assert count_matching(ledger, pruning) == 3 - len(left)
        assert prune(ledger, pruning) == 3 - len(left)
        assert set(ledger.find([key(n) for n in range(3)])) == {key(n) for n in left}
        assert ledger.spent("labeling:one") == Spent(answers=2, usd=0.5)
    assert (b"a secret" in path.read_bytes()) == (0 in left)


def test_pruned_answers_are_not_said_to_be_lost(path: Path) -> None:
    with Ledger(path) as ledger:
        prune(ledger, Pruning(model="m-1"))
        [(expected,)] = ledger.rows("SELECT value FROM about WHERE name = 'answers'")
        assert expected == ledger.count() == 1


def test_answers_whose_model_was_not_kept_are_pruned_by_that(path: Path) -> None:
    with Ledger(path) as ledger:
        nameless = paid(model="")
        ledger.save("labeling:one", [(key(8), type(nameless)(nameless.answer, 0.1, NOON))])
        assert prune(ledger, Pruning(model="unknown")) == 1
