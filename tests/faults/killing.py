"""Killing a labelling process again and again, and counting what was paid twice."""

import json
import random
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from topicsmith.llm.ledger.ledger import Ledger
from topicsmith.testing.model_server import AskedQuestion, ScriptedServer

CHILD = Path(__file__).with_name("label_child.py")
TOPICS = ("Science", "Travel", "Other")
ANNOTATORS = 2
CONCURRENCY = 50
MOST_IN_FLIGHT = ANNOTATORS * CONCURRENCY


def topic_of(question: AskedQuestion) -> str:
    """What each model says of a row: the second one disagrees on every fifth."""
    found = re.search(r"row (\d+) of", question.user)
    assert found is not None
    number = int(found.group(1))
    shifted = question.model == "m-two" and number % 5 == 0
    return json.dumps({"topic": TOPICS[(number + shifted) % 3]})


def start(url: str, folder: Path, rows: int, out: str = "out.txt") -> subprocess.Popen[bytes]:
    """Start the labelling process."""
    command = [sys.executable, str(CHILD), url, str(folder / "ledger.sqlite"), str(rows), str(folder / out)]
    with (folder / "stderr.txt").open("ab") as errors:
        return subprocess.Popen(command, stderr=errors)


@dataclass(frozen=True)
class Killed:
    """What one labelling, killed some times and then let finish, came to.

    ``again`` is, for each kill, how many answers it cost: paid by then, and not in the ledger.
    """

    kills: int
    paid: int
    different: int
    again: tuple[int, ...]
    table: str


def label_with_kills(folder: Path, rows: int, kills: int, seed: int, latency_s: float = 0.1) -> Killed:
    """Label ``rows`` rows, killed ``kills`` times at random moments while answers flow, then let it finish.

    No kill may cost more answers than calls may be open at once: each gives its place free when its answer is durable.
    """
    chance = random.Random(seed)
    again: list[int] = []
    lost = 0
    with ScriptedServer(topic_of, latency_s=latency_s, keep_questions=False) as server:
        share = rows * ANNOTATORS / (kills + 1)
        while len(again) < kills:
            wanted = min(server.answers + chance.uniform(0, 1.6) * share, 0.8 * rows * ANNOTATORS)  # before it is done
            process = start(server.url, folder, rows)
            while server.answers < wanted and process.poll() is None:
                time.sleep(0.002)
            time.sleep(chance.uniform(0, latency_s))
            if process.poll() is not None:
                break
            process.kill()
            process.wait()
            time.sleep(latency_s + 0.1)  # answers under way when it died are paid for too
            with Ledger(folder / "ledger.sqlite") as ledger:
                missing = server.answers - ledger.count()
            again.append(missing - lost)
            assert again[-1] <= MOST_IN_FLIGHT, f"kill {len(again)} of seed {seed} cost {again[-1]} answers"
            lost = missing
        assert start(server.url, folder, rows).wait() == 0, (folder / "stderr.txt").read_text()
        table = (folder / "out.txt").read_text()
        return Killed(len(again), server.answers, len(server.log.paid), tuple(again), table)
