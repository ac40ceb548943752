"""Halves of surrogate pairs: what JSON lets through, and no file, table or tokenizer takes."""

import encodings.utf_16_le  # noqa: F401  # at import, since a process without file handles could not load it later


def without_surrogates(text: str) -> str:
    r"""``text`` with pairs joined and halves without their other half replaced by U+FFFD.

    >>> without_surrogates("a\ud83d\ude00b\ud83d") == "a\U0001f600b\ufffd"
    True
    """
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
