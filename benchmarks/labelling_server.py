"""The server of ``benchmarks/labelling.py``, in a process of its own: prints its address, ends with its input.

python labelling_server.py '{"latency_s": 0.5, "limits": [[0, 20]], "mix": true}'
"""

import json
import random
import re
import sys
import threading
import time

from topicsmith.testing.model_server import AskedQuestion, Fault, Reply, ScriptedServer

TOPICS = ("Technology", "Science", "Economics", "History", "Travel", "Health", "Other")
ROW = re.compile(r"row (\d+) ")
HANG_S = 30.0
ROWS = 2000


def topic_of(number: int) -> str:
    """The right topic of a row."""
    return TOPICS[number * 7919 % len(TOPICS)]


def row_of(question: AskedQuestion) -> int:
    """The number of the row that is asked about; other questions are none of ours."""
    found = ROW.search(question.user)
    return int(found.group(1)) if found else -1


class Mix:
    """The faults of the experiment's kind, on the first call of rows drawn once: hangs, errors, tags, cut answers."""

    def __init__(self) -> None:
        drawn = random.Random(13).sample(range(ROWS), 57 + 15 + 193 + 14)
        self.hang, self.error = set(drawn[:57]), set(drawn[57:72])
        self.tags, self.cut = set(drawn[72:265]), set(drawn[265:])
        self.seen: set[int] = set()

    def __call__(self, _: int, question: AskedQuestion) -> Fault | None:
        """The fault of this call, if any."""
        row = row_of(question)
        right = json.dumps({"topic": topic_of(row)})
        if row in self.tags:
            return Fault(answer=f"<think>This is about {TOPICS[0]}, or is it?</think>\n{right}")
        if row in self.seen:
            return None
        self.seen.add(row)
        if row in self.hang:
            return Fault(delay_s=HANG_S)
        if row in self.error:
            return Fault(status=500)
        return Fault(answer=right[:14], finish="length") if row in self.cut else None


def main(settings: dict[str, object]) -> None:
    """Serve until standard input ends."""
    limits = settings.get("limits", [])
    assert isinstance(limits, list)

    def rule(question: AskedQuestion) -> Reply:
        return Reply(json.dumps({"topic": topic_of(row_of(question))}), input_tokens=300, output_tokens=8)

    faults = Mix() if settings.get("mix") else None
    latency = settings.get("latency_s", 0.0)
    assert isinstance(latency, float)
    with ScriptedServer(rule, faults=faults, latency_s=latency, keep_questions=False) as server:
        server.limit = limits[0][1] if limits else None
        threading.Thread(target=_move, args=(server, limits[1:]), daemon=True).start()
        print(server.url, flush=True)
        sys.stdin.read()


def _move(server: ScriptedServer, limits: list[list[float]]) -> None:
    while limits and not server.calls:
        time.sleep(0.01)
    begin = time.monotonic()
    for at, limit in limits:
        time.sleep(max(0.0, begin + at - time.monotonic()))
        server.limit = int(limit)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
