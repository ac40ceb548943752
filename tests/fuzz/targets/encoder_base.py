"""A foreign base model of the kind ``encoder``: its configuration, tokenizer and weights, up to the trained model."""

import shutil
from functools import cache
from pathlib import Path

from tests.classifiers.tiny_models import tiny_bert
from tests.fuzz import folders
from tests.fuzz.harness import Target
from topicsmith.classifiers.base import FitContext, FittedModel
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
    folder = tiny_bert(folders.ROOT / "model")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling/config.json").write_text('{"pooling_mode_mean_tokens": false}')
    return folder


def fitted(folder: Path) -> FittedModel:
    """The model in ``folder`` trained for an epoch of three rows."""
    import torch

    base()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # many for so little work wait for one another
    settings = EncoderSettings(name="tiny", kind="encoder", model="model", epochs=1, seeds=1, device="cpu")
    KIND.check(settings, folder)
    rows = tuple(ROWS)
    try:
        return KIND.fit(settings, TrainSet(rows), ValidationSet(rows[:2]), _context(folder))
    finally:
        torch.set_num_threads(threads)


def _read(path: Path) -> None:
    folder = path.parent / "model"
    shutil.copytree(base(), folder)
    folders.placed(path, folder)
    fitted(path.parent)


def _context(folder: Path) -> FitContext:
    return FitContext(TAXONOMY, folder / "work", folder / "ledger.sqlite", folder, SilentProgress())


@cache
def _made() -> list[bytes]:
    fitted(folders.ROOT)  # what the libraries import when they are first used takes seconds
    return folders.files(base(), ".json", ".safetensors")


TARGET = Target(_read, (TopicsmithError,), made=_made, named=True)
