"""Chat templates come with models of others and are programs: rendered in a child process with limits, never here."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from topicsmith.classifiers.torch_common import template_child
from topicsmith.errors import ModelFolderError

WALL_S = 20.0
"""How long a template may take, the start of the process included; its own work may take a quarter of that."""
_KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "HOME", "TZ", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
"""What the child sees of the environment: where Python and its libraries are, and no key."""
_SIGNALS = {"XCPU": "takes too long", "KILL": "takes too much time or memory"}


@dataclass(frozen=True)
class Rendered:
    """What became of one conversation: its ``text``, or ``None`` and the ``error`` in a line."""

    text: str | None
    error: str = ""


def render(
    template: object, name: str, conversations: Sequence[Sequence[Mapping[str, str]]], values: Mapping[str, object]
) -> tuple[Rendered, ...]:
    """Render each of ``conversations`` (messages with role and content) by ``template``, with ``values`` beside them.

    One process for all of them, once for the same question.

    Raises:
        ModelFolderError: when the model ``name`` has no text for a template, or its template takes more time or
            memory than a template may, or cannot be compiled.
    """
    if not isinstance(template, str):
        raise _unfit(name, f"is {type(template).__name__}, not a text")
    try:
        asked = json.dumps({"template": template, "conversations": conversations, "values": values})
        asked.encode()
    except (TypeError, ValueError, RecursionError) as exc:
        raise _unfit(name, f"cannot be read ({type(exc).__name__})") from None
    return _outcomes(asked, name)


@lru_cache(maxsize=8)
def _outcomes(asked: str, name: str) -> tuple[Rendered, ...]:
    environment = {key: os.environ[key] for key in _KEPT if key in os.environ}
    command = [sys.executable, "-P", "-B", str(Path(template_child.__file__))]
    try:
        done = subprocess.run(  # noqa: S603  # our own file
            command, input=asked.encode(), env=environment, capture_output=True, timeout=WALL_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise _unfit(name, "takes too long") from None
    if done.returncode != 0:
        raise _unfit(name, _ended(done.returncode, done.stderr))
    outcomes: list[dict[str, Any]] = json.loads(done.stdout)["outcomes"]
    return tuple(Rendered(each.get("text"), each.get("error", "")) for each in outcomes)


def _ended(code: int, said: bytes) -> str:
    """Why the child ended without an answer: by its limit of time, of memory, or otherwise."""
    import signal

    if code < 0:
        signal_name = signal.Signals(-code).name.removeprefix("SIG")
        return _SIGNALS.get(signal_name, f"breaks the process that renders it ({signal_name})")
    last = said.decode(errors="replace").strip().rpartition("\n")[2][:200]
    return "takes too much memory" if "MemoryError" in last else f"breaks the process that renders it ({last})"


def _unfit(name: str, why: str) -> ModelFolderError:
    return ModelFolderError(f"{name}: its chat template {why}; choose a model with a template for chats")
