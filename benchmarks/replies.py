"""Reading replies: how many of the answers that real parsers failed on are recovered, and how long the worst takes.

    python benchmarks/replies.py FOLDER

FOLDER holds ``malformed_shared.jsonl`` and ``judge_raw_shared.jsonl``. Exits with 1 when fewer than 40 of the 44
recoverable answers are recovered, when one of the unrecoverable ones is accepted, when fewer than 95 % of the judges'
statuses are found, when a misshapen answer gives a topic that is not its own, or when one of 20,000 mutated answers
takes 50 ms or more of processor time.
"""

import json
import random
import re
import sys
import time
from collections import Counter
from itertools import permutations
from pathlib import Path

from topicsmith.llm.parsing.extraction import UnrecoverableReply, find
from topicsmith.llm.parsing.replies import parse_reply, recover
from topicsmith.taxonomy import Taxonomy, Topic

MUTATIONS = 20_000
PIECES = [
    "{",
    "}",
    '"',
    "'",
    "<think>",
    "</think>",
    "[",
    "]",
    "\\",
    ",",
    ":",
    "\n",
    "”",
    "<topic>",
    "...",
    "//",
    "null",
]
NAMES = ("Billing", "Billing disputes", "Women's health", "Food, drink & nights out", "Travel", "Other")
ONE_TOPIC = (
    "**{0}**", "`{0}`", "# {0}", "Sure.\n\n**{0}**", "Topic: {0}", 'Answer: "{0}".', "The topic is: {0}",
    "Topic: {0} (95%)",
    "**Topic:** {0}\n\nIt is about that.", "topic: {0}\nconfidence: 0.9", "topic={0}, confidence=0.9",
    "<answer>{0}</answer>",
    "reasoning: |\n  not {1}\ntopic: {0}", "{{topic: {0}}}", '{{"topic": {0}}}', '{{"topic: "{0}"}}',
    '{{topic": "{0}"}}',
    '{{"topic": "{0}}}', '{{"topic" "{0}"}}', "{{'topic': '{0}', 'subtopic': None}}", "{{“topic”: “{0}”}}",
    '{{topic = "{0}"}}', '{{"topic": "{0}" /* sure */}}', '{{"topic": "{0}", // {1}?\n}}',
    '"{{\\"topic\\": \\"{0}\\"}}"',
    '{{"category": "{0}"}}', "｛＂topic＂：＂{0}＂｝", 'dict(topic="{0}")', '{{"reasoning": "Not {1}.", topic: {0}}}',
    "<|channel|>analysis<|message|>{1}?<|end|><|channel|>final<|message|>{{topic: {0}}}",
)  # fmt: skip
NO_TOPIC = (
    "{0}\n{1}", "{0} or {1}", "Topic: {0}\nAnswer: {1}", '{{"topic": "{0}", "Topic": "{1}"}}',
    '{{"topic": "{0}"}}\nTopic: {1}',
    '<|channel|>analysis<|message|>{{"topic": "{0}"}}<|end|>', '<reason>{{"topic": "{0}"}}</reason>', "## Draft\n{0}",
    '{{"scratch": {{"topic": "{0}"}}}}', "{{scratch: {{topic: {0}}}}}", 'My draft: {{"topic": "{0}"}}',
    "I think it is {0}.",
    "[THINK]{0}[/THINK]", "reasoning: |\n  topic: {0}", '> {{"topic": "{0}"}}', '{{"topic": "{0}"}}</think>', "Not {0}",
)  # fmt: skip
PATH = re.compile(r"\$|\[\d+\]|[^.\[\]]+")


def look_up(values: object, path: str) -> object:
    """The value at ``path``; a first step such as ``[0]`` or ``$`` is itself a field's name."""
    first, *steps = PATH.findall(path)
    assert isinstance(values, dict)
    value = values[first]
    for step in steps:
        value = value[int(step[1:-1])] if step.startswith("[") else value[step]
    return value


