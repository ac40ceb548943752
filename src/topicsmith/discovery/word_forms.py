"""Texts to the words and pairs of words that can say what a topic is about, in scripts with blanks and without."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from topicsmith.normal_forms import normal_form

LONGEST_TEXT = 1500
"""Characters of a text that are looked at."""
_MOST_UNSPACED = 500
"""Characters of scripts without blanks that are looked at: they say as much as three times as many letters."""
_LONGEST_WORD = 40

_CHINESE_JAPANESE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SOUTH_EAST = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u0f18-\u0fbc\u200c\u200d"
"""Vowels and other signs that belong to words, which regular expressions do not take for letters."""
_UNIT = re.compile(
    rf"(?P<dense>[{_CHINESE_JAPANESE}]+)|(?P<unspaced>[{_SOUTH_EAST}]+)"
    rf"|(?P<word>(?:(?![{_CHINESE_JAPANESE}{_SOUTH_EAST}])[^\W_][{_MARKS}]*)+(?:['’][^\W_]+)?)"
    r"|(?P<stop>[.!?;,\n(){}\[\]\"。、！？，；।]+)"
)
LETTER = rf"(?:[^\W_]|[{_SOUTH_EAST}])"
"""A letter of any script, the vowels of scripts without blanks among them; a regular expression."""
_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SIZES = {"dense": (2, 3), "unspaced": (4, 6)}
"""Characters of the pieces that stand for words where no blanks do."""
_GRAMMAR = (
    *str.split("为什么 怎么 什么 如何 可以 请问 怎样 能否 一下"),
    *"的了是我你吗呢在有这那和与们个はがのにでともへを",
)
"""Words of grammar, with which nothing begins or ends that a topic is about."""
_RANGES = ((0xE30, 0xE3B), (0xE45, 0xE4F), (0xEB0, 0xEBD), (0xEC8, 0xECF), (0x102B, 0x103F), (0x17B6, 0x17D4))
"""Vowels and marks of South-East Asian scripts that follow their letter."""
_AT_BEGINNING = (*_GRAMMAR, *(chr(code) for bounds in _RANGES for code in range(*bounds)))
_HIRAGANA = re.compile(r"[\u3040-\u309f]+")
_KOREAN_ENDING = re.compile(r"(?<=[\uac00-\ud7a3]{2})(?:에서|으로|까지|부터|하고|을|를|이|가|은|는|에|의|로|도|와|과)$")

_TELLING = frozenset(
    str.split(
        "amount back bill bottom call computer cry describe detail fill find fire front full give interest keep mill "
        "mine move name side show sincere system top yourself"
    )
)
"""Words of scikit-learn's list of stop words that can be what a topic is about."""
_SAY_LITTLE = frozenset(
    str.split(
        "dont didnt cant wont doesnt isnt wasnt havent im ive id ill youre thats whats theres lets couldnt wouldnt "
        "please ok okay just like want need know let lot really got gets getting did does doing going gonna wanna "
        "anyway also true false null none nan"
    )
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A term of a text: ``key`` is shared by its inflections, ``shown`` is how it stands there, ``words`` its parts.

    ``weak`` terms are stop words and numbers: they tell something only where there is nothing else.
    ``fragment`` says that it is cut out of a script without blanks.
    """

    key: str
    shown: str
    words: tuple[str, ...]
    weak: bool = False
    fragment: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    stem: str
    shown: str
    weak: bool


def units(text: str, *, weak: bool = False) -> list[Unit]:
    """The words of ``text`` and the pairs that stand beside each other, stop words between them left out.

    Pairs do not reach over punctuation. Of scripts without blanks, pieces of a few characters are given. ``weak``
    gives stop words and numbers as well.

    >>> [unit.shown for unit in units("Has my card arrived? sendMail")]
    ['card', 'arrived', 'card arrived', 'send', 'mail', 'send mail']
    """
    found: list[Unit] = []
    before: _Word | None = None
    unspaced = 0
    for match in _UNIT.finditer(plain(text)):
        kind = match.lastgroup or ""
        if kind != "word":
            before = None
            if kind in _SIZES and unspaced < _MOST_UNSPACED:
                found += _fragments(match.group()[: _MOST_UNSPACED - unspaced], kind)
                unspaced += len(match.group())
            continue
        for word in _words(match.group()):
            if word.weak and not weak:
                continue
            found.append(Unit(word.stem, word.shown, (word.stem,), word.weak))
            numbers = word.shown.isdigit() or (before is not None and before.shown.isdigit())
            if before is not None and before.stem != word.stem and not numbers:
                stems = (before.stem, word.stem)
                found.append(Unit(" ".join(stems), f"{before.shown} {word.shown}", stems, before.weak or word.weak))
            before = word
    return found


def _words(written: str) -> Iterator[_Word]:
    for part in _INNER_CAPITAL.split(written):
        word = part.casefold().replace("’", "'").removesuffix("'s")
        if 0 < len(word) <= _LONGEST_WORD:
            yield _word(word)


@lru_cache(maxsize=200_000)
def _word(word: str) -> _Word:
    short = len(word) == 1 and word.isascii()
    weak = short or "'" in word or word.isdigit() or word in _stop_words()
    return _Word(stem(word), word, weak)


@cache
def _stop_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return (frozenset(ENGLISH_STOP_WORDS) | _SAY_LITTLE) - _TELLING


def stem(word: str) -> str:
    """What inflections of an English word share; a Korean noun without its particle; other words as they are.

    >>> stem("cards"), stem("activated"), stem("activating"), stem("stopped"), stem("countries"), stem("카드를")
    ('card', 'activat', 'activat', 'stop', 'country', '카드')
    """
    if not word.isascii():
        return _KOREAN_ENDING.sub("", word)
    if not word.isalpha() or len(word) < 4:
        return word
    word = _singular(word)
    for ending in ("ing", "ed", "e"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and any(vowel in rest for vowel in "aeiouy"):
            doubled = ending != "e" and rest[-1] == rest[-2] and rest[-1] not in "lsz"
            return rest[:-1] if doubled else rest
    return word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def plain(text: str) -> str:
    """What is looked at of a text: its beginning, in the compatibility form."""
    return normal_form("NFKC", text[:LONGEST_TEXT])


def trimmed(piece: str) -> str:
    """A piece of a script without blanks, without words of grammar and half characters at its ends.

    >>> trimmed("我的银行卡"), trimmed("カードを")
    ('银行卡', 'カード')
    """
    while piece.startswith(_AT_BEGINNING):
        piece = piece[len(next(each for each in _AT_BEGINNING if piece.startswith(each))) :]
    while piece.endswith(_GRAMMAR):
        piece = piece[: -len(next(each for each in _GRAMMAR if piece.endswith(each)))]
    return piece


def _fragments(run: str, kind: str) -> Iterator[Unit]:
    for size in _SIZES[kind]:
        for start in range(len(run) - size + 1):
            piece = run[start : start + size]
            cut = piece.startswith(_AT_BEGINNING) or piece.endswith(_GRAMMAR)
            if not cut and not _HIRAGANA.fullmatch(piece):
                yield Unit(piece, piece, (piece,), fragment=True)
    if 0 < len(run) < _SIZES[kind][0]:
        yield Unit(run, run, (run,), fragment=True)
