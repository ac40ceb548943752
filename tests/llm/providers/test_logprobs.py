"""Log-probabilities laid along the text, by the wires' documented forms and by those that servers really send."""

from itertools import accumulate

import pytest
from google.genai import types as gemini
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat.chat_completion import ChoiceLogprobs

from topicsmith.llm.providers.logprobs import WrittenToken, along, chat_tokens, gemini_tokens
from topicsmith.llm.types import TokenLogprobs


def tokens(*pairs: tuple[str | bytes, float]) -> list[WrittenToken]:
    return [WrittenToken(data.encode() if isinstance(data, str) else data, logprob) for data, logprob in pairs]


def content(*entries: tuple[str, float, list[int] | None]) -> dict[str, object]:
    """A choice as OpenAI writes it, held against the official client's type."""
    listed = [{"token": t, "logprob": p, "bytes": data, "top_logprobs": []} for t, p, data in entries]
    logprobs = {"content": listed, "refusal": None}
    ChoiceLogprobs.model_validate(logprobs, strict=True)
    return {"logprobs": logprobs}


def test_tokens_of_chat_completions_are_read_by_their_bytes() -> None:
    choice = content(("Caf", -0.5, [67, 97, 102]), ("\\xc3", -0.25, [0xC3]), ("\\xa9", -0.125, [0xA9]))
    assert chat_tokens(choice) == tokens(("Caf", -0.5), (b"\xc3", -0.25), (b"\xa9", -0.125))


def test_a_token_without_bytes_is_read_by_its_text() -> None:
    assert chat_tokens(content(("é", -0.5, None), ("<0xC3>", -1.0, None))) == tokens(("é", -0.5), (b"\xc3", -1.0))


def test_together_lists_texts_beside_numbers() -> None:
    choice = {"logprobs": {"token_ids": [1, 2], "tokens": ["Sci", "ence"], "token_logprobs": [-0.5, 0]}}
    assert chat_tokens(choice) == tokens(("Sci", -0.5), ("ence", 0.0))
    assert chat_tokens({"logprobs": {"tokens": ["a", "b"], "token_logprobs": [-0.5]}}) is None


def test_tokens_of_gemini_are_its_chosen_candidates() -> None:
    result = {"chosenCandidates": [{"token": "Sci", "tokenId": 7, "logProbability": -0.5}], "topCandidates": []}
    assert gemini.LogprobsResult.model_validate(result).chosen_candidates[0].log_probability == -0.5  # type: ignore[index]
    assert gemini_tokens({"logprobsResult": result}) == tokens(("Sci", -0.5))
    assert gemini_tokens({"content": {}}) is None
    assert gemini_tokens({"logprobsResult": {"chosenCandidates": [{"token": "Sci"}]}}) is None


@pytest.mark.parametrize(
    "choice",
    [
        {},
        {"logprobs": None},
        {"logprobs": {"content": None}},
        {"logprobs": {"content": []}},
        {"logprobs": {"content": ["Science"]}},
        {"logprobs": {"content": [{"token": "a", "logprob": None}]}},
        {"logprobs": {"content": [{"token": "a", "logprob": True}]}},
        {"logprobs": {"content": [{"token": "a", "logprob": 0.5}]}},
        {"logprobs": {"content": [{"token": "a", "logprob": float("nan")}]}},
        {"logprobs": {"content": [{"token": "a", "logprob": float("-inf")}]}},
        {"logprobs": {"content": [{"token": "a", "logprob": -1, "bytes": [256]}]}},
        {"logprobs": {"content": [{"token": "a", "logprob": -1, "bytes": ["a"]}]}},
        {"logprobs": {"content": [{"token": None, "logprob": -1}]}},
    ],
)
def test_what_is_missing_or_cannot_be_gives_none(choice: object) -> None:
    assert chat_tokens(choice) is None


def test_a_logarithm_that_was_rounded_above_zero_is_zero() -> None:
    assert chat_tokens(content(("a", 1e-6, [97]), ("b", -9999.0, [98]))) == tokens(("a", 0.0), ("b", -9999.0))


def test_tokens_are_laid_along_the_text() -> None:
    said = tokens(('{"', -0.1), ("topic", -0.2), ('":', -0.3), (' "', -0.4), ("Caf", -0.5), ("é", -0.6), ('"}', -0.7))
    assert along('{"topic": "Café"}', said) == TokenLogprobs(
        (2, 5, 2, 2, 3, 2, 2), (-0.1, -0.2, -0.3, -0.4, -0.5, -0.6, -0.7)
    )


