"""WildChat and LMSYS rows, with the columns their cards list."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from tests.traces.helpers import Ingest, read_traces
from topicsmith.traces.formats.wildchat import FORMAT

WILDCHAT = {
    "conversation_hash": "c9ec5b440fbdedd3",
    "model": "gpt-3.5-turbo-0301",
    "timestamp": datetime(2023, 4, 9, 0, 2, 53, tzinfo=UTC),
    "conversation": [
        {
            "content": "Welchen Berg sehe ich?",
            "role": "user",
            "language": "German",
            "toxic": False,
            "turn_identifier": 1,
        },
        {"content": "Die Zugspitze.", "role": "assistant", "language": "German", "turn_identifier": 1},
    ],
    "turn": 1,
    "language": "German",
    "openai_moderation": [{"flagged": False}],
    "toxic": False,
    "redacted": False,
    "state": "Bavaria",
    "country": "Germany",
}
LMSYS = {
    "conversation_id": "33f9",
    "model": "vicuna-13b",
    "conversation": [{"content": "hi", "role": "user"}],
    "turn": 1,
    "language": "English",
    "openai_moderation": [],
    "redacted": True,
}


def test_both_are_recognised() -> None:
    assert FORMAT.recognise(WILDCHAT) == "has 'conversation' with roles, and 'conversation_hash'"
    assert FORMAT.recognise(LMSYS) == "has 'conversation' with roles, and 'conversation_id'"
    assert FORMAT.recognise({"conversation": [{"role": "user", "content": "x"}]}) is None


def test_language_model_and_time_are_kept_and_moderation_is_not() -> None:
    wild, lmsys = read_traces(FORMAT, [WILDCHAT, LMSYS])
    assert (wild.trace_id, wild.time) == ("c9ec5b440fbdedd3", "2023-04-09T00:02:53+00:00")
    assert wild.metadata == {
        "model": "gpt-3.5-turbo-0301", "turn": 1, "language": "German", "toxic": False, "redacted": False,
        "country": "Germany", "state": "Bavaria",
    }  # fmt: skip
    assert (lmsys.trace_id, lmsys.messages[0].content) == ("33f9", "hi")


def test_parquet_is_read_by_column(tmp_path: Path, run: Ingest) -> None:
    pl.DataFrame([WILDCHAT]).write_parquet(tmp_path / "rows.parquet")
    result = run("rows.parquet")
    assert result.texts == ["Welchen Berg sehe ich?"]
    assert "openai_moderation" not in result.queries[0].metadata
