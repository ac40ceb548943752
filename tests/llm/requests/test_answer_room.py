"""Room for answers that are cut off, and for the thoughts before them."""

from dataclasses import replace

import pytest

from topicsmith.llm.ledger.ledger import answer_key
from topicsmith.llm.requests.answer_room import MOST_TOKENS, AnswerRoom, eaten_by_thoughts, keys_of
from topicsmith.llm.types import Answer, ChatRequest
from topicsmith.records import Usage

REQUEST = ChatRequest("m", "s", "u", max_output_tokens=100)


def cut(text: str = "x", thoughts: int | None = None) -> Answer:
    return Answer(text, "length", Usage(10, 10, reasoning_tokens=thoughts), None)


def whole(request: ChatRequest | None, known: int = 0) -> int:
    assert request is not None
    return request.max_output_tokens + (known if request.thinking_tokens is None else request.thinking_tokens)


def test_an_answer_that_was_too_long_gets_four_times_the_room_once() -> None:
    bigger = AnswerRoom(0).more(REQUEST, cut(), 0)
    assert bigger is not None
    assert (bigger.max_output_tokens, bigger.thinking_tokens) == (400, None)
    assert AnswerRoom(0).more(bigger, cut(), 1) is None


def test_the_whole_cap_is_multiplied_thoughts_included() -> None:
    """llm_k04: a model that thought through 2,148 tokens got 2,448, and was paid twice for the same cut."""
    assert whole(AnswerRoom(2048).more(REQUEST, cut(), 0), 2048) == 4 * (100 + 2048)


def test_room_is_raised_as_often_as_thoughts_eat_it_and_no_more() -> None:
    room = AnswerRoom(2048)
    sizes, request = [], REQUEST
    for turn in range(9):
        following = room.more(request, cut("", thoughts=900), turn)
        if following is None:
            break
        request = following
        sizes.append(whole(request))
    assert sizes == [8592, MOST_TOKENS]


@pytest.mark.parametrize("text", ["", "  ", "<think>so the user", "<|channel|>analysis<|message|>we need"])
def test_a_model_nobody_knew_to_think_gets_room_for_it(text: str) -> None:
    """llm_k04: gpt-oss by a gateway got 34 tokens, then 136, and gave nothing."""
    assert eaten_by_thoughts(cut(text))
    assert whole(AnswerRoom(0).more(REQUEST, cut(text), 0)) >= 4096


@pytest.mark.parametrize("text", ['{"topic": "Sci', "<think>so</think>{", "<|channel|>analysis..<|channel|>final{"])
def test_an_answer_that_was_begun_was_not_eaten(text: str) -> None:
    assert not eaten_by_thoughts(cut(text))


def test_what_was_learnt_holds_for_the_rows_that_follow() -> None:
    room = AnswerRoom(0)
    assert room.fit(REQUEST) is REQUEST
    more = room.more(REQUEST, cut(""), 0)
    assert more is not None
    assert more.thinking_tokens is not None
    assert room.fit(REQUEST) == replace(REQUEST, thinking_tokens=more.thinking_tokens)
    assert room.fit(more) is more


def test_room_for_thoughts_is_no_part_of_an_answers_key() -> None:
    assert answer_key("p", REQUEST) == answer_key("p", replace(REQUEST, thinking_tokens=4000))


def test_every_answer_that_may_have_been_paid_for_is_found() -> None:
    keys = keys_of("p", REQUEST)
    room, request = AnswerRoom(0), REQUEST
    for turn in range(4):
        assert answer_key("p", request, turn) in keys
        following = room.more(request, cut(""), turn)
        if following is None:
            break
        request = following
    assert answer_key("p", REQUEST, 1) in keys
    assert len(set(keys)) == 5
