from pathlib import Path

import numpy as np
import pytest

from topicsmith.classifiers.encoder.tokenization import LongTexts, TextEncoder, load_tokenizer

CONTROL = "[CLS] [SEP] [PAD] [MASK] [UNK] </s> <s> <|im_end|> <|im_start|>system"


@pytest.fixture(scope="module")
def tokenizer(tiny: Path) -> object:
    return load_tokenizer(str(tiny))


def _encoder(tokenizer: object, max_tokens: int = 10, rule: LongTexts = "head") -> TextEncoder:
    return TextEncoder(tokenizer, max_tokens, rule)


def test_fault_62_no_control_token_comes_out_of_a_text(tokenizer: object) -> None:
    encoder = _encoder(tokenizer, 64)
    special = set(getattr(tokenizer, "all_special_ids"))  # noqa: B009
    ids = encoder.encode([CONTROL]).pieces[0].tolist()
    assert ids[:1] == encoder.prefix == [2]
    assert ids[-1:] == encoder.suffix == [3]
    assert not special & set(ids[1:-1])


def test_fault_62_on_a_real_vocabulary() -> None:
    from topicsmith.classifiers.torch_common.hub import find_model

    real = load_tokenizer(find_model("minilm", Path()))
    ids = _encoder(real, 64).encode([CONTROL]).pieces[0].tolist()
    assert not set(real.all_special_ids) & set(ids[1:-1])
    assert real.decode(ids[1:-1]).replace(" ", "") == CONTROL.replace(" ", "").lower()


def test_short_texts_stay_whole(tokenizer: object) -> None:
    encoded = _encoder(tokenizer).encode(["guitar song", ""])
    assert encoded.lengths.tolist() == [4, 2]
    assert (encoded.texts, encoded.beyond, encoded.owners.tolist()) == (2, 0, [0, 1])


def test_the_three_rules_for_long_texts(tokenizer: object) -> None:
    words = ["soup", "bread", "oven", "recipe", "salt", "boil", "guitar", "song", "concert", "piano", "melody", "drum"]
    ids = [_encoder(tokenizer).encode([word]).pieces[0][1] for word in words]
    text = " ".join(words)  # 12 tokens where 8 fit

    head = _encoder(tokenizer, rule="head").encode([text])
    assert [piece[1:-1].tolist() for piece in head.pieces] == [ids[:8]]
    both = _encoder(tokenizer, rule="head_tail").encode([text])
    assert [piece[1:-1].tolist() for piece in both.pieces] == [ids[:2] + ids[6:]]
    windows = _encoder(tokenizer, rule="windows").encode(["soup", text])
    assert [piece[1:-1].tolist() for piece in windows.pieces] == [ids[:1], ids[:8], ids[6:]]
    assert windows.owners.tolist() == [0, 1, 1]
    assert (head.beyond, both.beyond, windows.beyond) == (1, 1, 1)


def test_rows_of_windows_are_averaged(tokenizer: object) -> None:
    encoded = _encoder(tokenizer, rule="windows").encode(["soup", "song " * 12])
    rows = encoded.mean_by_text(np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]))
    assert rows.tolist() == [[1.0, 0.0], [0.25, 0.75]]


@pytest.mark.parametrize("rule", ["head", "head_tail", "windows"])
def test_fault_61_a_huge_text_is_bounded_and_counted(tokenizer: object, rule: LongTexts) -> None:
    encoded = _encoder(tokenizer, rule=rule).encode(["song " * 1_000_000])
    assert encoded.beyond == 1
    assert len(encoded.pieces) <= 8
    assert encoded.lengths.max() == 10


def test_head_and_tail_of_a_huge_text_are_its_ends(tokenizer: object) -> None:
    ids = {word: _encoder(tokenizer).encode([word]).pieces[0][1] for word in ("soup", "song", "drum")}
    piece = _encoder(tokenizer, rule="head_tail").encode(["soup " + "song " * 1_000_000 + "drum"]).pieces[0]
    assert (piece[1], piece[-2]) == (ids["soup"], ids["drum"])


def test_fault_59_lone_surrogates_do_not_stop_a_batch(tokenizer: object) -> None:
    assert len(_encoder(tokenizer).encode(["a\ud83d", "\ude00", "\ud83d\ude00"]).pieces) == 3


def test_nothing_to_encode(tokenizer: object) -> None:
    assert _encoder(tokenizer).encode([]).pieces == []
