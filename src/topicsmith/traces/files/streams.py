"""Bytes out of plain, gzip and zstd files, in pieces of bounded size, and lines out of those."""

import gzip
import zlib
from collections.abc import Iterator
from typing import IO

from topicsmith.traces.base import SourceError
from topicsmith.traces.files.sources import Source

CHUNK = 2**20
MAX_ROW_BYTES = 32 * 2**20
"""A longer row is skipped without being held in memory."""

BOMB = "looks like a decompression bomb"
BOMB_BYTES = 256 * 2**20
BOMB_RATIO = 200
"""A packed file that grows beyond ``BOMB_BYTES`` at more than this ratio is refused; logs pack 5 to 50 to one."""

_ZSTD_STEP = 1024  # zstd can turn 4 bytes into 128 KiB, so few bytes are given to it at a time


def chunks(source: Source) -> Iterator[bytes]:
    """The unpacked bytes of ``source``, in pieces.

    Raises:
        SourceError: when it cannot be opened, is cut short, is not what its name says, or is a decompression bomb.
    """
    try:
        with source.path.open("rb") as file:
            if source.packing == ".gz":
                yield from _guarded(source, file, _gunzip(source, file))
            elif source.packing == ".zst":
                yield from _guarded(source, file, _unzstd(source, file))
            else:
                while chunk := file.read(CHUNK):
                    yield chunk
    except OSError as exc:
        raise SourceError(
            source.name, 0, "cannot be read", "check the path and its rights", str(exc.strerror)
        ) from None


def _gunzip(source: Source, file: IO[bytes]) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
        try:
            while chunk := unpacked.read(CHUNK):
                yield chunk
        except EOFError:
            raise SourceError(source.name, 0, "gzip file cut short", "copy it again") from None
        except (gzip.BadGzipFile, zlib.error) as exc:
            raise SourceError(source.name, 0, "not a gzip file", "decompress it or copy it again", str(exc)) from None


def _unzstd(source: Source, file: IO[bytes]) -> Iterator[bytes]:
    import zstandard

    decompressor = zstandard.ZstdDecompressor(max_window_size=2**27)
    frame = decompressor.decompressobj()
    started = False
    while step := file.read(_ZSTD_STEP):
        while step:
            started = True
            try:
                chunk = frame.decompress(step)
            except zstandard.ZstdError as exc:
                raise SourceError(
                    source.name, 0, "not a zstd file", "decompress it or copy it again", str(exc)
                ) from None
            if chunk:
                yield chunk
            step = b""
            if frame.eof:
                step, frame, started = frame.unused_data, decompressor.decompressobj(), False
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
    """Numbered lines without their line ends; ``None`` stands for a line beyond ``MAX_ROW_BYTES``."""
    number = 1
    held: list[bytes] = []
    held_size = 0
    for piece in pieces:
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
