"""A tokenizer's file against transformers' own reading of it."""

from pathlib import Path

import pytest

from topicsmith.classifiers.encoder.tokenization import TextEncoder, load_tokenizer
from topicsmith.classifiers.onnx.tokens import FileTokenizer
from topicsmith.errors import ModelFolderError


@pytest.mark.parametrize("long_texts", ["head", "head_tail", "windows"])
def test_the_same_tokens_as_transformers_gives(tiny: Path, long_texts: str) -> None:
    whole = TextEncoder(load_tokenizer(str(tiny)), 16, long_texts)  # type: ignore[arg-type]  # one of three
    small = TextEncoder(
        FileTokenizer(tiny / "tokenizer.json", whole.padding.id, whole.empty_id),
        16,
        long_texts,  # type: ignore[arg-type]  # one of three
    )
    texts = ["soup", "", "[CLS] [SEP] bread", "how do i boil it " * 9, "é ￿ 你好", "a\ud83d"]
    first, second = whole.encode(texts), small.encode(texts)
    assert [piece.tolist() for piece in second.pieces] == [piece.tolist() for piece in first.pieces]
    assert (small.prefix, small.suffix, small.padding, small.empty_id) == (
        whole.prefix,
        whole.suffix,
        whole.padding,
        whole.empty_id,
    )


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelFolderError, match=r"tokenizer.json: cannot be read .*; copy the folder again"):
        FileTokenizer(tmp_path / "tokenizer.json", 0, 0)
