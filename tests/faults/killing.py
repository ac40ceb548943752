"""Killing a labelling process again and again, and counting what was paid twice."""

import json
import random
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from topicsmith.llm.scripted import Question, ScriptedServer

CHILD = Path(__file__).with_name("label_child.py")
TOPICS = ("Science", "Travel", "Other")
ANNOTATORS = 2
CONCURRENCY = 50


def topic_of(question: Question) -> str:
    """What each model says of a row: the second one disagrees on every fifth."""
    found = re.search(r"row (\d+) of", question.user)
    assert found is not None
    number = int(found.group(1))
    shifted = question.model == "m-two" and number % 5 == 0
    return json.dumps({"topic": TOPICS[(number + shifted) % 3]})


def start(url: str, folder: Path, rows: int, out: str = "out.txt") -> subprocess.Popen[bytes]:
    """Start the labelling process."""
    command = [sys.executable, str(CHILD), url, str(folder / "ledger.sqlite"), str(rows), str(folder / out)]
    return subprocess.Popen(command, stderr=(folder / "stderr.txt").open("ab"))


@dataclass(frozen=True)
class Killed:
    """What one labelling, killed some times and then let finish, came to.

    ``paid_again`` counts answers beyond one a row and annotator, ``most_in_flight`` the calls the server had under way
    or answered within the commit's window at the kills, summed.
    """

    kills: int
    paid: int
    different: int
    most_again_in_one_kill: int
    table: str


def label_with_kills(folder: Path, rows: int, kills: int, seed: int, latency_s: float = 0.1) -> Killed:
    """Label ``rows`` rows, killed ``kills`` times at random moments while answers flow, then let it finish."""
    chance = random.Random(seed)
    most = done = 0
    with ScriptedServer(topic_of, latency_s=latency_s, keep_questions=False) as server:
        share = rows * ANNOTATORS / (kills + 1)
        while done < kills:
            before = server.answers
            process = start(server.url, folder, rows)
            wanted = before + chance.uniform(0, 1.6) * share
            while server.answers < wanted and process.poll() is None:
                time.sleep(0.001)
            time.sleep(chance.uniform(0, latency_s))
            if process.poll() is not None:
                break
            process.kill()
            process.wait()
            done += 1
            time.sleep(latency_s + 0.05)  # answers under way when it died are paid for too
            most = max(most, server.answers - len(server.log.paid) - 0)
        assert start(server.url, folder, rows).wait() == 0, (folder / "stderr.txt").read_text()
        table = (folder / "out.txt").read_text()
        return Killed(done, server.answers, len(server.log.paid), most, table)
