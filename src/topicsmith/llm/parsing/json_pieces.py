"""The pieces of JSON as models write it: patterns of keys, ends, literals and escapes."""

import re

from topicsmith.surrogates import without_surrogates

WS = r"(?:\s|\\[nrt])"
OPEN = frozenset("\"'“‘")
KEY = rf'\\?["“][^"”\n]{{1,100}}\\?["”]{WS}{{0,20}}:'
KEY_CUT_OFF = rf'\\?["\'“][^"”\n]{{0,100}}\\?["”]?{WS}{{0,20}}\Z'
COMMENT = r"(?://[^\n]{0,200}\n|#[^\n]{0,200}\n|/\*[^*]{0,200}\*/)"
MEMBER = rf"\Z|\}}|\{{|\.\.\.|…|//|/\*|#|{KEY}|{KEY_CUT_OFF}|'[^'\n]{{1,100}}'\s{{0,20}}:"
ENDS_IN_OBJECT = re.compile(
    rf"{WS}{{0,200}}(?:{COMMENT}{WS}{{0,200}})?(?:\Z|\}}|,{WS}{{0,200}}(?:{MEMBER}))"
    rf"|[^\S\n]{{0,200}}\n{WS}{{0,200}}{KEY}"
)
ENDS_IN_ARRAY = re.compile(
    rf"{WS}{{0,200}}(?:\Z|\]|,{WS}{{0,200}}(?:\Z|\]|[\"'“\\{{\[\d\-]|\.\.\.|…|//|true|false|null|None|True|False))"
)
SKIPPED = re.compile(rf"(?:{WS}|//[^\n]{{0,500}}|#[^\n]{{0,500}}|/\*.{{0,500}}?\*/|\.\.\.|…)+", re.DOTALL)
PLAIN_SPACE = re.compile(r"\s*")
QUOTED_KEY = re.compile(rf"(\\?)([\"'“‘])([^\"'“”‘’\n\\]{{1,100}})\\?[\"'”’]{WS}{{0,20}}:")
UNCLOSED_KEY = re.compile(r'"([\w -]{1,60}?)\s{0,5}:\s{0,5}(?=")')
BARE_KEY = re.compile(r"([A-Za-z_][\w-]{0,60})\s{0,20}:")
LOST_QUOTE = re.compile(r'"[A-Za-z_][\w -]{0,40}"\s{0,5}:\s{0,5}(?=["\d\[{tfn-])')
NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,18})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?(?![\w.])")
LITERALS = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None, "NaN": None}
LITERAL = re.compile(r"(?:true|false|null|True|False|None|NaN)(?!\w)")
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
CONTROL = re.compile(r"[\x00-\x1f]")


def looks_like_object(text: str, pos: int) -> bool:
    """Whether a brace with a quoted key after it stands at ``pos``."""
    return bool(re.compile(rf"\{{{WS}{{0,50}}\\?\"[^\"\\\n]{{1,100}}\"{WS}{{0,20}}:").match(text, pos))


def unescape(body: str) -> str:
    """The text of a JSON string's body; an escape that JSON does not know gives the character after the backslash."""
    if "\\" not in body:
        return body
    plain = ESCAPE.sub(
        lambda m: chr(int(m.group(1)[1:], 16)) if len(m.group(1)) > 1 else ESCAPED.get(m.group(1), m.group(1)), body
    )
    return without_surrogates(plain)
