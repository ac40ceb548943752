"""Normal forms in linear time."""

import time
import unicodedata
from pathlib import Path

import pytest

import topicsmith
from topicsmith.normal_forms import LONGEST_ROW, normal_form

TEXTS = [
    "plain ASCII, nothing to do",
    "cafe\u0301 na\u0308i\u0308ve \ufb01ne \u2460 \uff21\uff22\uff23",
    "\u0054\u0069\u00ea\u0301\u006e\u0067 Vi\u00ea\u0323t " * 40,
    "\u1112\u1161\u11ab\u1100\u1173\u11af " * 200,  # Korean, taken apart as file names are
    "\u30ab\u3099\u30ad\u3099\u30af\u3099" * 200,  # Japanese without a space
    "\u6f22\u5b57" * 500,
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u0915\u093c " * 60,
    "\u0628\u0650\u0633\u0652\u0645\u0650 " * 60,
    "",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("form", ["NFC", "NFKC", "NFKD"])
def test_real_texts_get_the_form_that_python_gives(text: str, form: str) -> None:
    assert normal_form(form, text) == unicodedata.normalize(form, text)  # type: ignore[arg-type]  # they are forms


BOMBS = {
    "marks": "a" + "\u0301\u0327" * 30_000,
    "kana": "\uff9e\u0301" * 30_000,
    "mixed": "\u0301\u0327\u0345\u05b0" * 15_000,
    "long forms": "\ufdfa" * 60_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("form", ["NFC", "NFKC", "NFKD"])
def test_fault_65_the_time_is_linear(bomb: str, form: str) -> None:
    started = time.process_time()
    found = normal_form(form, BOMBS[bomb])  # type: ignore[arg-type]  # they are forms
    assert time.process_time() - started < 1.5  # 10 s as Python does it
    assert len(found) <= 18 * len(BOMBS[bomb])


def test_fault_65_a_text_is_cut_before() -> None:
    assert normal_form("NFKC", "\ufdfa" * 10**6, 3) == unicodedata.normalize("NFKC", "\ufdfa" * 3)
    assert normal_form("NFKC", "x" * 10, 3) == "xxx"
    assert LONGEST_ROW <= 200


def test_fault_65_nothing_else_works_out_forms() -> None:
    package = Path(topicsmith.__file__).parent
    users = [path.name for path in package.rglob("*.py") if "unicodedata.normalize(" in path.read_text()]
    assert users == ["normal_forms.py"]
