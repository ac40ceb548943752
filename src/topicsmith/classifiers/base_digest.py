"""What a local base model is: a digest of its configuration, tokenizer and weights, not the name of its folder."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from topicsmith.classifiers.tensors import header_of, tensor_entries

_WHOLE = 64 * 1024 * 1024
"""A file up to this size is read whole; of a larger one the header and two pieces of every tensor are."""

_PIECE = 4096
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
        header = header_of(file)
        yield header
        for tensor in tensor_entries(header):
            if not 0 <= tensor.begin < tensor.end <= size:
                continue
            for place in (tensor.begin, (tensor.begin + tensor.end) // 2):
                file.seek(8 + len(header) + place, os.SEEK_SET)
                yield file.read(min(_PIECE, tensor.end - place))
