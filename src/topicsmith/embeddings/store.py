"""Vectors of texts, kept in a folder: each text is read by the sentence encoder once, in this run or in a later one."""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from topicsmith.atomic_files import replacing
from topicsmith.classifiers.base_digest import digest_of
from topicsmith.classifiers.plain_text import plain_text
from topicsmith.classifiers.torch_common.hub import find_model, need_torch
from topicsmith.errors import first_line
from topicsmith.progress import Progress, SilentProgress, Task

if TYPE_CHECKING:
    from topicsmith.classifiers.encoder.sentence_encoder import SentenceEncoder

Vectors = NDArray[np.float32]
VECTORS = "vectors"
"""The folder of a run that keeps them."""
_ENCODE_AT_ONCE = 4096
"""Texts that are encoded before what is there is written: what a killed process loses at most."""
_BATCH = 256
_SILENT = SilentProgress()
_log = logging.getLogger(__name__)


class KeptVectors:
    """The vectors of one sentence encoder, in one file.

    The file is named after the encoder's content, so that another encoder under the same name is not confused with it;
    texts are known by their digest and do not stand in it.
    """

    def __init__(self, folder: Path, source: str, encoder: "SentenceEncoder | None" = None) -> None:
        """Keep the vectors of ``source``, a model folder or a name on the hub, in ``folder``.

        With ``encoder``, which was loaded from there, they are those that it makes.
        """
        name = digest_of(source) or hashlib.sha256(source.encode()).hexdigest()
        if encoder is not None:
            way = f"{name} {encoder.texts.long_texts} {encoder.texts.padding.side}"
            name = hashlib.sha256(way.encode()).hexdigest()
        self.path = folder / f"{name[:16]}.safetensors"
        self._source, self._encoder = source, encoder
        self._keys, self._vectors = _read(self.path)
        self._places = {key: at for at, key in enumerate(self._keys)}

    def encode(self, texts: Sequence[str], progress: Progress = _SILENT) -> Vectors:
        """Vectors of length one, shape (texts, width).

        Raises:
            ModelFolderError: when the encoder cannot be had.
            StorageError: when the file cannot be written.
        """
        plain = [plain_text(text) for text in texts]
        keys = [_key(text) for text in plain]
        new = {key: text for key, text in zip(keys, plain, strict=True) if key not in self._places}
        ordered = list(new.items())
        with progress.task("reading texts", len(ordered), "texts") as task:
            for start in range(0, len(ordered), _ENCODE_AT_ONCE):
                self._add(dict(ordered[start : start + _ENCODE_AT_ONCE]), task)
        if not keys:
            return self._vectors[:0] if len(self._vectors) else self._load().encode([])
        return self._vectors[[self._places[key] for key in keys]]

    def _load(self) -> "SentenceEncoder":
        from topicsmith.classifiers.encoder.sentence_encoder import SentenceEncoder

        if self._encoder is None:
            self._encoder = SentenceEncoder(self._source)
        return self._encoder

    def _add(self, texts: dict[bytes, str], task: Task) -> None:
        encoder, plain, parts = self._load(), list(texts.values()), []
        for start in range(0, len(plain), _BATCH):
            parts.append(encoder.encode(plain[start : start + _BATCH]))
            task.advance(len(parts[-1]))
        found = np.concatenate(parts)
        self._vectors = np.concatenate([self._vectors, found]) if len(self._vectors) else found
        self._places.update(zip(texts, range(len(self._keys), len(self._vectors)), strict=True))
        self._keys.extend(texts)
        self._write()

    def _write(self) -> None:
        from safetensors.numpy import save_file

        keys = np.frombuffer(b"".join(self._keys), np.uint8).reshape(len(self._keys), -1)
        with replacing(self.path) as temporary:
            save_file({"keys": keys, "vectors": self._vectors}, temporary)


def kept_vectors(folder: Path, model: str = "minilm", project_folder: Path = Path()) -> KeptVectors:
    """The vectors of ``model`` kept in ``folder``; ``model`` as in the settings of candidates.

    Raises:
        MissingExtraError: when torch or the model is not installed.
        ModelFolderError: when a local folder is no model.
    """
    need_torch("sentence vectors")
    return KeptVectors(folder, find_model(model, project_folder))


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _read(path: Path) -> tuple[list[bytes], Vectors]:
    """What the file holds; nothing where there is none or it is damaged, since vectors can be made again."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    nothing: tuple[list[bytes], Vectors] = ([], np.zeros((0, 0), np.float32))
    if not path.is_file():
        return nothing
    try:
        arrays = load_file(path)
        keys, vectors = arrays["keys"], np.asarray(arrays["vectors"], np.float32)
        if keys.shape != (len(vectors), 16) or vectors.ndim != 2 or not np.isfinite(vectors).all():
            raise ValueError("its arrays do not fit each other")
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as exc:
        _log.warning("%s: cannot be read (%s); texts are encoded again", path, first_line(exc))
        return nothing
    return [row.tobytes() for row in np.asarray(keys, np.uint8)], vectors
