"""Personal data replaced by ``[KIND]`` before a text is stored or sent, counted per kind."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)")
_IP = re.compile(
    r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?!\.?\d|\w)"
    r"|(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![\w:])"
    r"|(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6}(?![\w:])"
)
_KEY = re.compile(
    r"(?<![\w-])(?:sk-[\w-]{16,200}|sk_(?:live|test)_\w{16,100}|gh[pousr]_\w{30,100}|github_pat_\w{40,100}"
    r"|xox[abprs]-[\w-]{10,200}|AKIA[0-9A-Z]{16}|AIza[\w-]{35}|hf_\w{30,60}|glpat-[\w-]{20,50}"
    r"|eyJ[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{10,1000})(?![\w-])"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]{0,10000}?-----END [A-Z ]{0,30}PRIVATE KEY-----"
)
_PHONE = re.compile(
    r"(?<![\w.+])(?:\+\d{1,3}[ .-]?(?:\(0?\d{1,4}\)[ .-]?)?\d{1,4}(?:[ .-]?\d{2,4}){1,4}"
    r"|\(\d{2,5}\)[ .-]?\d{3,4}[ .-]?\d{3,4}"
    r"|\d{3}[ .-]\d{3}[ .-]\d{4})(?![\w-]|\.\d)"
)


def luhn(digits: str) -> bool:
    """Whether ``digits`` pass the check of ISO/IEC 7812-1, as every payment card's number does."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def iban_valid(text: str) -> bool:
    """Whether ``text`` passes the check of ISO 13616: rearranged and read as a number, it leaves 1 modulo 97."""
    compact = text.replace(" ", "")
    number = "".join(str(int(character, 36)) for character in compact[4:] + compact[:4])
    return 15 <= len(compact) <= 34 and int(number) % 97 == 1


def _is_card(text: str) -> bool:
    return luhn("".join(character for character in text if character.isdigit()))


def _is_phone(text: str) -> bool:
    return 7 <= sum(character.isdigit() for character in text) <= 15


_KINDS: Mapping[str, tuple[re.Pattern[str], Callable[[str], bool] | None]] = {
    "key": (_KEY, None),
    "email": (_EMAIL, None),
    "iban": (_IBAN, iban_valid),
    "card": (_CARD, _is_card),
    "ip": (_IP, None),
    "phone": (_PHONE, _is_phone),
}
"""In this order: a card's number must not be taken for a telephone's."""


class Redactor:
    """Replaces spans of the ``kinds`` asked for; ``counts`` says how many of each so far."""

    def __init__(self, kinds: Sequence[str]) -> None:
        """Prepare for ``kinds``, of ``email``, ``phone``, ``card``, ``key``, ``ip`` and ``iban``."""
        self._kinds = [(kind, *_KINDS[kind]) for kind in _KINDS if kind in kinds]
        self.counts: Counter[str] = Counter(dict.fromkeys(kinds, 0))

    def text(self, text: str) -> str:
        """``text`` with each span replaced by its kind in capitals and brackets."""
        for kind, pattern, check in self._kinds:
            text = pattern.sub(lambda match, kind=kind, check=check: self._replace(match, kind, check), text)  # type: ignore[misc]  # mypy does not infer a lambda with defaults
        return text

    def _replace(self, match: re.Match[str], kind: str, check: Callable[[str], bool] | None) -> str:
        if check is not None and not check(match[0]):
            return match[0]
        self.counts[kind] += 1
        return f"[{kind.upper()}]"

    def value(self, value: object) -> object:
        """The same inside plain JSON data."""
        if not self._kinds:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return value
