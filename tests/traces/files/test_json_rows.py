"""Rows out of JSON of every shape."""

import gzip
import json
import random
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.records import Dropped
from topicsmith.traces.base import Row, SourceError
from topicsmith.traces.files import json_rows as module
from topicsmith.traces.files import json_stream
from topicsmith.traces.files.json_rows import json_rows
from topicsmith.traces.files.sources import Source

ROWS = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(0, 99), "said": st.text(max_size=8), "n": st.none() | st.lists(st.text(max_size=3))}
    ),
    min_size=2,
    max_size=6,
)
SHAPES: dict[str, Callable[[list[dict[str, object]]], str]] = {
    "lines.jsonl": lambda rows: "\n".join(map(json.dumps, rows)),
    "lines-with-commas.jsonl": lambda rows: ",\n".join(map(json.dumps, rows)),
    "lines.json": lambda rows: "\r\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\r\n",
    "returns-only.jsonl": lambda rows: "\r".join(map(json.dumps, rows)),
    "array.json": json.dumps,
    "array.jsonl": lambda rows: json.dumps(rows, indent=2),
    "item-a-line.jsonl": lambda rows: "[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n",
    "indented.jsonl": lambda rows: "\n".join(json.dumps(row, indent=4) for row in rows),
    "indented.json": lambda rows: "".join(json.dumps(row, indent=1) + "\n" for row in rows),
    "page.json": lambda rows: json.dumps({"object": "list", "data": rows, "has_more": False}),
    "pages.jsonl": lambda rows: "\n".join(json.dumps({"data": [row], "meta": {"page": 1}}) for row in rows),
    "nested-page.json": lambda rows: json.dumps({"result": {"records": rows, "total": 9}}, indent=1),
    "hits.json": lambda rows: json.dumps({"took": 1, "hits": {"hits": [{"_id": "x", "_source": row} for row in rows]}}),
    "indented-page.jsonl": lambda rows: json.dumps({"page": 1, "items": rows}, indent=2),
    "page-item-a-line.jsonl": lambda rows: '{"data": [\n' + ",\n".join(map(json.dumps, rows)) + '\n], "more": true}',
    "run-together.jsonl": lambda rows: "".join(map(json.dumps, rows)),
    "two-a-line.jsonl": lambda rows: json.dumps(rows[0]) + "\n" + " ".join(map(json.dumps, rows[1:])),
    "sequence.jsonl": lambda rows: "".join(f"\x1e{json.dumps(row)}\n" for row in rows),
    "with-marks.jsonl": lambda rows: "\n".join(f"\ufeff{json.dumps(row)}" for row in rows),
    "hit-a-line.jsonl": lambda rows: "\n".join(json.dumps({"_index": "i", "_source": row}) for row in rows),
    "arrays.jsonl": lambda rows: json.dumps(rows[:1]) + "\n" + json.dumps(rows[1:]),
}
PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda data: data,
    "gzip": gzip.compress,
    "twice": lambda data: gzip.compress(gzip.compress(data)),
    "zstd": zstandard.ZstdCompressor().compress,
}


def read(folder: Path, name: str, data: bytes) -> list[Row | Dropped]:
    (folder / name).write_bytes(data)
    return list(json_rows(Source(folder / name, name, named=True)))


