"""Counting tokens without a download."""

from pathlib import Path

import pytest

from topicsmith.errors import ProjectError
from topicsmith.records import Message, ToolCall, Trace
from topicsmith.traces.token_counts import size_of, tokenizer


def test_bytes_over_four(tmp_path: Path) -> None:
    count = tokenizer("bytes/4", tmp_path).count
    assert [count(text) for text in ("", "abcd", "abcde", "éé", "漢字")] == [0, 1, 2, 1, 2]


def test_words_in_pieces_of_seven_letters(tmp_path: Path) -> None:
    count = tokenizer("words", tmp_path).count
    assert count("Can't stop, internationalization!") == 3 + 1 + 1 + 3 + 1  # Can ' t | stop | , | 20 letters | !


def test_a_whole_conversation(tmp_path: Path) -> None:
    calls = (ToolCall("find", '{"q": 1}'),)
    messages = (Message("user", "abcd"), Message("assistant", "", tool_calls=calls, reasoning="hm"))
    # 26 bytes of frame a message, "user" + 4, "assistant" + 4 + 8 + 2
    assert size_of(messages) == 26 + 4 + 4 + 26 + 9 + 4 + 8 + 2
    assert tokenizer("bytes/4", tmp_path).count_trace(Trace("t", messages)) == 21
    assert tokenizer("bytes/4", tmp_path).count_trace(Trace("t", messages, size=400)) == 100
    assert tokenizer("words", tmp_path).count_trace(Trace("t", messages, size=400)) == 1 + 1 + 1 + 7


def test_a_tokenizer_file_is_used_as_it_is(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    library = Tokenizer(models.WordLevel({"a": 0, "b": 1, "?": 2}, unk_token="?"))
    library.pre_tokenizer = pre_tokenizers.Whitespace()
    library.enable_truncation(2)
    library.save(str(tmp_path / "tokenizer.json"))
    assert tokenizer("tokenizer.json", tmp_path).count("a b a zz b") == 5


def test_what_is_no_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"'gpt-4' is not 'bytes/4', 'words' or an existing tokenizer\.json"):
        tokenizer("gpt-4", tmp_path)
    (tmp_path / "broken.json").write_text("{}")
    with pytest.raises(ProjectError, match=r"broken\.json is not a tokenizer\.json"):
        tokenizer("broken.json", tmp_path)
