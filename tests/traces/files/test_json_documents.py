"""Values one after the other, arrays and pages, with something wrong among them."""

import json

import pytest

from topicsmith.records import Dropped
from topicsmith.traces.base import Row, SourceError
from topicsmith.traces.files import json_stream
from topicsmith.traces.files.json_documents import begins_page, document_rows, value_rows
from topicsmith.traces.files.json_stream import JsonText

ROWS: list[dict[str, object]] = [{"id": number, "input": f'a "b" {number}', "output": [1]} for number in range(12)]


def window(text: str | bytes, step: int = 50) -> JsonText:
    data = text if isinstance(text, bytes) else text.encode()
    return JsonText(data[start : start + step] for start in range(0, len(data), step))


def read(text: str | bytes) -> tuple[list[object], list[tuple[int, str]], str]:
    """The ids of the rows, number and reason of what was dropped, and what ended the reading."""
    ids: list[object] = []
    dropped: list[tuple[int, str]] = []
    try:
        for row in document_rows("log", window(text)):
            if isinstance(row, Row):
                ids.append(row.value["id"])
            else:
                dropped.append((row.row, row.reason))
    except SourceError as error:
        return ids, dropped, error.reason
    return ids, dropped, ""


BAD = [
    '{"id": 99, "input": "a "b" c"}', '{"id": 99, "input": "open}', '{"id": 99, "output": [1}',
    "{'id': 99}", "{id: 99}", '{"id": 99,}', '{"id": 99]', '{"id": 99}}', '{"id": 99 "input": 1}',
    '{"id": 99, "output": [',
    '{"id": 99, "input": "\\x"}',
    "undefined", "None", "}", '{"id": 99, "input": "a\nb"}',
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("place", [0, 5, 11])
def test_one_bad_record_costs_one_record_in_every_shape(bad: str, place: int) -> None:
    others = [row["id"] for row in ROWS if row["id"] != place]
    written = [json.dumps(row) for row in ROWS]
    written[place] = bad
    indented = [json.dumps(row, indent=1) for row in ROWS]
    indented[place] = bad
    for text in (
        f"[{', '.join(written)}]",
        "[\n" + ",\n".join(written) + "\n]",
        "[" + ",\n".join(indented) + "]",
        '{"object": "list", "data": [\n' + ",\n".join(written) + '\n], "next": null}',
        "\n".join(indented),
    ):
        ids, dropped, error = read(text)
        assert [number for number in ids if number != 99] == others, text[:60]
        assert dropped or error


def test_bytes_that_are_no_utf8_cost_their_item_in_a_page() -> None:
    page = b'{"data": [{"id": 1}, {"id": 2, "x": "na\xefve"}, {"id": 3}], "next": null}'
    assert read(page) == ([1, 3], [(2, "not UTF-8 text")], "")


def test_what_was_before_a_cut_is_kept() -> None:
    assert read('[{"id": 1}, {"id": 2}, {"id"') == ([1, 2], [], "not JSON")
    assert read('{"data": [{"id": 1}, {"id": 2}, {"id"') == ([1, 2], [], "not JSON")
    assert read('[{"id": 1}, {"id": 2},') == ([1, 2], [], "JSON array cut short")


def test_a_conversation_that_is_cut_short_gives_its_beginning() -> None:
    text = json.dumps([{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}, {"role": "user"}])
    reader = document_rows("log", window(text[:-12]))
    row = next(reader)
    assert isinstance(row, Row)
    assert row.value == {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}
    with pytest.raises(SourceError, match="what follows is not read"):
        next(reader)


def test_a_programs_words_between_values_are_dropped() -> None:
    text = 'Starting\n{\n "id": 1\n}\nINFO: [2] done\n{\n "id": 2\n}[{"id": 3}]\nbye\n'
    assert read(text) == ([1, 2, 3], [(1, "not JSON"), (3, "not JSON"), (6, "not JSON")], "")


def test_a_large_page_is_read_by_its_list_alone_and_a_large_row_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MAX_ROW_BYTES", 300)
    monkeypatch.setattr(json_stream, "CHUNK", 50)
    page = {"meta": {"a": [{"b": 1}], "c": "d" * 400}, "hits": {"total": 1, "hits": ROWS}, "left": [{"e": 1}]}
    assert read(json.dumps(page)) == (list(range(12)), [], "")
    large = {"id": 1, "input": "x" * 400, "observations": ROWS}
    assert read(json.dumps([large, {"id": 2}])) == ([2], [(1, "row too large")], "")
    assert read(json.dumps(large) + json.dumps({"id": 2})) == ([2], [(1, "row too large")], "")


@pytest.mark.parametrize(
    ("value", "is_page"),
    [
        ({"page": {"n": [1]}, "data": [{}]}, True),
        ({"hits": {"total": 1, "hits": []}}, True),
        ({"input": "x", "data": []}, False),
        ({"messages": []}, False),
        ({"a": 1}, False),
        ({}, False),
    ],
)
def test_how_a_page_begins(value: object, is_page: bool) -> None:
    text = json.dumps(value)
    assert begins_page(window(text)) == is_page


def test_rows_in_a_value() -> None:
    assert list(value_rows("log", 4, [{"id": 1}, 2])) == [
        Row("log", 4, {"id": 1}),
        Dropped("log", 4, "not an object", "a int, where an object was expected"),
    ]
    assert list(value_rows("log", 4, {"_id": "x", "_source": {"id": 1}})) == [Row("log", 4, {"id": 1})]


def test_effort_does_not_grow_faster_than_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each place is tried once as the beginning of the next good value, however many values are bad."""
    tried = []
    once = JsonText._tried

    def counted(text: JsonText, start: int) -> object:
        tried.append(start)
        return once(text, start)

    monkeypatch.setattr(JsonText, "_tried", counted)
    read("[" + ", ".join(['{"id": 5, "input": [{"a": "a "b" c"}]}'] * 500) + "]")
    assert len(tried) <= 1000
