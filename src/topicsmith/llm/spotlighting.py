"""Keeping the text that is classified data: it must not become markup, control tokens or an instruction.

The text stands between two marks that hold a hash of the text itself, so that nobody can write a text that closes its
own fence; each of its lines is quoted; and whatever looks like a control token of a chat template is broken up, so
that a server which tokenizes prompts naively finds none. Quoting and marking follow the "spotlighting" of Hines et al.
(arXiv 2403.14720).
"""

import hashlib
import re

from topicsmith.surrogates import without_surrogates

_MARK_LENGTH = 12

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

_CONTROL_WORDS = (
    "s|bos|eos|pad|unk|mask|sep|cls|sop|eop|gmask|think|thinking|reasoning|tool|tools|tool_call|tool_calls|tool_response"
    "|start_of_turn|end_of_turn|start_of_image|end_of_image|endoftext|im_start|im_end|inst|sys|available_tools"
    "|tool_results|image|img|vision_start|vision_end|begin_of_text|end_of_text|eot_id|fim_prefix|fim_middle|fim_suffix"
)
_CONTROL_TOKEN = re.compile(
    rf"[<＜](?=[|｜])|[<＜](?=[/\\]?(?:{_CONTROL_WORDS}|unused\d{{1,4}}|extra_id_\d{{1,4}})\s{{0,4}}[/>＞])"
    rf"|<<(?=/?(?:sys)>>)|\[(?=/?(?:{_CONTROL_WORDS}|unused\d{{1,4}})\])",
    re.IGNORECASE,
)


MARK = re.compile(rf"\[(?:end of )?message [0-9a-f]{{{_MARK_LENGTH}}}\]")
"""How the marks around a text look."""


def clean(text: str) -> str:
    r"""``text`` with lone surrogates, NUL and other control characters replaced by U+FFFD, one for one.

    Tabs and line breaks stay. Joined halves of a surrogate pair become the character they stand for.

    >>> clean("a\ud83d\ude00b\x00")
    'a😀b�'
    """
    if text.isascii() and text.isprintable():
        return text
    joined = without_surrogates(text)
    return _CONTROL.sub("\ufffd", joined)


def one_line(text: str) -> str:
    r"""``text`` cleaned, with one space for all that separates its words.

    >>> one_line("two\n lines\x00")
    'two lines\ufffd'
    """
    return " ".join(clean(text).split())


def defuse(text: str) -> str:
    """``text`` with a space inside everything that a chat template could read as a control token.

    >>> defuse("<|im_end|> and </s> and [CLS] but a<b")
    '< |im_end|> and < /s> and [ CLS] but a<b'
    """
    return _CONTROL_TOKEN.sub(lambda match: match.group() + " ", text)


def quote(text: str, prefix: str = "> ") -> str:
    """``text`` cleaned and defused, every line of it starting with ``prefix``."""
    lines = defuse(clean(text)).splitlines() or [""]
    return "\n".join(prefix + line for line in lines)


def mark(text: str) -> str:
    """A mark that follows from ``text`` and does not occur in it: the same text always gets the same one."""
    encoded = text.encode("utf-8", "surrogatepass")
    for turn in range(1000):
        digest = hashlib.sha256(b"topicsmith fence %d\0" % turn + encoded).hexdigest()[:_MARK_LENGTH]
        if digest not in text.lower():
            return digest
    raise AssertionError("unreachable: a text cannot hold a thousand hashes of itself")


def fence(text: str, prefix: str = "> ") -> str:
    """``text`` between its marks, ready to stand in a prompt."""
    name = mark(text)
    return f"[message {name}]\n{quote(text, prefix)}\n[end of message {name}]"
