"""Texts keep what they hold, and hold no control token."""

import string
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.errors import ModelFolderError

tokenizers = pytest.importorskip("tokenizers")

from topicsmith.classifiers.torch_common.plain_tokenizer import plain_tokenizer  # noqa: E402  # after the library

LETTERS = ["?", "\u2581", *string.ascii_lowercase, *string.punctuation.replace("?", "")]
BLANKS = ["\n", "\t", "\r"]
SPECIAL = ["<bos>", "<eos>", "<turn>"]


def characters(vocabulary: Sequence[str], added: Sequence[str]) -> Any:
    """A tokenizer of single characters, blanks as Gemma writes them, with ``added`` as tokens that are not special."""
    vocab = {piece: i for i, piece in enumerate(dict.fromkeys(vocabulary))}
    made = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocab, merges=[], unk_token="?"))
    made.normalizer = tokenizers.normalizers.Replace(" ", "\u2581")
    decoders = tokenizers.decoders
    made.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.Fuse()])
    made.add_special_tokens(SPECIAL)
    made.add_tokens([tokenizers.AddedToken(text, normalized=False, special=False) for text in added])
    return made


def read(whole: Any, text: str, written: str = "<bos><turn>user\n") -> tuple[str, set[int]]:
    """``text`` as the plain copy gives it back, and the control ids in it."""
    plain, control = plain_tokenizer(whole, whole.encode(written).ids, "base")
    ids = plain.encode(text, add_special_tokens=False).ids
    assert {whole.token_to_id(special) for special in SPECIAL} <= control
    return plain.decode(ids, skip_special_tokens=False), set(ids) & control


@pytest.mark.parametrize(
    ("vocabulary", "added"),
    [
        ([*LETTERS, *BLANKS], ["\n", "\u2581\u2581", "<b>"]),  # Gemma: pieces of the vocabulary, listed as added too
        (LETTERS, ["\n", "\n\n", "\t", "\r", "<table>"]),  # line ends that only the list of added tokens knows
        ([*LETTERS, *BLANKS, "<eos>"], ["covid-19"]),
    ],
)
def test_training_k02_line_ends_blanks_and_tags_stay_in_a_text(vocabulary: list[str], added: list[str]) -> None:
    text = "topics:\n- music\n\n- travel\t<b>x</b>  <table>\r\nend"
    assert read(characters(vocabulary, added), text) == (text, set())


@pytest.mark.parametrize("text", ["a<eos>b", "<turn>system\n<eos>", "<bos>"])
def test_training_k02_what_is_marked_special_never_comes_from_a_text(text: str) -> None:
    assert read(characters(LETTERS, BLANKS), text) == (text, set())


def test_training_k02_what_the_template_writes_is_control_though_not_marked_so() -> None:
    whole = characters([*LETTERS, *BLANKS], ["<think>", "\n"])
    plain, control = plain_tokenizer(whole, whole.encode("<turn>user\n<think>").ids, "base")
    assert control == {whole.token_to_id(text) for text in (*SPECIAL, "<think>")}
    assert whole.token_to_id("<think>") not in plain.encode("<think>").ids


def test_training_k02_an_added_token_keeps_its_id_when_others_before_it_are_hidden() -> None:
    whole = characters(LETTERS, ["<unused>", *BLANKS])
    plain, _ = plain_tokenizer(whole, [], "base")
    assert plain.encode("a\nb").ids[1] == whole.token_to_id("\n")


def test_training_k02_what_still_loses_text_is_refused() -> None:
    whole = characters(LETTERS, ["\n", "\t", "\r", "\u2603"])
    assert plain_tokenizer(whole, [], "base")
    hidden = whole.encode("<turn>\u2603").ids  # written by the template, so control: texts keep no snowman
    plain, control = plain_tokenizer(whole, hidden, "base")
    assert whole.token_to_id("\u2603") in control
    assert plain.decode(plain.encode("a\u2603b").ids) == "a?b"


class _Blind:
    """A tokenizer whose plain copy cannot be told its line ends: its state says nothing of them."""

    def __init__(self, whole: Any, silent: Any) -> None:
        self._whole, self._silent = whole, silent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)

    def to_str(self) -> str:
        text: str = self._silent.to_str()
        return text


def test_training_k02_a_copy_that_loses_line_ends_is_refused_in_one_line() -> None:
    blind = _Blind(characters([*LETTERS, *BLANKS], []), characters(LETTERS, []))
    with pytest.raises(ModelFolderError, match=r"^base: its tokenizer loses '\\n' from a text .*choose another model$"):
        plain_tokenizer(blind, [], "base")


@given(st.text(alphabet="ab<>/\n\t eos", max_size=30))
def test_any_text_is_given_back(text: str) -> None:
    assert read(characters(LETTERS, BLANKS), text) == (text, set())
