"""A conversation written in each format reads back as the same trace; mutated logs raise nothing but typed errors."""

import json
import random
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.traces.helpers import read_traces
from tests.traces.writers import WRITERS, Write, sharegpt, table
from topicsmith.errors import TopicsmithError
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Message, Query, ToolCall, Trace
from topicsmith.tables import dropped_row, query_row
from topicsmith.traces.detect import find_format
from topicsmith.traces.files.sources import find_sources
from topicsmith.traces.prepare import Preparer
from topicsmith.traces.reading import Reader
from topicsmith.traces.token_counts import tokenizer

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40).filter(
    lambda text: text.strip() and not text.lstrip().startswith(("<", "#", "[", "{", '"', "Obs", "Tool", "Func"))
)
NAME = st.text("abc_-", min_size=1, max_size=8)
CALL = st.builds(ToolCall, NAME, st.dictionaries(NAME, st.integers(0, 99) | TEXT, max_size=2).map(
    lambda arguments: orjson.dumps(arguments).decode()), NAME)  # fmt: skip
TURN = st.one_of(
    st.builds(Message, st.just("user"), TEXT),
    st.builds(Message, st.just("assistant"), TEXT),
    st.builds(lambda call: Message("assistant", "", tool_calls=(call,)), CALL),
    st.builds(lambda text, call: Message("tool", text, tool_call_id=call), TEXT, NAME),
)
SYSTEM = st.builds(Message, st.just("system"), TEXT)
TALK = st.tuples(st.lists(SYSTEM, max_size=1), st.lists(TURN, min_size=1, max_size=5)).map(lambda t: (*t[0], *t[1]))


def plain(talk: tuple[Message, ...], keep_ids: bool) -> list[object]:
    """What every format can say: roles, texts and calls; arguments compared as data."""
    return [
        (
            message.role,
            message.content,
            [(c.name, json.loads(c.arguments), c.call_id if keep_ids else None) for c in message.tool_calls],
            message.tool_call_id if keep_ids else None,
        )
        for message in talk
    ]


@pytest.mark.slow
@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
@given(talk=TALK)
def test_a_conversation_reads_back_as_it_was(write: Write, talk: tuple[Message, ...]) -> None:
    rows = orjson.loads(orjson.dumps(write(talk)))
    settings = {"format": "table", "messages": "talk", "id": "id"} if write is table else {}
    (trace,) = read_traces(find_format(write.__name__), rows, **settings)
    keep_ids = write is not sharegpt
    assert plain(trace.messages, keep_ids) == plain(talk, keep_ids)
    assert trace.trace_id == "t"


PIECES = [
    b"null", b"[]", b"{}", b'""', b"-1", b"1e999", b"true", b'"user"', b'"\\ud800"', b"\xff\xfe", b"\0", b"[[[[",
    b"}}",
    b'"messages"', b'"role"', b'"content"', b'"parts"', b'{"text":{}}', b'{"type":"text"}', b"99999999999999999999999",
]  # fmt: skip


def mutated(line: bytes, rng: random.Random) -> bytes:
    """``line`` with one to three pieces cut out, doubled, or replaced."""
    for _ in range(rng.randint(1, 3)):
        start = rng.randrange(len(line) + 1)
        end = min(len(line), start + rng.choice([0, 1, 1, 2, 5, 20]))
        replacement = rng.choice([b"", rng.choice(PIECES), line[start:end] * 2, bytes([rng.randrange(256)])])
        line = line[:start] + replacement + line[end:]
    return line.replace(b"\n", b" ")


def swapped(value: object, rng: random.Random) -> object:
    """JSON data with some parts replaced by others: still JSON, of another shape."""
    if rng.random() < 0.06:
        return rng.choice([None, 5, "x", [], {}, [None], {"role": "user"}, [[{"role": 1}]], True, "\ud800", 2.5, [""]])
    if isinstance(value, dict):
        return {key: swapped(item, rng) for key, item in value.items() if rng.random() > 0.03}
    if isinstance(value, list):
        return [swapped(item, rng) for item in value] * rng.choice([1, 1, 1, 2])
    return value


TALKS = (
    (Message("system", "s"), Message("user", "Weather?"),
     Message("assistant", "", tool_calls=(ToolCall("f", "{}", "c"),)),
     Message("tool", "12", tool_call_id="c"), Message("assistant", "12 °C")),
    (Message("user", "Hi"),),
)  # fmt: skip


def hostile_lines(write: Write, count: int) -> Iterator[bytes]:
    rng = random.Random(write.__name__)
    for number in range(count):
        row = write(TALKS[number % 2])[0]
        if number % 2:
            yield mutated(orjson.dumps(row), rng)
        else:
            yield json.dumps(swapped(row, rng)).encode()


def feed(folder: Path, write: Write, count: int) -> int:
    """Read ``count`` hostile lines as the format that ``write`` writes; how many traces and drops came of them."""
    good = b"\n".join(orjson.dumps(write(talk)[0]) for talk in TALKS)
    (folder / "log.jsonl").write_bytes(good + b"\n" + b"\n".join(hostile_lines(write, count)) + b"\n" + good)
    extra = {"messages": "talk", "id": "id"} if write is table else {}
    model = TraceSettings.model_validate({"path": "log.jsonl", "format": write.__name__, **extra})
    preparer = Preparer(model, tokenizer("bytes/4", folder))
    seen = 0
    rows: list[int] = []
    try:
        for result in Reader(find_sources("log.jsonl", folder, folder), model).traces(rows.append):
            assert isinstance(result, Trace | Dropped)
            outcome = preparer.query(result) if isinstance(result, Trace) else result
            assert len(query_row(outcome) if isinstance(outcome, Query) else dropped_row(outcome)) in {5, 12}
            seen += 1
    except TopicsmithError as error:
        assert "\n" not in str(error)  # noqa: PT017  # more than half of the lines may be bad, which is typed
    assert sum(rows) >= count
    return seen


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_mutated_lines_raise_nothing_but_typed_errors(tmp_path: Path, write: Write) -> None:
    assert feed(tmp_path, write, 500) > 0


@pytest.mark.slow
@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_a_hundred_thousand_mutated_lines(tmp_path: Path, write: Write) -> None:
    assert feed(tmp_path, write, 100_000 // len(WRITERS)) > 0
