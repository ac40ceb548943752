"""From a prompt to token ids: the chat template's own tokens around texts that are only ever text.

The template is rendered once with marks in the places of the two messages and cut there. Its parts are tokenized with
the tokenizer's control tokens; what stands in the messages is tokenized by a plain copy of the tokenizer that knows
none, so that no text, whatever it contains, becomes one. Training and use both go through :meth:`ChatLayout.prompt`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from topicsmith.classifiers.torch_common.plain_tokenizer import plain_tokenizer
from topicsmith.classifiers.torch_common.templates import render
from topicsmith.errors import ModelFolderError
from topicsmith.surrogates import without_surrogates

_SYSTEM, _USER = "topicsmithsystemmark", "topicsmithusermark"


@dataclass(frozen=True)
class TemplateParts:
    """What a chat template puts before the system message, between it and the user's, and after that.

    Saved with a model, so that a template which names today's date does not drift away from what was trained on.
    """

    before: str
    between: str
    after: str


@dataclass(frozen=True)
class PromptIds:
    """Token ids of a prompt: ``prefix`` is the same for every text, ``own`` follows it."""

    prefix: tuple[int, ...]
    own: tuple[int, ...]


class ChatLayout:
    """Turns messages into token ids for one tokenizer."""

    def __init__(self, tokenizer: Any, parts: TemplateParts | None = None) -> None:
        """Take a fast Hugging Face tokenizer; ``parts`` are those saved with a model, ``None`` asks the tokenizer.

        Raises:
            ModelFolderError: when the tokenizer is not a fast one, has no token that ends an answer, or its template
                fails.
        """
        name = tokenizer.name_or_path
        if not getattr(tokenizer, "is_fast", False):
            raise ModelFolderError(f"{name}: has no tokenizer.json; choose a model with a fast tokenizer")
        if tokenizer.eos_token_id is None:
            raise ModelFolderError(f"{name}: its tokenizer names no eos_token, so answers would never end")
        self.tokenizer = tokenizer
        self.parts = parts or template_parts(tokenizer)
        self.end: int = tokenizer.eos_token_id
        self._with_control = tokenizer.backend_tokenizer
        self._after = self.template(self.parts.after)
        written = (*self.template(self.parts.before), *self.template(self.parts.between), *self._after)
        self._plain, self.control = plain_tokenizer(self._with_control, written, name)

    def text(self, text: str) -> tuple[int, ...]:
        """The ids of ``text`` as plain text: never a control token, whatever it says.

        Lone surrogates, which tokenizers refuse, become U+FFFD.
        """
        clean = without_surrogates(text)
        ids = self._plain.encode(clean, add_special_tokens=False).ids
        return tuple(i for i in ids if i not in self.control)

    def template(self, text: str) -> tuple[int, ...]:
        """The ids of a part of the template, control tokens and all."""
        return tuple(self._with_control.encode(text, add_special_tokens=False).ids) if text else ()

    def prompt(self, system: str, user: str) -> PromptIds:
        """The ids of a prompt, up to where the answer begins."""
        prefix = (*self.template(self.parts.before), *self.text(system), *self.template(self.parts.between))
        return PromptIds(prefix, self.own(user))

    def own(self, user: str) -> tuple[int, ...]:
        """The part of :meth:`prompt` that follows what all texts share."""
        return (*self.text(user), *self._after)

    def decode(self, ids: list[int]) -> str:
        """The text of ``ids``, control tokens left out."""
        text: str = self._with_control.decode(ids, skip_special_tokens=True)
        return text


def template_parts(tokenizer: Any) -> TemplateParts:
    """The parts of ``tokenizer``'s chat template, thinking off; without a template, plain paragraphs.

    A template that knows no system role gets both messages in the user's.

    Raises:
        ModelFolderError: when the template cannot be rendered with the two messages in it.
    """
    if not tokenizer.chat_template:
        return TemplateParts(tokenizer.bos_token or "", "\n\n", "\n\n")
    both = [{"role": "system", "content": _SYSTEM}, {"role": "user", "content": _USER}]
    merged = [{"role": "user", "content": f"{_SYSTEM}\n\n{_USER}"}]
    values = {
        **tokenizer.special_tokens_map,
        "tools": None,
        "documents": None,
        "add_generation_prompt": True,
        "enable_thinking": False,
    }
    outcomes = render(_template(tokenizer), tokenizer.name_or_path, (both, merged), values)
    parts = next((found for each in outcomes if (found := _cut(each.text)) is not None), None)
    if parts is None:
        why = next((f" ({each.error})" for each in outcomes if each.error), "")
        raise ModelFolderError(
            f"{tokenizer.name_or_path}: its chat template does not render a system and a user message{why}; "
            "choose a model with a template for chats"
        )
    return parts


def _template(tokenizer: Any) -> object:
    """The template for plain chats, where a tokenizer may have several by name."""
    found = tokenizer.chat_template
    return found.get("default") if isinstance(found, Mapping) else found


def _cut(text: str | None) -> TemplateParts | None:
    if text is None or text.count(_SYSTEM) != 1 or text.count(_USER) != 1 or text.index(_SYSTEM) > text.index(_USER):
        return None
    before, rest = text.split(_SYSTEM)
    between, after = rest.split(_USER)
    return TemplateParts(before, between, after)
