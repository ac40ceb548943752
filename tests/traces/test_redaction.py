"""Personal data replaced by its kind. Numbers are the published examples of their standards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topicsmith.traces.redaction import Redactor, iban_valid, luhn

ALL = ["email", "phone", "card", "key", "ip", "iban"]


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("write to Ann.Lee+x@mail.example.co.uk, please", "write to [EMAIL], please"),
        ("card 4111 1111 1111 1111 exp 12/29", "card [CARD] exp 12/29"),
        ("card 378282246310005.", "card [CARD]."),
        ("order 4111 1111 1111 1112", "order 4111 1111 1111 1112"),
        ("IBAN DE89 3704 0044 0532 0130 00 now", "IBAN [IBAN] now"),
        ("IBAN DE88 3704 0044 0532 0130 00", "IBAN DE88 3704 0044 0532 0130 00"),
        ("call +49 30 901820 or (030) 901-8200", "call [PHONE] or [PHONE]"),
        ("call 415-555-2671 today", "call [PHONE] today"),
        ("in 2024-05-17 we sold 1234567 for 3.14159", "in 2024-05-17 we sold 1234567 for 3.14159"),
        ("host 192.168.0.17:8080, not 999.1.1.1", "host [IP]:8080, not 999.1.1.1"),
        ("at 2001:0db8:85a3:0000:0000:8a2e:0370:7334 and fe80::1ff:fe23", "at [IP] and [IP]"),
        ("version 1.2.3 at 10:30:15", "version 1.2.3 at 10:30:15"),
        ("key sk-proj-abcdefghijklmnop1234 leaked", "key [KEY] leaked"),
        ("AKIAIOSFODNN7EXAMPLE and ghp_" + "a" * 36, "[KEY] and [KEY]"),
    ],
)
def test_spans_are_replaced(text: str, redacted: str) -> None:
    assert Redactor(ALL).text(text) == redacted


def test_only_what_is_asked_for_is_replaced_and_counted() -> None:
    redactor = Redactor(["email", "ip"])
    assert redactor.text("a@b.de, c@d.fr, +49 30 901820") == "[EMAIL], [EMAIL], +49 30 901820"
    assert redactor.counts == {"email": 2, "ip": 0}
    assert redactor.value({"who": ["a@b.de", 5]}) == {"who": ["[EMAIL]", 5]}
    assert redactor.counts["email"] == 3


def test_check_digits() -> None:
    assert luhn("79927398713")  # the worked example of ISO/IEC 7812-1
    assert not luhn("79927398710")
    assert iban_valid("GB82 WEST 1234 5698 7654 32")  # the worked example of ISO 13616
    assert not iban_valid("GB82 WEST 1234 5698 7654 33")


@given(st.text(alphabet="0123456789 -+().@abc:_", max_size=400))
def test_any_text_is_redacted_and_stays_so(text: str) -> None:
    once = Redactor(ALL).text(text)
    assert Redactor(["email"]).text(once) == once


@pytest.mark.parametrize("unit", ["1", "1 ", "a@", "a.", "1:", "(1)", "+1 ", "AB12 ", "sk-", "eyJa.", "-----BEGIN KEY"])
def test_repetition_does_not_slow_it_down(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    Redactor(ALL).text(text)