def check_malformed(rows: list[dict[str, object]]) -> bool:
    """Print what is missed and accepted; whether the marks are met."""
    found = accepted = total = 0
    repairs: Counter[str] = Counter()
    for row in rows:
        raw, expected, hint = str(row["raw"]), row["expected"], row["schema_hint"]
        if not isinstance(expected, dict):
            assert isinstance(hint, dict)
            accepted += is_read(raw, list(hint))
            continue
        total += 1
        fields = sorted({PATH.findall(path)[0] for path in expected})
        try:
            recovered = find(raw, fields)
            right = all(look_up(recovered.values, path) == value for path, value in expected.items())
            why = "another value than expected"
        except (UnrecoverableReply, KeyError, IndexError, TypeError) as error:
            right, why = False, str(error)
        else:
            repairs.update(recovered.repairs)
        found += right
        if not right:
            print(f"  missed {row['id']}: {why}")
    print(f"recoverable answers: {found} of {total} recovered; unrecoverable ones accepted: {accepted}")
    print("repairs:", ", ".join(f"{name} {count}" for name, count in repairs.most_common()))
    return found >= 40 and accepted == 0


def is_read(raw: str, fields: list[str]) -> bool:
    """Whether anything at all is recovered."""
    try:
        recover(raw, fields)
    except UnrecoverableReply:
        return False
    return True


def check_judges(rows: list[dict[str, object]]) -> bool:
    """Whether at least 95 % of the statuses are found."""
    found = 0
    for row in rows:
        expected = row["expected"]
        assert isinstance(expected, dict)
        try:
            found += recover(str(row["raw"]), ["status"])["status"] == expected["status"]
        except UnrecoverableReply as error:
            print(f"  missed {row['id']}: {error}")
    print(f"judges' statuses: {found} of {len(rows)} found")
    return found >= 0.95 * len(rows)


def check_closed_set() -> bool:
    """Answers in every shape and with every two topics: whether none gives a topic that is not its own."""
    taxonomy = Taxonomy(tuple(map(Topic, NAMES)))
    pairs = list(permutations(NAMES, 2))
    counts = {}
    for what, shapes in (("with one topic", ONE_TOPIC), ("without one", NO_TOPIC)):
        said = [(parse_reply(shape.format(*pair), taxonomy).topic, pair[0]) for shape in shapes for pair in pairs]
        right = sum(topic == own for topic, own in said)
        counts[what] = (right, sum(topic not in {own, None} for topic, own in said))
        print(f"misshapen answers {what}: {right} of {len(said)} give the topic named first, {counts[what][1]} another")
    return counts["with one topic"][1] == 0 and counts["without one"] == (0, 0)


def check_time(corpus: list[str]) -> bool:
    """Processor time over mutations of the whole corpus; whether the worst stays under 50 ms."""
    taxonomy = Taxonomy((Topic("Science"), Topic("Other")))
    rng = random.Random(13)
    times = []
    for _ in range(MUTATIONS):
        raw = rng.choice(corpus)
        start = rng.randrange(len(raw) + 1)
        end = min(len(raw), start + rng.randrange(30))
        raw = raw[:start] + rng.choice(PIECES) * rng.randrange(1, 4) + raw[end:]
        began = time.process_time()
        reply = parse_reply(raw, taxonomy)
        times.append(time.process_time() - began)
        assert (reply.topic is not None) == (reply.status == "labelled")
    times.sort()
    p50, p99, worst = (1000 * times[int(share * (len(times) - 1))] for share in (0.5, 0.99, 1.0))
    print(f"{MUTATIONS:,} mutated answers: p50 {p50:.3f} ms, p99 {p99:.2f} ms, worst {worst:.1f} ms; none raised")
    return worst < 50


def main() -> None:
    """Run the checks on the folder named on the command line."""
    folder = Path(sys.argv[1])
    malformed, judges = (
        [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]
        for name in ("malformed_shared.jsonl", "judge_raw_shared.jsonl")
    )
    corpus = [row["raw"] for row in (*malformed, *judges)]
    passed = [check_malformed(malformed), check_judges(judges), check_closed_set(), check_time(corpus)]
    sys.exit(0 if all(passed) else 1)


if __name__ == "__main__":
    main()
