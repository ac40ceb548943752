"""A tokenizer from its file alone, as the text encoder uses those of transformers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from topicsmith.errors import ModelFolderError, first_line
from topicsmith.json_file import COPY_AGAIN

TOKENIZER = "tokenizer.json"


class FileTokenizer:
    """``tokenizer.json`` with the little of transformers' interface that the text encoder asks for.

    It pads with the token ``padding`` and, for a text that makes no token at all, gives the token ``empty``.
    """

    def __init__(self, path: Path, padding: int, empty: int) -> None:
        """Read the file.

        Raises:
            ModelFolderError: in one line, when it is missing or damaged.
        """
        from tokenizers import Tokenizer

        try:
            self._tokenizer: Any = Tokenizer.from_file(str(path))
        except Exception as exc:  # noqa: BLE001  # tokenizers raises nothing narrower
            raise ModelFolderError(f"{path}: cannot be read ({first_line(exc)}); {COPY_AGAIN}") from None
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self.name_or_path = str(path)
        self.pad_token_id = padding
        self.bos_token_id = empty

    def __call__(
        self,
        texts: str | Sequence[str],
        add_special_tokens: bool = True,
        split_special_tokens: bool = False,
        **_: object,
    ) -> dict[str, Any]:
        """``input_ids`` of one text or of several; words that look like control tokens stay words when split."""
        self._tokenizer.encode_special_tokens = split_special_tokens
        if isinstance(texts, str):
            return {"input_ids": self._tokenizer.encode(texts, add_special_tokens=add_special_tokens).ids}
        encoded = self._tokenizer.encode_batch(list(texts), add_special_tokens=add_special_tokens)
        return {"input_ids": [each.ids for each in encoded]}
