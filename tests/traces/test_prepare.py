"""From traces to queries."""

from pathlib import Path

import orjson
import polars as pl
import pytest

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Message, Query, Trace
from topicsmith.tables import QUERIES, query_row
from topicsmith.traces.prepare import Preparer, content_id, query_id, quick_table
from topicsmith.traces.token_counts import tokenizer


def prepare(trace: Trace, **settings: object) -> tuple[Query | Dropped, Preparer]:
    model = TraceSettings.model_validate({"path": "x", **settings})
    preparer = Preparer(model, tokenizer("bytes/4", Path()))
    return preparer.query(trace), preparer


def test_everything_the_trace_claims_is_kept() -> None:
    trace = Trace(
        "t1", (Message("user", "Hello"),), {"lang": "en"}, "f", 3, "2026-01-01", "Weather", "Rain", "test", 400, 2
    )
    query, _ = prepare(trace)
    assert query == Query(
        query_id("t1", "Hello"), "Hello", "t1", 2, 100, {"lang": "en"}, "Weather", "Rain", "test", "2026-01-01", None, 2
    )


def test_a_trace_without_a_name_is_named_by_its_content() -> None:
    one, two = (Trace("", (Message("user", "Hi"), Message("assistant", text))) for text in ("a", "b"))
    assert content_id(one) != content_id(two)
    query, _ = prepare(one)
    assert isinstance(query, Query)
    assert query.trace_id == content_id(one)


def test_redaction_happens_before_the_id_is_made() -> None:
    trace = Trace("t", (Message("user", "I am a@b.de"),), {"mail": "c@d.fr", "n": 1})
    query, preparer = prepare(trace, redact=["email"])
    assert isinstance(query, Query)
    assert (query.text, query.metadata) == ("I am [EMAIL]", {"mail": "[EMAIL]", "n": 1})
    assert query.query_id == query_id("t", "I am [EMAIL]")
    assert preparer.redacted == {"email": 2}


def test_a_drop_tells_no_text() -> None:
    dropped, _ = prepare(Trace("t\0", (Message("assistant", "secret"),), {}, "f", 9))
    assert dropped == Dropped("f", 9, "no user message", "roles seen: assistant", "t\ufffd")


@pytest.mark.parametrize("text", ["plain", "é漢"])
def test_quick_rows_are_stored_like_parsed_ones(text: str) -> None:
    metadata = {"question": text, "subset_name": "x"}
    query, _ = prepare(Trace("t", (Message("user", text),), metadata, size=41))
    assert isinstance(query, Query)
    told = {"position": 0, "trace_id": "t", "text": text, "message_index": 0, "size": 41}
    table = quick_table(pl.DataFrame([{**told, "metadata": orjson.dumps(metadata).decode()}])).drop("position")
    assert table.rows() == [query_row(query)]
    assert dict(table.schema) == QUERIES
