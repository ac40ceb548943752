"""How a model folder is used without topicsmith: the programs that model cards print, as package data."""

from collections.abc import Mapping
from importlib.resources import files

ENCODER_HALF = "the encoder half alone, of an encoder and a decoder"
"""The note of a training that used so much of its base model."""


def program(name: str) -> str:
    """The program called ``name``, without its last line end."""
    return files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")


def encoder_program(name: str, about: Mapping[str, object]) -> str:
    """The program ``name`` for an encoder that reads as many tokens as ``topicsmith.json`` says."""
    notes, found = _notes(about), program(name)
    if notes.get("base model") == ENCODER_HALF:
        found = found.replace("AutoModel,", "AutoModelForTextEncoding,").replace(
            "AutoModel.", "AutoModelForTextEncoding."
        )
    return found.replace("MAX_TOKENS", str(notes.get("max tokens", 512)))


def long_texts_note(about: Mapping[str, object]) -> str:
    """What these programs do not do as topicsmith does; empty where there is nothing."""
    if _notes(about).get("rule for texts beyond", "head") == "head":
        return ""
    return " Texts beyond its length are cut at the end here, unlike by topicsmith, so that it may answer otherwise."


def _notes(about: Mapping[str, object]) -> Mapping[str, object]:
    notes = about.get("notes")
    return notes if isinstance(notes, Mapping) else {}
