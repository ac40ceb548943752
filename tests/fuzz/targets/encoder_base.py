"""A foreign base model of the kind ``encoder``: its configuration, tokenizer and weights, up to the trained model."""

import shutil
from functools import cache
from pathlib import Path

from tests.classifiers.tiny_models import tiny_bert
from tests.fuzz import folders
from tests.fuzz.harness import Target
from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.encoder.kind import KIND
from topicsmith.classifiers.encoder.settings import EncoderSettings
from topicsmith.errors import TopicsmithError
from topicsmith.progress import SilentProgress
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, Topic

TAXONOMY = Taxonomy((Topic("Food"), Topic("Music")))
ROWS = [Example("1", "soup bread", "Food"), Example("2", "guitar song", "Music"), Example("3", "salt", "Food")]


@cache
def base() -> Path:
    """A tiny BERT, made once."""
    return tiny_bert(folders.ROOT / "encoder")


def _read(path: Path) -> None:
    folder = path.parent / "model"
    shutil.copytree(base(), folder)
    folders.placed(path, folder)
    settings = EncoderSettings(name="tiny", kind="encoder", model="model", epochs=1, seeds=1, device="cpu")
    KIND.check(settings, path.parent)
    rows = tuple(ROWS)
    KIND.fit(settings, TrainSet(rows), ValidationSet(rows[:2]), _context(path.parent))


def _context(folder: Path) -> FitContext:
    return FitContext(TAXONOMY, folder / "work", folder / "ledger.sqlite", folder, SilentProgress())


TARGET = Target(_read, (TopicsmithError,), made=lambda: folders.files(base(), ".json", ".safetensors"), named=True)