@pytest.mark.parametrize("shape", SHAPES)
@given(rows=ROWS, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), packing=st.sampled_from(sorted(PACKINGS)))
def test_the_same_rows_come_back_from_every_shape(
    shape: str, rows: list[dict[str, object]], encoding: str, packing: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = PACKINGS[packing](SHAPES[shape](rows).encode(encoding, "surrogatepass"))
    found = read(tmp_path_factory.mktemp("rows"), shape, data)
    assert [row.value if isinstance(row, Row) else row for row in found] == rows


def test_pages_beyond_what_is_held_are_read_item_by_item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_ROW_BYTES", 2000)
    monkeypatch.setattr(json_stream, "CHUNK", 100)
    rows = [{"id": number, "said": "x" * 100} for number in range(50)]
    for indent in (None, 1):
        page = {"meta": {"a": [1, {"b": 2}]}, "runs": rows, "next": None}
        found = read(tmp_path, "page.json", json.dumps(page, indent=indent).encode())
        values = [row.value for row in found if isinstance(row, Row)]
        assert [value for value in values if "id" in value] == rows


BAD = [
    ('{"id": 7, "said": "broken}', "not JSON"),
    ('{"id": 7, "said": "a" b"}', "not JSON"),
    ('{"id": 7, "said": ' + "[" * 3000 + "]" * 3000 + "}", "nested too deeply"),
    ('{"id": 7, "said": "' + "x" * 5000 + '"}', "row too large"),
    ("7", "not an object"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD)
@pytest.mark.parametrize("place", [1, 25, 40])
@pytest.mark.parametrize("between", [",\n", ", "])
def test_one_bad_item_costs_one_item(
    tmp_path: Path, bad: str, reason: str, place: int, between: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module_ in (module, json_stream):
        monkeypatch.setattr(module_, "MAX_ROW_BYTES", 4500)
        monkeypatch.setattr(module_, "CHUNK", 300)
    items = [json.dumps({"id": number, "said": "x"}) for number in range(41)]
    items.insert(place, bad)
    found = read(tmp_path, "log.json", f"[{between.join(items)}]".encode())
    assert [row.value["id"] for row in found if isinstance(row, Row)] == list(range(41))
    assert [(row.row, row.reason) for row in found if isinstance(row, Dropped)] == [(place + 1, reason)]


def test_lines_in_another_encoding_are_told_and_the_others_read(tmp_path: Path) -> None:
    data = b'{"a": "x"}\n' + '{"a": "ça va"}\n'.encode("cp1252")
    good, bad = read(tmp_path, "log.jsonl", data)
    assert isinstance(good, Row)
    assert isinstance(bad, Dropped)
    assert (bad.reason, bad.detail) == (
        "not UTF-8 text",
        "it looks like Windows-1252 or Latin-1; save the file as UTF-8",
    )


def test_a_page_on_a_line_loses_only_its_bad_record(tmp_path: Path) -> None:
    pages = '{"data": [{"a": 1}]}\n{"data": [{"a": 2}, {"a": "b" c"}, {"a": 4}], "page": 2}\n'
    found = read(tmp_path, "log.jsonl", pages.encode())
    assert [row.value["a"] for row in found if isinstance(row, Row)] == [1, 2, 4]
    assert [(row.row, row.reason) for row in found if isinstance(row, Dropped)] == [(2, "not JSON")]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.ZstdCompressor().compress])
@pytest.mark.parametrize("count", [20, 3000])
@pytest.mark.parametrize("shape", ["lines.jsonl", "array.json", "array.jsonl", "page.json", "indented.jsonl"])
def test_every_whole_record_before_a_cut_is_a_row(
    tmp_path: Path, shape: str, count: int, pack: Callable[[bytes], bytes]
) -> None:
    digits = random.Random(1)
    rows: list[dict[str, object]] = [{"id": number, "said": digits.randbytes(200).hex()} for number in range(count)]
    packed = pack(SHAPES[shape](rows).encode())
    packed = packed[: len(packed) * 3 // 4]
    unpack = zlib.decompressobj(31) if packed[:2] == b"\x1f\x8b" else zstandard.ZstdDecompressor().decompressobj()
    there = unpack.decompress(packed).count(b"}")
    (tmp_path / shape).write_bytes(packed)
    found: list[Row | Dropped] = []
    with pytest.raises(SourceError, match="cut short"):
        collect(json_rows(Source(tmp_path / shape, shape, named=True)), found)
    assert [row.value for row in found if isinstance(row, Row)] == rows[:there]
    assert [row.reason for row in found if isinstance(row, Dropped)] in ([], ["not JSON"])  # a line that was cut


def test_a_file_cut_short_gives_what_was_before_the_cut(tmp_path: Path) -> None:
    digits = random.Random(1)
    rows = [{"id": number, "said": str(digits.random())} for number in range(300)]
    whole = gzip.compress("\n".join(map(json.dumps, rows)).encode())
    (tmp_path / "log.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    found: list[Row | Dropped] = []
    reader = json_rows(Source(tmp_path / "log.jsonl.gz", "log", named=True))
    with pytest.raises(SourceError, match="gzip file cut short"):
        collect(reader, found)
    values = [row.value for row in found if isinstance(row, Row)]
    assert len(values) > 100
    assert values == rows[: len(values)]
    assert [row.reason for row in found if isinstance(row, Dropped)] == ["not JSON"]  # the line that was cut


def collect(rows: Iterator[Row | Dropped], into: list[Row | Dropped]) -> None:
    """Keep rows as they come, so that those before a fault are there after it."""
    for row in rows:
        into.append(row)  # noqa: PERF402  # extend would add none


MESSAGES = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]


def test_a_bare_list_of_messages_is_one_conversation(tmp_path: Path) -> None:
    for name, data in {
        "file.json": json.dumps(MESSAGES),
        "page.json": json.dumps({"object": "list", "data": MESSAGES}),
        "line.jsonl": json.dumps(MESSAGES) + "\n",
        "list-of-lists.json": json.dumps([MESSAGES]),
    }.items():
        (row,) = read(tmp_path, name, data.encode())
        assert isinstance(row, Row), name
        assert row.value == {"messages": MESSAGES}


def test_messages_that_name_conversations_or_are_all_a_users_are_rows(tmp_path: Path) -> None:
    named = [{**message, "session_id": str(number)} for number, message in enumerate(MESSAGES)]
    users = [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]
    for rows in (named, users):
        found = read(tmp_path, "file.json", json.dumps(rows).encode())
        assert [row.value for row in found if isinstance(row, Row)] == rows
