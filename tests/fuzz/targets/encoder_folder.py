"""Folders of trained encoders, with digests that fit what was damaged, through the command that loads them."""

from dataclasses import replace
from functools import cache
from pathlib import Path

from tests.fuzz import folders
from tests.fuzz.targets import encoder_base, model_folder
from topicsmith.classifiers.model_folder import save_classifier


@cache
def models() -> Path:
    """A folder with the model folder of a tiny encoder."""
    found = folders.ROOT / "encoders"
    fitted = encoder_base.fitted(folders.ROOT)
    save_classifier(fitted, "encoder", found / "tiny", "# A tiny encoder\n", {"name": "tiny"})
    return found


TARGET = replace(
    model_folder.TARGET,
    read=lambda path: model_folder.classified(path, models()),
    made=lambda: folders.files(models(), ".json", ".safetensors"),
)
