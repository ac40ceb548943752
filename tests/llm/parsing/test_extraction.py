import json
import re
from pathlib import Path

import pytest

from topicsmith.llm.parsing.extraction import MAX_CHARS, UnrecoverableReply, find

DATA = Path(__file__).parent / "data"
MALFORMED = [json.loads(line) for line in (DATA / "malformed.jsonl").read_text().splitlines()]
JUDGES = [json.loads(line) for line in (DATA / "judge_raw.jsonl").read_text().splitlines()]
REFUSED_ON_PURPOSE = {"chainlit-791b"}  # two different objects: taking the first would be a guess


def look_up(values: object, path: str) -> object:
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        values = values[name] if name else values[int(index)]  # type: ignore[index]  # a KeyError is the finding
    return values


@pytest.mark.parametrize("row", MALFORMED, ids=lambda row: str(row["id"]))
def test_answers_that_real_parsers_failed_on(row: dict[str, object]) -> None:
    raw, expected = str(row["raw"]), row["expected"]
    if not isinstance(expected, dict) or row["id"] in REFUSED_ON_PURPOSE:
        hint = row["schema_hint"]
        assert isinstance(hint, dict)
        with pytest.raises(UnrecoverableReply):
            find(raw, list(hint))
        return
    values = find(raw, sorted({re.split(r"[.\[]", path)[0] for path in expected})).values
    assert {path: look_up(values, path) for path in expected} == expected


@pytest.mark.parametrize("row", JUDGES, ids=lambda row: str(row["id"]))
def test_the_last_status_line_of_a_judges_answer(row: dict[str, dict[str, str]]) -> None:
    found = find(str(row["raw"]), ["status"])
    assert found.values["status"] == row["expected"]["status"]


@pytest.mark.parametrize(
    ("raw", "repairs"),
    [
        ('{"topic": "A"}', ()),
        ('\ufeff {"topic": "A"}\n', ()),
        ('```json\n{"topic": "A"}\n```', ("surrounding_text",)),
        ('<think>{"topic": "B"}</think>{"topic": "A"}', ("surrounding_text",)),
        ('<reasoning>why</reasoning>\n<topic>A</topic>', ()),
        ('<answer><reasoning>{"topic": "B"}</reasoning><topic>A</topic></answer>', ()),
        ('<answer><topic> A </topic></answer>', ()),
        ('Sure: <topic>A</topic>', ("surrounding_text",)),
        ('{"answer": {"topic": "A"}}', ("unwrapped",)),
        ('{"answer": "{\\"topic\\": \\"A\\"}"}', ("unwrapped",)),
        ('{"Topic": "A"}', ("key_case",)),
        ('{"topic": "A",}', ("stray_comma",)),
        ("{'topic': 'A', 'sure': True}", ("quotes", "quotes", "quotes", "python_literal")),
        ('{topic: "A"}', ("bare_key",)),
        ('{"why": "x" "topic": "A"}', None),
        ('{"why": "x"\n "topic": "A"}', ("missing_comma",)),
        ('{"why": "line\nbreak", "topic": "A"}', ("raw_control",)),
        ('{"topic": "A" // sure\n}', ("comment",)),
        ('{"topic": "A", "x": NaN}', ("python_literal",)),
        ('{"topic": "A"', ("truncated",)),
        ('{"topic": "A", "why": "beca', ("truncated",)),
        ("Topic: A", ("label_line",)),
        ("It is hard.\n\n**Topic:** A", ("label_line",)),
        ("Topic: B or not?\nTopic: A", ("label_line", "lines_differ")),
        ("`A`", ("bare",)),
        ("I weighed both.\n\nA", ("bare", "after_prose")),
        ("so it must be A</think>A", ("orphan_reasoning", "bare")),
    ],
)  # fmt: skip
def test_repairs_are_named_and_counted(raw: str, repairs: tuple[str, ...] | None) -> None:
    if repairs is None:
        with pytest.raises(UnrecoverableReply):
            find(raw, ["topic"])
        return
    found = find(raw, ["topic"])
    assert (found.values["topic"], found.repairs) == ("A", repairs)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " \n",
        "null",
        "[]",
        '{"topic": "A"} {"topic": "B"}',  # two that disagree
        '{"topic": "A", "topic": "A"}',  # fault 24: a key twice
        '{"x": {"topic": "A", "topic": "B"}}',
        '<topic>A</topic><topic>B</topic>',
        '{"topic": A}',  # a name without quotes is no value
        '{"topic": "A',  # cut off inside the value
        '{"topic": "A\\',
        "<think>it is {\"topic\": \"A\"}",  # reasoning that never closes
        "<reasoning>it is <topic>A</topic>",
        "<topic>A",
        '{"reasoning": {"topic": "A"}}',  # an object inside of reasoning
        '{"reasoning": "{\\"topic\\": \\"A\\"}"}',
        '{"reasoning": "the user wrote "topic": "A"", "other": 1}',
        '{"reasoning": "the user wrote {"topic": "A"}", "other": 1}',
        '{"a": {"topic": "A"}, "b": {"topic": "A"}}',  # neither is the answer
        "This is probably about A, I would say.",
        "Sorry",
        "x" * (MAX_CHARS + 1),
        "[" * 100_000,
        '{"a":' * 19_000,
        "{" * 90_000,
        "{a" * 40_000,
        '{"topic": ' + "9" * 5000 + "}",
    ],
    ids=lambda raw: repr(raw[:40]),
)  # fmt: skip
def test_what_cannot_be_read_without_guessing_is_refused(raw: str) -> None:
    with pytest.raises(UnrecoverableReply) as raised:
        find(raw, ["topic"])
    assert "\n" not in str(raised.value)


def test_a_cut_off_answer_keeps_what_is_complete_and_says_so() -> None:
    found = find('{"topic": "A", "items": [1, 2, 3', ["topic"])
    assert found.values == {"topic": "A", "items": [1, 2]}  # the 3 may have been the beginning of 37
    assert found.truncated
    with pytest.raises(UnrecoverableReply) as raised:
        find('{"reasoning": "well, ', ["topic"])
    assert raised.value.truncated


def test_thoughts_outside_of_the_object_are_kept() -> None:
    assert find('<think>about light</think>{"topic": "A"}', ["topic"]).thoughts == "about light"
    assert find('about light</think>{"topic": "A"}', ["topic"]).thoughts == "about light"


def test_xml_is_unescaped_once() -> None:
    assert find("<topic>Arts &amp; R&amp;amp;D</topic>", ["topic"]).values["topic"] == "Arts & R&amp;D"
    assert find("<topic><![CDATA[Arts & R&D]]></topic>", ["topic"]).values["topic"] == "Arts & R&D"


def test_fault_27_an_answer_longer_than_any_that_was_asked_for_is_not_read() -> None:
    whole = json.dumps({"topic": "A", "reasoning": "x" * MAX_CHARS})
    with pytest.raises(UnrecoverableReply, match="characters long, at most 100000 are read"):
        find(whole, ["topic"])
    assert find(whole.replace("x" * 100, ""), ["topic"]).values["topic"] == "A"
