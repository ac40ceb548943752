"""What ``--json`` prints: one document a command, its shape in ``docs/schemas``.

Every document has ``format`` (1; a change that would break a reader raises it), ``command`` and ``exit_code``. Each
command's own stands in the module of the command.
"""

import sys
from dataclasses import dataclass
from typing import Literal

import orjson


@dataclass(frozen=True, kw_only=True)
class JsonDocument:
    """What every document has."""

    command: str
    exit_code: int = 0
    format: Literal[1] = 1


@dataclass(frozen=True, kw_only=True)
class ErrorDocument(JsonDocument):
    """The command ended early: ``error`` is the line that also stands on standard error."""

    error: str


def show(document: JsonDocument) -> None:
    """Print ``document``."""
    from topicsmith.evaluation.serialization import to_document  # brings pydantic, which few commands need at once

    sys.stdout.write(orjson.dumps(to_document(document), option=orjson.OPT_INDENT_2).decode() + "\n")
