import codecs
from collections.abc import Iterator

import orjson
import pytest

from topicsmith.llm.batches.lines import as_json, fetched_lines, json_lines
from topicsmith.llm.http import CutOff

GOOD = [{"custom_id": f"{n}", "text": "Käse und 数据"} for n in range(3)]
PAGE = "\n".join(orjson.dumps(each).decode() for each in GOOD)


@pytest.mark.parametrize("line", [b'{"custom_id": "a', b"\x00\x00", b"[2]", b"null", b"\xff\xfe", b"<html>", b'{"a":'])
def test_a_line_that_is_no_object_loses_no_other(line: bytes) -> None:
    assert list(json_lines(b'{"a": 1}\n\n' + line + b'\n{"b": 2}\n')) == [{"a": 1}, None, {"b": 2}]


@pytest.mark.parametrize(
    "data",
    [
        PAGE.encode(), codecs.BOM_UTF8 + PAGE.encode(), PAGE.encode("utf-16"), PAGE.encode("utf-16-le"),
        PAGE.encode("utf-16-be"), codecs.BOM_UTF16_BE + PAGE.encode("utf-16-be"), PAGE.replace("\n", "\r\n").encode(),
        PAGE.replace("\n", "").encode(), PAGE.replace("\n", ", ").encode(),
    ],
)  # fmt: skip
def test_encodings_and_ends_of_lines_are_told(data: bytes) -> None:
    assert list(json_lines(data)) == GOOD


def test_a_utf16_page_that_was_cut_in_a_letter_loses_its_last_line_alone() -> None:
    assert list(json_lines(PAGE.encode("utf-16")[:-5])) == [*GOOD[:2], None]


def test_a_line_in_windows_encoding_and_one_with_a_raw_tab_are_read() -> None:
    assert list(json_lines('{"a": "Käse – ja"}\n'.encode("cp1252") + b'{"b": "x\ty"}')) == [
        {"a": "Käse – ja"},
        {"b": "x\ty"},
    ]


def test_half_a_surrogate_pair_goes_through() -> None:
    [found] = json_lines(b'{"a": "\\ud83d"}')
    assert found == {"a": "\ud83d"}
    assert as_json(found) == b'{"a": "\\ud83d"}'
    assert as_json({"a": "ü"}) == '{"a":"ü"}'.encode()


def test_what_came_of_a_file_that_breaks_off_is_read_before_the_error() -> None:
    failure = CutOff("cut")
    failure.part = PAGE.encode()[:-4]

    def fetch() -> bytes:
        raise failure

    lines: Iterator[object] = fetched_lines(fetch)
    assert [next(lines) for _ in range(3)] == [*GOOD[:2], None]
    with pytest.raises(CutOff):
        next(lines)
