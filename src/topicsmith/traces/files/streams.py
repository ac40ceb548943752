"""Bytes out of plain, gzip and zstd files, in pieces of bounded size, and lines out of those."""

import codecs
import stat
import zlib
from collections.abc import Iterator
from typing import IO

from topicsmith.traces.base import SourceError
from topicsmith.traces.files.sources import NOT_REGULAR, Source

CHUNK = 2**20
MAX_ROW_BYTES = 32 * 2**20
"""A longer row is skipped without being held in memory."""

BOMB = "looks like a decompression bomb"
BOMB_BYTES = 256 * 2**20
BOMB_RATIO = 200
"""A packed file that grows beyond ``BOMB_BYTES`` at more than this ratio is refused; logs pack 5 to 50 to one."""

_GZIP_STEP = 2**14  # where a file is damaged, what was unpacked of a step is lost
_ZSTD_STEP = 1024  # zstd can turn 4 bytes into 128 KiB, so few bytes are given to it at a time
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_MOST_PACKINGS = 3
_ARCHIVES = {
    b"PK\x03\x04": "a zip archive",
    **{b"BZh%d1AY&SY" % level: "a bzip2 file" for level in range(1, 10)},
    b"\xfd7zXZ\x00": "an xz file",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"SQLite format 3\x00": "an SQLite database",
    b"%PDF-": "a PDF",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\x04\x22\x4d\x18": "an LZ4 file",
    b"\xff\x06\x00\x00sNaPpY": "a Snappy file",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Excel workbook",
    b"Obj\x01": "an Avro file",
}
_TAR = slice(257, 262)
_UTF_32 = {codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be"}
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_LOOKED_AT = 512
_ENOUGH_ZEROS = 4  # fewer may stand in a short text by chance
_WITH_HEADER = 31  # what zlib calls a gzip member
_OTHERWISE = "unpack it, or export it as JSON lines, CSV or Parquet"


def chunks(source: Source) -> Iterator[bytes]:
    """The bytes of ``source`` in UTF-8, unpacked, in pieces; packing and encoding are told by the first bytes.

    Raises:
        SourceError: when it cannot be opened, is no regular file, is cut short, is an archive or in an encoding that
            cannot be told, or is a decompression bomb.
    """
    try:
        if not stat.S_ISREG(source.path.stat().st_mode):
            raise SourceError(source.name, 0, NOT_REGULAR, "name a file, or '-' for standard input")
        with source.path.open("rb") as file:
            pieces = iter(lambda: file.read(CHUNK), b"")
            yield from _as_utf8(source, _unpacked(source, file, pieces))
    except OSError as exc:
        raise SourceError(
            source.name, 0, "cannot be read", "check the path and its rights", str(exc.strerror)
        ) from None


def _unpacked(source: Source, file: IO[bytes], pieces: Iterator[bytes]) -> Iterator[bytes]:
    for packings in range(_MOST_PACKINGS + 1):
        first, pieces = _begun(pieces)
        if source.packing == ".gz" and not packings and first and not first.startswith(_GZIP):
            raise SourceError(source.name, 0, "not a gzip file", "give it the suffix of what it is")
        if first.startswith(_GZIP):
            pieces = _guarded(source, file, _gunzip(source, pieces))
        elif first.startswith(_ZSTD):
            pieces = _guarded(source, file, _unzstd(source, pieces))
        elif source.packing == ".zst" and not packings and first:
            raise SourceError(source.name, 0, "not a zstd file", "give it the suffix of what it is")
        else:
            return pieces
    raise SourceError(source.name, 0, "is packed too often", f"unpack it; {_MOST_PACKINGS} times is what is read")


class UntilCut:
    """The pieces of a file up to where it breaks off; ``cut`` says how, so that what came before is read first."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        """Nothing is cut yet."""
        self._pieces = pieces
        self.cut: SourceError | None = None

    def __iter__(self) -> "UntilCut":
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except SourceError as exc:
            self.cut = exc
            raise StopIteration from None

    def check(self) -> None:
        """Raise what ended the pieces, if anything did."""
        if self.cut is not None:
            raise self.cut


def _begun(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """What ``pieces`` begin with, and all of them.

    Raises:
        SourceError: when there is nothing before the fault.
    """
    first, rest = b"", UntilCut(pieces)
    while len(first) < _LOOKED_AT and (more := next(rest, b"")):
        first += more
    if not first:
        rest.check()
    return first, _all(first, rest)


def _all(first: bytes, rest: UntilCut) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest
    rest.check()


def _steps(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """``pieces`` in steps of ``size``."""
    return (piece[at : at + size] for piece in pieces for at in range(0, len(piece), size))


def _damaged(source: Source, kind: str, exc: Exception) -> SourceError:
    return SourceError(source.name, 0, f"damaged {kind} file", "copy it again: what follows is not read", str(exc))


def _as_utf8(source: Source, pieces: Iterator[bytes]) -> Iterator[bytes]:
    first, pieces = _begun(pieces)
    for magic, kind in _ARCHIVES.items():
        if first.startswith(magic):
            raise SourceError(source.name, 0, f"is {kind}", _OTHERWISE)
    if first[_TAR] == b"ustar":
        raise SourceError(source.name, 0, "is a tar archive", _OTHERWISE)
    if first.startswith(b"PAR1"):
        raise SourceError(source.name, 0, "is a Parquet file", "give it the suffix .parquet")
    encoding = next((name for bom, name in (*_UTF_32.items(), *_UTF_16.items()) if first.startswith(bom)), None)
    if encoding is None:
        if (guessed := _zeros(first)) is not None:
            raise SourceError(source.name, 0, f"looks like {guessed} without a byte order mark", "save it as UTF-8")
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    is_first = True
    for piece in pieces:
        text = decoder.decode(piece)
        yield (text.removeprefix("\ufeff") if is_first else text).encode("utf-8", "surrogatepass")
        is_first = False
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


def _zeros(first: bytes) -> str | None:
    """The encoding in which every other byte of plain letters is zero."""
    head = first[:_LOOKED_AT]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < _ENOUGH_ZEROS or 4 * max(even, odd) < len(head) or min(even, odd):
        return None
    return "UTF-16 (little endian)" if odd > even else "UTF-16 (big endian)"


def _gunzip(source: Source, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The members of a gzip file one after the other; of one cut short what is there, before the error."""
    inflater, begun = zlib.decompressobj(wbits=_WITH_HEADER), False
    for step in _steps(pieces, _GZIP_STEP):
        rest, full = step, False
        while rest or full:  # a full piece may have more behind it though nothing is left to unpack
            begun = True
            try:
                unpacked = inflater.decompress(rest, CHUNK)
            except zlib.error as exc:
                raise _damaged(source, "gzip", exc) from None
            if unpacked:
                yield unpacked
            rest, full = inflater.unconsumed_tail, len(unpacked) == CHUNK
            if inflater.eof:
                rest, full = inflater.unused_data.lstrip(b"\0"), False  # members may be padded
                inflater, begun = zlib.decompressobj(wbits=_WITH_HEADER), False
    if begun:
        raise SourceError(source.name, 0, "gzip file cut short", "copy it again")


def _unzstd(source: Source, pieces: Iterator[bytes]) -> Iterator[bytes]:
    import zstandard

    decompressor = zstandard.ZstdDecompressor(max_window_size=2**27)
    frame = decompressor.decompressobj()
    started = False
    for step in _steps(pieces, _ZSTD_STEP):
        rest = step
        while rest:
            started = True
            try:
                chunk = frame.decompress(rest)
            except zstandard.ZstdError as exc:
                raise _damaged(source, "zstd", exc) from None
            if chunk:
                yield chunk
            rest = b""
            if frame.eof:
                rest, frame, started = frame.unused_data, decompressor.decompressobj(), False
    if started:
        raise SourceError(source.name, 0, "zstd file cut short", "copy it again")


def _guarded(source: Source, file: IO[bytes], pieces: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > BOMB_BYTES and size > BOMB_RATIO * max(file.tell(), 1):
            raise SourceError(
                source.name,
                0,
                BOMB,
                "decompress it yourself if you trust it",
                f"it grows to more than {BOMB_RATIO} times its size",
            )
        yield piece


def lines(pieces: Iterator[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines without their line ends; ``None`` stands for a line beyond ``MAX_ROW_BYTES``.

    Raises:
        SourceError: what ``pieces`` raise, after the lines before it.
    """
    number = 1
    held: list[bytes] = []
    held_size = 0
    whole = UntilCut(pieces)
    for piece in whole:
        *complete, rest = piece.split(b"\n")
        for part in complete:
            held_size += len(part)
            held.append(part)
            yield number, b"".join(held) if held_size <= MAX_ROW_BYTES else None
            number += 1
            held, held_size = [], 0
        held_size += len(rest)
        if held_size <= MAX_ROW_BYTES:
            held.append(rest)
        else:
            held = []
    if held_size:
        yield number, b"".join(held) if held_size <= MAX_ROW_BYTES else None
    whole.check()
