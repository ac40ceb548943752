"""Writes the shape of every document that ``--json`` prints to ``docs/schemas``; a test holds them together."""

import json
import pkgutil
from importlib import import_module
from pathlib import Path

from pydantic import TypeAdapter

import topicsmith.cli
from topicsmith.cli.json_output.documents import JsonDocument

FOLDER = Path(__file__).parent.parent / "docs" / "schemas"


def document_types() -> dict[str, type[JsonDocument]]:
    """By the name of its file, every kind of document."""
    for module in pkgutil.walk_packages(topicsmith.cli.__path__, "topicsmith.cli."):
        import_module(module.name)
    return {kind.__name__.removesuffix("Document").lower(): kind for kind in JsonDocument.__subclasses__()}


def render(kind: type[JsonDocument]) -> str:
    """The JSON schema of a kind of document."""
    schema = TypeAdapter(kind).json_schema(mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=2) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, kind in document_types().items():
        (FOLDER / f"{name}.json").write_text(render(kind), encoding="utf-8")
