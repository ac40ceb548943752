"""A tokenizer for texts alone: no control token comes out of it, and nothing of a text is lost.

Tokenizers list more than control tokens as "added": Gemma's names line ends, runs of blanks and HTML tags so, other
models add words of their field. What counts as control is what is marked special, and what the chat template writes.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from topicsmith.errors import ModelFolderError

_PIECES = ("\n", "\n\n", "\r\n", "\t", "  ", "    ", "<b>", "</b>", "<br />", "[x]", "{}", "`", "|")
_BESIDE = ("a", "b")


def plain_tokenizer(whole: Any, written: Collection[int], name: str) -> tuple[Any, frozenset[int]]:
    """A copy of ``whole`` without control tokens, and the ids of those.

    Args:
        whole: a tokenizer of the library tokenizers.
        written: the ids that the chat template writes around the messages.
        name: of the model, for messages.

    Raises:
        ModelFolderError: when texts would lose line ends, blanks or tags that ``whole`` itself keeps.
    """
    state = json.loads(whole.to_str())
    state.update(post_processor=None, truncation=None, padding=None)
    added: list[dict[str, Any]] = state["added_tokens"]
    control = frozenset(
        token["id"] for token in added if token["special"] or (token["id"] in written and token["content"].strip())
    )
    ordinary = {token["content"]: token["id"] for token in added if token["id"] not in control}
    plain = _without(state, {token["id"] for token in added})
    lost = set(_lost(whole, plain, control, ordinary))
    if lost:
        plain = _without(state, {token["id"] for token in added if token["content"] not in lost})
        moved = (text for text in lost & set(ordinary) if plain.token_to_id(text) != ordinary[text])
        still = next(moved, None) or next(_lost(whole, plain, control, (*ordinary, *_PIECES)), None)
        if still is not None:
            raise ModelFolderError(
                f"{name}: its tokenizer loses {still!r} from a text when control tokens are kept out of it (tried with "
                f"{_between(still)!r}); choose another model"
            )
    return plain, control


def _without(state: Mapping[str, Any], ids: Collection[int]) -> Any:
    """The tokenizer of ``state`` whose added tokens ``ids`` no text can meet.

    Those that the vocabulary does not hold as well keep their place, under a name of their own, since ids follow from
    the order.
    """
    from tokenizers import Tokenizer

    vocabulary = state["model"].get("vocab", {})
    known = vocabulary if isinstance(vocabulary, dict) else {piece for piece, _ in vocabulary}
    kept = [
        {**token, "content": f"\ue000{token['id']}\ue001"} if token["id"] in ids else token
        for token in state["added_tokens"]
        if token["id"] not in ids or token["content"] not in known
    ]
    return Tokenizer.from_str(
        json.dumps({**state, "added_tokens": kept if len(ids) < len(state["added_tokens"]) else []})
    )


def _lost(whole: Any, plain: Any, control: Collection[int], ordinary: Collection[str]) -> Iterator[str]:
    """Which pieces of text ``plain`` does not give back and ``whole`` does."""
    for piece in dict.fromkeys((*ordinary, *_PIECES)):
        text = _between(piece)
        ids = [i for i in plain.encode(text, add_special_tokens=False).ids if i not in control]
        read = plain.decode(ids, skip_special_tokens=False).lstrip(" ")
        if read != text:
            own = whole.encode(text, add_special_tokens=False).ids
            if read != whole.decode(own, skip_special_tokens=False).lstrip(" "):
                yield piece


def _between(piece: str) -> str:
    return piece.join(_BESIDE)
