import json
import sqlite3
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.llm.ledger.filling import told
from topicsmith.llm.ledger.sqlite import (
    Paid,
    answer_row,
    as_kept,
    checksum,
    read_job,
    read_value,
    storage_error,
    write_value,
)
from topicsmith.llm.types import Answer, TokenLogprobs
from topicsmith.records import Usage

COUNTS = st.none() | st.integers(0, 10**9)


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, st.none() | st.floats(0, 1e6)),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
)
def test_what_is_written_reads_the_same(text: str, usage: Usage, model: str | None) -> None:
    paid = Paid(Answer(text, "stop", usage, model), 0.25, 1.5)
    value = write_value(paid)
    assert read_value(b"k", value, checksum(b"k", value)) == paid


@given(st.binary(max_size=200))
def test_other_bytes_are_no_answer_even_with_their_sum(value: bytes) -> None:
    assert read_value(b"k", value, checksum(b"k", value)) is None
    assert read_value(b"k", b"{}", value) is None


def test_the_sum_covers_the_key() -> None:
    assert checksum(b"a", b"value") != checksum(b"b", b"value")


BROKEN = ["a\ud83db", "\ude00 \x00 \ud83d", "\ud83d"]


@pytest.mark.parametrize("said", BROKEN)
def test_half_a_surrogate_pair_is_mended_wherever_it_stands(said: str) -> None:
    """The text, the model that served, the model and provider that were asked."""
    whole = said.replace("\ud83d", "\ufffd").replace("\ude00", "\ufffd")
    value = write_value(Paid(Answer(said, "stop", Usage(), said), 0.5, 1.0, said, said))
    assert read_value(b"k", value, checksum(b"k", value)) == Paid(
        Answer(whole, "stop", Usage(), whole), 0.5, 1.0, whole, whole
    )


def test_the_two_halves_of_a_pair_become_the_character_they_stand_for() -> None:
    value = write_value(Paid(Answer("\ud83d\ude00", "stop", Usage(), None), 0.5, 1.0))
    assert b"\xf0\x9f\x98\x80" in value


FORGED = {
    "more tokens than a column holds": {"input_tokens": 2**70},
    "more tokens than a float holds": {"output_tokens": 10**400},
    "negative tokens": {"reasoning_tokens": -1},
    "a negative cost": {"cost_usd": -1e9},
    "a cost beyond all money": {"cost_usd": 1e300},
    "a cost that is no number": {"cost_usd": float("nan")},
    "an infinite cost": {"cost_usd": float("inf")},
}
TIMES = {
    "a negative latency": (-5.0, 1.0),
    "an infinite latency": (float("inf"), 1.0),
    "a time that is no number": (0.5, float("nan")),
    "a time after the year 9999": (0.5, 1e12),
}


def as_json(usage: dict[str, float], latency_s: float = 0.5, at: float = 1.0) -> bytes:
    answer = {"text": "x", "finish": "stop", "usage": {**asdict(Usage()), **usage}, "served_model": None}
    return json.dumps({"answer": answer, "latency_s": latency_s, "at": at}).encode()


@pytest.mark.parametrize("usage", FORGED.values(), ids=FORGED)
def test_a_count_or_price_that_cannot_be_is_no_answer_even_with_its_sum(usage: dict[str, float]) -> None:
    value = as_json(usage)
    assert read_value(b"k", value, checksum(b"k", value)) is None
    fine = as_json({})
    assert read_value(b"k", fine, checksum(b"k", fine)) is not None


@pytest.mark.parametrize("times", TIMES.values(), ids=TIMES)
def test_a_time_that_cannot_be_is_no_answer_even_with_its_sum(times: tuple[float, float]) -> None:
    value = as_json({}, *times)
    assert read_value(b"k", value, checksum(b"k", value)) is None


@pytest.mark.parametrize("usage", FORGED.values(), ids=FORGED)
def test_an_answer_that_comes_with_such_a_number_is_kept_without_it(usage: dict[str, float]) -> None:
    """What is written can be read: otherwise it would be paid for again and again."""
    given = Usage(**{**asdict(Usage(7, 7, 7, 7, 0.5)), **usage})
    value = write_value(Paid(Answer("x", "stop", given, None), -1.0, float("nan")))
    kept = read_value(b"k", value, checksum(b"k", value))
    assert kept is not None
    unknown = {**asdict(Usage(7, 7, 7, 7, 0.5)), **dict.fromkeys(usage)}
    assert (asdict(kept.answer.usage), kept.latency_s, kept.at) == (unknown, 0.0, 0.0)


