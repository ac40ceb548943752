"""Bytes and lines out of packed files, whole and ruined."""

import bz2
import gzip
import lzma
import os
import tracemalloc
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.traces.base import SourceError
from topicsmith.traces.files import streams
from topicsmith.traces.files.sources import Source
from topicsmith.traces.files.streams import chunks, lines

TEXT = b"".join(b"line %d %d\n" % (number, number**7) for number in range(200_000))


def source(path: Path) -> Source:
    return Source(path, path.name, True)


def packed(name: str, data: bytes) -> bytes:
    return gzip.compress(data, 6) if name.endswith(".gz") else zstandard.ZstdCompressor().compress(data)


def until_error(path: Path) -> tuple[list[bytes], str]:
    """What can be read, and the error that ends it."""
    got: list[bytes] = []
    try:
        for piece in chunks(source(path)):
            got.append(piece)  # noqa: PERF402  # what came before the error counts
    except SourceError as error:
        return got, str(error)
    return got, ""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst"])
def test_the_bytes_come_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(TEXT if name == "a.jsonl" else packed(name, TEXT))
    assert b"".join(chunks(source(path))) == TEXT


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
def test_files_of_several_members_are_read_to_the_end(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(packed(name, b"one\n") + packed(name, b"two\n"))
    assert b"".join(chunks(source(tmp_path / name))) == b"one\ntwo\n"


@pytest.mark.parametrize(("name", "reason"), [("a.gz", "gzip file cut short"), ("a.zst", "zstd file cut short")])
def test_a_file_cut_short_gives_what_it_has_and_then_says_so(tmp_path: Path, name: str, reason: str) -> None:
    data = packed(name, TEXT)
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    got, error = until_error(tmp_path / name)
    assert reason in error
    assert sum(map(len, got)) > 100_000
    assert TEXT.startswith(b"".join(got))


@pytest.mark.parametrize(("name", "reason"), [("a.gz", "not a gzip file"), ("a.zst", "not a zstd file")])
def test_a_file_that_is_something_else_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / name).write_bytes(b'{"messages": []}\n' * 10)
    with pytest.raises(SourceError, match=f"{name}: {reason}"):
        list(chunks(source(tmp_path / name)))


@pytest.mark.parametrize("name", ["a.gz", "a.zst"])
def test_a_decompression_bomb_is_stopped(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).write_bytes(packed(name, bytes(2**27)))
    monkeypatch.setattr(streams, "BOMB_BYTES", 2**26)
    got, error = until_error(tmp_path / name)
    assert "looks like a decompression bomb" in error
    assert max(map(len, got)) <= 2**25
    assert sum(map(len, got)) <= 2**26


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04" + bytes(30), "is a zip archive"),
        (bz2.compress(b"{}"), "is a bzip2 file"),
        (lzma.compress(b"{}"), "is an xz file"),
        (gzip.compress(bytes(257) + b"ustar" + bytes(250), mtime=0), "is a tar archive"),
        (b"PAR1" + bytes(30), "is a Parquet file"),
        ('{"a": 1}'.encode("utf-16-le"), "looks like UTF-16 .little endian."),
    ],
)
def test_what_is_not_read_is_named(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(data)
    with pytest.raises(SourceError, match=reason):
        list(chunks(source(tmp_path / "a.jsonl")))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_encodings_with_a_mark_come_back_in_utf8(tmp_path: Path, encoding: str) -> None:
    text = '{"a": "\u00e7a va \U0001f600"}\n' * 100_000
    (tmp_path / "a.jsonl").write_bytes(text.encode(encoding))
    assert b"".join(chunks(source(tmp_path / "a.jsonl"))) == text.encode()


def test_a_column_called_orcid_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"ORCID,text\n1,2\n")
    assert b"".join(chunks(source(tmp_path / "a.csv"))) == b"ORCID,text\n1,2\n"


@pytest.mark.parametrize("left_out", range(1, 9))
def test_a_gzip_file_without_the_end_of_its_sum_gives_all_of_its_text(tmp_path: Path, left_out: int) -> None:
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"all of it\n")[:-left_out])
    got, error = until_error(tmp_path / "a.gz")
    assert b"".join(got) == b"all of it\n"
    assert "gzip file cut short" in error


@pytest.mark.parametrize("kind", ["pipe", "link"])
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path, kind: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    with pytest.raises(SourceError, match="is no regular file"):
        list(chunks(source(tmp_path / kind)))


def test_a_missing_file_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        list(chunks(source(tmp_path / "gone.jsonl")))


@given(st.lists(st.binary(max_size=20), max_size=10))
def test_lines_do_not_depend_on_the_pieces(pieces: list[bytes]) -> None:
    wanted = b"".join(pieces).split(b"\n")
    got = [line for _, line in lines(iter(pieces))]
    assert got == (wanted if wanted[-1] else wanted[:-1])


def test_a_line_that_is_too_long_is_skipped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_ROW_BYTES", 10)
    pieces = [b"short\n123456", b"7890", b"x\n1234567890\nlast", b"line too long"]
    assert list(lines(iter(pieces))) == [(1, b"short"), (2, None), (3, b"1234567890"), (4, None)]


def test_a_line_that_never_ends_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MAX_ROW_BYTES", 1_000_000)
    tracemalloc.start()
    assert list(lines(bytes(100_000) for _ in range(200))) == [(1, None)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3_000_000  # of 20 MB


@pytest.mark.parametrize("text", ["\x00\x80\n", "a\x00b\n", "\x00\x00\x00\x00\n", "a\x00b\x00c\x00d is text\n"])
def test_a_text_with_a_few_zeros_is_no_utf_16(tmp_path: Path, text: str) -> None:
    (tmp_path / "log.txt").write_bytes(text.encode())
    assert b"".join(chunks(Source(tmp_path / "log.txt", "log.txt", named=True))) == text.encode()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_told(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "log.txt").write_bytes("a,b\n".encode(encoding))
    with pytest.raises(SourceError, match="without a byte order mark; save it as UTF-8"):
        list(chunks(Source(tmp_path / "log.txt", "log.txt", named=True)))