def test_nothing_is_said_of_another_text_or_without_tokens() -> None:
    assert along("Science", tokens(("Travel", -0.5))) is None
    assert along("Science", None) is None
    assert along("", tokens(("Science", -0.5))) is None
    assert along("Science", tokens(("\ufffd", -0.5), ("Travel", -0.5))) is None


def test_thoughts_before_and_marks_behind_are_left_out() -> None:
    said = tokens(("<think>", -1), ("Science", -2), ("</think>", -1), ("Science", -0.5), ("<|im_end|>", -1))
    assert along("Science", said) == TokenLogprobs((7,), (-0.5,))


def test_the_mark_at_the_end_is_no_answer_though_the_answer_stands_in_it() -> None:
    assert along("end", tokens(("The", -3), ("\n", -1), ("end", -0.5), ("<|im_end|>", -1))) == TokenLogprobs(
        (3,), (-0.5,)
    )


def test_a_text_that_lost_its_white_space_keeps_what_is_left_of_its_tokens() -> None:
    assert along("No way", tokens(("\n\nNo", -0.5), (" way\n", -0.25))) == TokenLogprobs((2, 4), (-0.5, -0.25))


def test_the_parts_of_a_character_have_their_own_bytes() -> None:
    rocket = "🚀".encode()
    said = tokens((b"a" + rocket[:1], -0.5), (rocket[1:3], -0.25), (rocket[3:] + b"b", -0.125))
    assert along("a🚀b", said) == TokenLogprobs((2, 2, 2), (-0.5, -0.25, -0.125))


def test_parts_that_come_as_replacement_characters_stand_together() -> None:
    """What Ollama and vLLM send for an emoji: four tokens, each of them U+FFFD."""
    said = tokens(("Hi ", -1), *[("\ufffd", -0.25)] * 4, ("!", -0.5), ("<|end|>", -2))
    assert along("Hi 😊!", said) == TokenLogprobs((3, 4, 1), (-1.0, -1.0, -0.5))
    assert along("Hi 😊", tokens(("Hi ", -1), ("\ufffd", -0.25), ("\ufffd", -0.5))) == TokenLogprobs(
        (3, 4), (-1, -0.75)
    )
    assert along("a京都b", tokens(("a\ufffd", -0.5), ("\ufffd都", -0.25), ("b", -0.125))) == TokenLogprobs(
        (7, 1), (-0.75, -0.125)
    )


def test_replacement_characters_that_the_text_has_itself_are_bytes_like_others() -> None:
    assert along("a\ufffd", tokens(("a", -0.5), ("\ufffd", -0.25))) == TokenLogprobs((1, 3), (-0.5, -0.25))


def test_a_token_that_writes_nothing_counts_with_the_one_after_it() -> None:
    """VLLM gives the last part of a character the whole of it, and nothing to the parts before."""
    assert along("x“", tokens(("x", -0.5), ("", -0.25), ("", -0.25), ("“", -1), ("", -9))) == TokenLogprobs(
        (1, 3), (-0.5, -1.5)
    )


@pytest.mark.slow
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30), st.data())
def test_wherever_the_bytes_are_cut_they_are_the_whole_text(text: str, data: st.DataObject) -> None:
    whole = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(whole) - 1)))))
    parts = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True) if a < b]
    said = [WrittenToken(part, -float(2**-number)) for number, part in enumerate(parts)]
    found = along(text, said)
    if not any(b"\xef\xbf\xbd" in part for part in parts):
        assert found == TokenLogprobs(tuple(map(len, parts)), tuple(each.logprob for each in said))


@pytest.mark.slow
@given(
    st.text(st.sampled_from("ab 京é😊“"), min_size=1, max_size=20).filter(lambda text: text == text.strip()),
    st.data(),
)
def test_unknown_bytes_never_move_the_others(text: str, data: st.DataObject) -> None:
    """Cut anywhere and decoded token by token, as vLLM does it, the lengths still add up to the text."""
    whole = text.encode()
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(whole) - 1)))))
    parts = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True) if a < b]
    said = [WrittenToken(part.decode("utf-8", "replace").encode(), -0.5) for part in parts]
    found = along(text, said)
    assert found is not None
    assert sum(found.lengths) == len(whole)
    assert sum(found.logprobs) == -0.5 * len(parts)
    # Wherever a token's end is told, it is where the token ended.
    assert set(accumulate(found.lengths)) <= set(accumulate(map(len, parts)))