def test_log_probabilities_stand_beside_the_value_and_read_the_same() -> None:
    paid = told("Café", -0.5, -0.25, -9999.0)
    key, value, check, *_, logprobs = answer_row(b"k", paid, "labeling")
    assert json.loads(logprobs) == {"lengths": [1, 1, 3], "logprobs": [-0.5, -0.25, -9999.0]}
    assert json.loads(value)["answer"]["logprobs"] is None
    assert read_value(key, value, check, logprobs) == paid
    assert value == write_value(paid)


def test_an_answer_without_any_has_the_checksum_that_it_always_had() -> None:
    *row, logprobs = answer_row(b"k", Paid(Answer("x", "stop", Usage(), None), 0.5, 1.0), "labeling")
    assert logprobs is None
    assert row[2] == checksum(b"k", row[1])


def test_the_sum_covers_the_log_probabilities() -> None:
    key, value, check, *_, logprobs = answer_row(b"k", told("abc", -0.5, -0.25), "labeling")
    assert read_value(key, value, check) is None
    assert read_value(key, value, check, logprobs.replace(b"-0.25", b"-0.26")) is None
    assert read_value(key, value, checksum(key, value), logprobs) is None


@pytest.mark.parametrize(
    "forged",
    [
        b"{}",
        b"[1]",
        b"\xff",
        b'{"lengths":[1,1],"logprobs":[-0.5,-0.5]}',
        b'{"lengths":[1,2],"logprobs":[-0.5]}',
        b'{"lengths":[1,2],"logprobs":[-0.5,0.5]}',
        b'{"lengths":[4,-1],"logprobs":[-0.5,-0.5]}',
        b'{"lengths":[1,2],"logprobs":[-0.5,NaN]}',
        b'{"lengths":[1,2],"logprobs":[-0.5,-Infinity]}',
    ],
)
def test_log_probabilities_that_cannot_be_those_of_the_text_are_no_answer_even_with_their_sum(forged: bytes) -> None:
    key, value, *_ = answer_row(b"k", told("abc", -0.5, -0.25), "labeling")
    assert read_value(key, value, checksum(key, value, forged), forged) is None


@pytest.mark.parametrize(
    "logprobs", [TokenLogprobs((2,), (-0.5,)), TokenLogprobs((3,), (float("nan"),)), TokenLogprobs((3,), (1.0,))]
)
def test_an_answer_that_comes_with_impossible_ones_is_kept_without(logprobs: TokenLogprobs) -> None:
    kept = as_kept(Paid(Answer("abc", "stop", Usage(), None, logprobs), 0.5, 1.0))
    assert kept == Paid(Answer("abc", "stop", Usage(), None), 0.5, 1.0)


@pytest.mark.parametrize(
    ("code", "cure"),
    [
        (sqlite3.SQLITE_READONLY, "make it and its folder writable, and run again"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "make it and its folder writable, and run again"),
        (sqlite3.SQLITE_CANTOPEN, "make it and its folder writable, and run again"),
        (sqlite3.SQLITE_FULL, "free space or repair the disk, and run again"),
        (sqlite3.SQLITE_IOERR_WRITE, "free space or repair the disk, and run again"),
        (None, "free space or repair the disk, and run again"),
    ],
)
def test_security_k21_the_cure_is_that_of_what_sqlite_met(code: int | None, cure: str) -> None:
    error = sqlite3.OperationalError("it failed")
    if code is not None:
        error.sqlite_errorcode = code
    assert str(storage_error(Path("l.sqlite"), error)) == f"l.sqlite: cannot be used: it failed; {cure}"


@pytest.mark.parametrize(
    "value",
    [b"", b"[]", b"null", b"[" * 3000, b"{}", b'{"state": ["sent"]}', b'{"state": "lost"}',
     b'{"state": "sent", "id": {}}', b'{"state": "sent", "at": NaN}', b'{"state": "sent", "keys": "abc"}'],
)  # fmt: skip
def test_a_job_of_another_form_is_no_job_even_with_its_sum(value: bytes) -> None:
    assert read_job("batch", value, checksum(b"batch", value)) is None


def test_a_job_reads_as_it_was_written_with_what_a_later_version_adds() -> None:
    value = b'{"state":"sent","id":"j","at":1.5,"keys":["00"],"more":{"a":1}}'
    assert read_job("batch", value, checksum(b"batch", value)) == json.loads(value)
    assert read_job("other", value, checksum(b"batch", value)) is None
