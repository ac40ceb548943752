"""Foreign text made safe for tokenizers: no lone surrogates, no unbounded length."""

from topicsmith.surrogates import without_surrogates

MAX_CHARACTERS = 100_000
"""Characters of one text that any local classifier reads; the rest cannot change its answer."""


def plain_text(text: str, limit: int = MAX_CHARACTERS) -> str:
    r"""``text`` with surrogate pairs joined, lone surrogates replaced by U+FFFD, and at most ``limit`` characters.

    Fast tokenizers refuse lone surrogates with a misleading type error, and JSON cannot store them.

    >>> plain_text("a\ud83d\ude00b\ud83d") == "a\U0001f600b\ufffd"
    True
    """
    text = text[:limit]
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return without_surrogates(text)
    return text
