"""Answers that are no object: headed sections, ``Topic: Science`` lines, and a name that stands alone."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from topicsmith.llm.parsing.lenient_json import parse
from topicsmith.llm.parsing.reasoning import answer_lines
from topicsmith.llm.parsing.strict_json import NotJson

_SECTION = re.compile(r"\[\[ ## (\w{1,60}) ## \]\]")
_FENCE = re.compile(r"^```\w{0,20}\s*|\s*```\s*$")


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was found: the values, the repairs it took, and whether the text broke off inside the object.

    ``repairs`` is empty when the whole answer was one valid object. ``thoughts`` is the text of a reasoning block
    outside of the object. ``around`` is what the answer says outside of reasoning and of the object, and ``after`` the
    part of it that comes last.
    """

    values: Mapping[str, object]
    repairs: tuple[str, ...] = ()
    truncated: bool = False
    thoughts: str | None = None
    around: str = ""
    after: str = ""


def sections(text: str, fields: Sequence[str]) -> Recovered | None:
    """``[[ ## name ## ]]`` headings, each followed by its value."""
    parts = _SECTION.split(text)
    names, contents = parts[1::2], parts[2::2]
    if len(set(names)) != len(names) or any(field not in names for field in fields):
        return None
    values = {name: read_value(content) for name, content in zip(names, contents, strict=True)}
    return Recovered(values, ("sections",))


def read_value(text: str) -> object:
    """The JSON object or array that ``text`` is, or ``text`` itself where it is none."""
    text = text.strip()
    if text[:1] not in {"{", "["}:
        return text
    try:
        return parse(text, 0).value
    except NotJson:
        return text


def label_lines(text: str, fields: Sequence[str]) -> Recovered | None:
    """``Topic: Science`` lines; the last one of each field counts, and that they differ is noted."""
    values: dict[str, object] = {}
    differ = False
    lines = [line for line in answer_lines(text, fields) if line.strip()][-200:]
    for field in fields:
        pattern = re.compile(
            rf"[\s*_#>\"'`-]{{0,20}}{re.escape(field)}[\s*_\"'`]{{0,10}}[:：=][\s*_]{{0,20}}(.{{1,300}})", re.IGNORECASE
        )
        found = [value for line in lines if (match := pattern.fullmatch(line.strip()[:400]))
                 and (value := _line_value(match.group(1))) is not None]  # fmt: skip
        if not found:
            return None
        differ = differ or len(set(found)) > 1
        values[field] = found[-1]
    last = any(re.search(rf"{re.escape(field)}[\s*_\"'`]{{0,10}}[:：=]", lines[-1], re.IGNORECASE) for field in fields)
    notes = ("label_line", *(("lines_differ",) if differ else ()), *(() if last else ("line_not_last",)))
    return Recovered(values, notes)


def _line_value(text: str) -> str | None:
    text = text.strip(" \t*_`,")
    for quote in ('"', "'"):
        if len(text) > 2 and text[0] == text[-1] == quote and quote not in text[1:-1]:
            return text[1:-1]
    return _trimmed(text) if is_short(text) else None


def bare(text: str, fields: Sequence[str]) -> Recovered | None:
    """Nothing but a short answer, or one that stands alone in the last paragraph."""
    if len(fields) != 1:
        return None
    text = _FENCE.sub("", text.strip()).strip()
    last = re.split(r"\n[ \t]*\n", text)[-1].strip()
    for part, repairs in ((text, ("bare",)), (last, ("bare", "after_prose"))):
        if is_short(part) and not REFUSAL.match(part):
            return Recovered({fields[0]: _trimmed(part)}, repairs)
    return None


def is_short(text: str) -> bool:
    """Whether ``text`` can be a name: one line of at most five words, without structure, not cut off."""
    text = text.strip()
    return (
        0 < len(text) <= 80
        and len(text.split()) <= 5
        and not re.search(r"[\n{}\[\]<>:=]", text)
        and not text.endswith(("...", "…"))
        and text not in {"null", "None", "undefined", "NaN"}
        and any(char.isalnum() for char in text)
    )


def _trimmed(text: str) -> str:
    return text.strip().strip("\"'`*_“”").strip().removesuffix(".").strip("\"'`*_“”")


REFUSAL = re.compile(
    r"\W{0,5}(?:i(?:['’]m| am) (?:sorry|unable|not able)|sorry"
    r"|i (?:can['’]?t|cannot|can not|won['’]t|will not|must decline|do not feel comfortable|don['’]t feel comfortable)"
    r"|unfortunately,? i)\b",
    re.IGNORECASE,
)
"""How a refusal written as plain text begins."""
