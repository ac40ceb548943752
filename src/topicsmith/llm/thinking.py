"""How little a model can be made to think, and the room its thoughts need, from a dated table with its sources.

The table is data that comes with the package (``llm/tables/thinking.yaml``). A model that is not in it is asked without
room for thoughts first; an answer that thoughts ate is asked for again with room
(:mod:`topicsmith.llm.requests.answer_room`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

import yaml

from topicsmith.llm.types import ChatRequest


@dataclass(frozen=True, slots=True)
class Thinking:
    """What a request to a model says about thinking.

    Attributes:
        least: what to merge into the request's body so that the model thinks least.
        room: the tokens that thoughts may take beside the answer: a cap, paid only where it is used.
        temperature: whether a temperature may be sent.
    """

    least: Mapping[str, object] = field(default_factory=dict)
    room: int = 0
    temperature: bool = True


@lru_cache(maxsize=512)
def thinking(provider: str, model: str) -> Thinking:
    """What the table says of ``model`` at ``provider``; for a fine-tuned one, of the model it was tuned from.

    >>> thinking("openai", "gpt-6-luna").least, thinking("compatible", "llama-3").room
    ({'reasoning_effort': 'none'}, 0)
    """
    name = model.removeprefix("ft:").rpartition("/")[2].casefold()
    entries = [entry for entry in _table() if entry["provider"] == provider and _names(str(entry["id"]), name)]
    found = max(entries, key=lambda entry: (not str(entry["id"]).endswith("*"), len(str(entry["id"]))), default=None)
    if found is None:
        return Thinking()
    least, room = found.get("least", {}), found["room"]
    assert isinstance(least, dict)
    assert isinstance(room, int)
    return Thinking(least, room, found.get("temperature", True) is True)


def output_cap(request: ChatRequest, known: Thinking) -> int:
    """The most tokens that an answer and the thoughts before it may take, where ``known`` is of the model asked."""
    thoughts = request.thinking_tokens
    return request.max_output_tokens + (known.room if thoughts is None else thoughts)


def _names(entry: str, model: str) -> bool:
    return model.startswith(entry[:-1]) if entry.endswith("*") else model == entry


@lru_cache(maxsize=1)
def _table() -> tuple[Mapping[str, object], ...]:
    text = (resources.files("topicsmith.llm") / "tables" / "thinking.yaml").read_text(encoding="utf-8")
    entries: list[Mapping[str, object]] = yaml.safe_load(text)["models"]
    return tuple(entries)
