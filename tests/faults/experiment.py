"""A server that fails as the reference experiment's did, and a labelling against it."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.faults.labelling import annotator, queries
from topicsmith.labels.annotate import annotate
from topicsmith.progress import SilentProgress
from topicsmith.testing.model_server import AskedQuestion, Fault, ScriptedServer

TOPICS = ("Science", "Travel", "Other")
TIMED_OUT = 0.034
TAGGED = 0.10


@dataclass(frozen=True)
class Result:
    """What came out: rows in the table, what became of them, how many are right, and what was done to them."""

    rows: int
    statuses: Counter[str]
    right: int
    hangs: int
    tagged: int
    calls: int


def topic_of(text: str) -> str:
    """The right topic of a row."""
    found = re.search(r"row (\d+) here", text)
    assert found is not None
    return TOPICS[int(found.group(1)) % 3]


def label_badly_served(folder: Path, rows: int, total_s: float) -> Result:
    """Label ``rows`` rows at 50 calls at once, each call given up after ``total_s`` seconds."""
    chance = Random(34)
    done: Counter[str] = Counter()

    def faults(_: int, question: AskedQuestion) -> Fault | None:
        drawn = chance.random()
        right = json.dumps({"topic": topic_of(question.user)})
        if drawn < TIMED_OUT:
            done["hang"] += 1
            return Fault(delay_s=600.0)
        if drawn < TIMED_OUT + TAGGED:
            done["tag"] += 1
            return Fault(answer=f"<think>Perhaps {TOPICS[0]}, perhaps not.</think>\n{right}")
        return None

    with ScriptedServer(
        lambda question: json.dumps({"topic": topic_of(question.user)}),
        faults=faults, latency_s=0.05, keep_questions=False,
    ) as server:  # fmt: skip
        asked = queries(rows)
        found = annotate([annotator(server.url, folder, total_s=total_s, at_once=50)], asked, SilentProgress())
        right = sum(a.topic == topic_of(query.text) for a, query in zip(found, asked, strict=True))
        statuses: Counter[str] = Counter(a.status for a in found)
        return Result(len(found), statuses, right, done["hang"], done["tag"], server.calls)
