"""Tables whose columns the project names."""

from pathlib import Path

import orjson
import polars as pl
import pytest

from tests.traces.helpers import Ingest, write_lines
from topicsmith.errors import TraceError

ROWS = {
    "key": ["r1", "r2", "r3", "r4"],
    "question": ["How warm is it?", "Two tickets please", "Play jazz", "Sell my shares"],
    "field": ["Weather", "Travel", "Music", "Banking"],
    "part": ["train", "Dev", "TEST", None],
    "pred_small": ["Weather", "Music", "Music", "Other"],
}
NAMES = {"format": "table", "text": "question", "id": "key", "topic": "field", "split": "part"}


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet", "jsonl", "json"])
def test_all_kinds_of_table_read_alike(tmp_path: Path, run: Ingest, kind: str) -> None:
    table, path = pl.DataFrame(ROWS), tmp_path / f"rows.{kind}"
    match kind:
        case "csv":
            table.write_csv(path)
        case "tsv":
            table.write_csv(path, separator="\t")
        case "parquet":
            table.write_parquet(path)
        case "jsonl":
            table.write_ndjson(path)
        case _:
            path.write_bytes(orjson.dumps(table.to_dicts()))
    queries = run(path.name, **NAMES).queries
    assert [query.text for query in queries] == ROWS["question"]
    assert [query.trace_id for query in queries] == ROWS["key"]
    assert [query.topic for query in queries] == ROWS["field"]
    assert [query.split for query in queries] == ["train", "validation", "test", None]
    assert [query.metadata["pred_small"] for query in queries] == ROWS["pred_small"]


def test_messages_may_be_a_list_or_json_text(tmp_path: Path, run: Ingest) -> None:
    turns = [{"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Book a table"}]
    rows = [{"talk": turns}, {"talk": orjson.dumps(turns).decode()}, {"talk": "not json"}, {"talk": None}]
    write_lines(tmp_path / "rows.jsonl", rows)
    result = run("rows.jsonl", format="table", messages="talk")
    assert result.texts == ["Book a table", "Book a table"]
    assert [query.message_index for query in result.queries] == [1, 1]
    assert result.reasons == [("rows.jsonl", 3, "wrong type"), ("rows.jsonl", 4, "no user message")]


def test_structured_messages_of_a_parquet_column_are_read(tmp_path: Path, run: Ingest) -> None:
    pl.DataFrame(
        {"talk": [[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]]}
    ).write_parquet(tmp_path / "rows.parquet")
    assert run("rows.parquet", format="table", messages="talk").texts == ["Hi"]


def test_an_unknown_split_drops_the_row(tmp_path: Path, run: Ingest) -> None:
    write_lines(tmp_path / "rows.jsonl", [{"text": "a", "s": "train"}, {"text": "b", "s": "holdout"}])
    result = run("rows.jsonl", format="table", text="text", split="s")
    assert result.reasons == [("rows.jsonl", 2, "unknown split")]
    assert "'holdout' is none of train" in str(result.dropped[0]["detail"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"text": "txt"}, "no column 'txt'; did you mean 'text'\\?; columns here: text, topic"),
        ({"text": "text", "topic": "label"}, "no column 'label'; columns here: text, topic"),
        ({"messages": "text"}, "rows.csv: 2 of 2 rows cannot be read; the first is row 1: wrong type"),
    ],
)
def test_a_misspelt_or_unfit_column_is_named(
    tmp_path: Path, run: Ingest, settings: dict[str, str], message: str
) -> None:
    (tmp_path / "rows.csv").write_text("text,topic\nhello,A\nbye,B\n")
    with pytest.raises(TraceError, match=message):
        run("rows.csv", format="table", **settings)


def test_a_numeric_text_column_is_the_wrong_type(tmp_path: Path, run: Ingest) -> None:
    pl.DataFrame({"text": [1, 2, 3]}).write_parquet(tmp_path / "rows.parquet")
    with pytest.raises(TraceError, match=r"3 of 3 rows cannot be read.*is a int, where text was expected"):
        run("rows.parquet", format="table", text="text")
