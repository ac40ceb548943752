"""What a local base model is: a digest of its configuration, tokenizer and weights, not the name of its folder."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

_WHOLE = 64 * 1024 * 1024
"""A file up to this size is read whole; of a larger one the header and two pieces of every tensor are."""

_PIECE = 4096
_LONGEST_HEADER = 100_000_000  # what the format allows
_TEXTS = (".json", ".txt", ".model", ".jinja")


def digest_of(base: str) -> str | None:
    """The digest of the folder ``base``; ``None`` where it is a name on the hub, whose weights are not here.

    Raises:
        OSError: when a file cannot be read.
    """
    folder = Path(base)
    return base_digest(folder) if folder.is_dir() else None


def base_digest(folder: Path) -> str:
    """The digest of a model folder; other weights, another tokenizer or another configuration give another one.

    Raises:
        OSError: when a file cannot be read.
    """
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.name.endswith((".safetensors", *_TEXTS)) and path.is_file():
            size = path.stat().st_size
            found.update(f"{path.name}\0{size}\0".encode())
            for piece in _pieces(path, size):
                found.update(piece)
    return found.hexdigest()


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    """What of a file goes into the digest. Training changes nearly every number of a tensor, so pieces show it."""
    with path.open("rb") as file:
        if size <= _WHOLE or path.suffix != ".safetensors":
            while chunk := file.read(1 << 20):
                yield chunk
            return
        length = int.from_bytes(file.read(8), "little")
        header = file.read(min(length, _LONGEST_HEADER))
        yield header
        for begin, end in _tensors(header):
            for place in (begin, (begin + end) // 2):
                file.seek(8 + length + place, os.SEEK_SET)
                yield file.read(min(_PIECE, end - place))


def _tensors(header: bytes) -> list[tuple[int, int]]:
    """Where each tensor begins and ends; nothing of a header that is damaged, which loading refuses."""
    try:
        entries = json.loads(header)
        places = [entry["data_offsets"] for name, entry in entries.items() if name != "__metadata__"]
        return [(int(begin), int(end)) for begin, end in places if 0 <= int(begin) < int(end)]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []
