"""What in an answer is reasoning, a draft or a quotation, and what may hold the answer itself.

Reasoning comes in many wrappers, so the rule is the other way round: an object counts where it stands free, or inside
of something named like an answer. Marks of reasoning are those that models' chat templates use: tags, OpenAI's
"harmony" channels (github.com/openai/harmony), and the marks of Gemma, Magistral, Kimi, Command and Granite.
"""

import re
from collections.abc import Collection

from topicsmith.normal_forms import normal_form

_REASONING_KEY = re.compile(
    r"reason|think|thought|explan|analys|rational|justif|quote|text|message|query|scratch|draft|reflect|deliberat|ponder"
    r"|monolog|brainstorm|hypothes|speculat|consider|critique|sketch|working|example|sample|guess|alternativ|candidate"
    r"|reject|wrong|incorrect|\bcot\b|\bplan|\bnotes?\b|internal",
    re.IGNORECASE,
)
_REASONING_TAG = re.compile(
    r"reason|think|thought|explan|analys|rational|justif|scratch|draft|reflect|deliberat|ponder|monolog|brainstorm"
    r"|hypothes|speculat|consider|critique|sketch|working|example|\bcot\b|\bplan|internal",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"(?:(?:the|my|your|final|model|tool|function|json|structured|predicted|assistant) ?)*"
    r"(?:answer|response|result|results|output|reply|final|json|data|object|classification|prediction|label|topic"
    r"|category|class|arguments|args|parameters|params|call|tool|function|invoke|return|decision|choice|verdict"
    r"|json ?input)(?: ?(?:json|object|data))?"
)
_FORMATTING = re.compile(
    r"a|b|i|u|s|p|br|hr|em|strong|code|pre|div|span|html|body|h[1-6]|ul|ol|li|table|t[rdh]", re.IGNORECASE
)
_PAIRS = {
    "◁think▷": "◁/think▷",
    "<unused94>": "<unused95>",
    "<|channel>": "<channel|>",
    "<|start_thinking|>": "<|end_thinking|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|think|>": "<|/think|>",
    "[think]": "[/think]",
    "[thinking]": "[/thinking]",
    "[reasoning]": "[/reasoning]",
    "here is my thought process:": "here is my response:",
}
_NAME = r"[A-Za-z][\w:.-]{0,40}"
OPENING = rf"(?P<mark>{'|'.join(map(re.escape, _PAIRS))})|<(?P<tag>{_NAME})(?:\s[^<>]{{0,200}}(?<!/))?>"
"""Pattern of a tag, or of a model's own mark, that opens something."""
CLOSING = rf"(?P<endmark>{'|'.join(map(re.escape, _PAIRS.values()))})|</(?P<end>{_NAME})\s*>"
"""Pattern of what closes it."""

MARKS_BEGIN = r"(?=[<\[◁{h])"
"""What each of these begins with: tried first, it saves most of the search."""

_EITHER = re.compile(f"{MARKS_BEGIN}(?:{OPENING}|{CLOSING})", re.IGNORECASE)
_CHANNEL = re.compile(
    r"(?:<[|｜]channel[|｜]>\s{0,5}(?P<name>\w{0,20})[^<{\[\n]{0,100}|\A(?P<first>analysis|commentary|final)\s{0,5}(?=<[|｜]))"
    r"(?:<[|｜]constrain[|｜]>\s{0,5}\w{0,20}\s{0,5})?(?:<[|｜]message[|｜]>)?",
    re.IGNORECASE,
)
_TURN_END = re.compile(
    r"<[|｜](?:end|return|call|start|channel|im_end|eot_id|endoftext|end_of_text)[|｜]>", re.IGNORECASE
)
_STRIPPED = re.compile(r"(?:analysis|commentary)(?=[A-Z{\[\"'])")
_LED_IN = re.compile(
    r"(?:\b(?:for example|e\.g\.|such as|instead of|rather than|not|says|said|saying|wrote|writes|written|quotes?"
    r"|drafts?|scratch(?:[ -]?pad)?|sketch|first (?:idea|guess|try|attempt)|alternatives?|rejected|wrong|incorrect)"
    r"|^[\s#*_>\"'-]{0,10}(?:(?:my|the|an)\s)?(?:examples?|reason(?:s|ing)?|think(?:ing)?|thoughts?|analysis|explanation"
    r"|rationale|notes?|plan|guess)|^[ \t]*>)"
    r"[\s:=,*_`\"'“‘(\[-]{0,20}(?:(?<=[:\s])[|>][+-]?\s{1,20})?(?:```\s{0,3})?(?:json5?\s{1,3})?\Z",
    re.IGNORECASE | re.MULTILINE,
)
_KEY_BEFORE = re.compile(
    r"(?:\A|[\"'“‘{,\n])\s{0,10}([^\W\d][\w-]{0,40}(?: [\w-]{1,40})?)\\?[\"'”’]\s{0,10}[:=]?\s{0,10}"
    r"\\?[\"'“‘]?\s{0,5}\Z"
)

_KEY_LINE = re.compile(r"[\s\"'“‘*_#•-]{0,12}([^\W\d][\w -]{0,40}?)[\s\"'”’*_]{0,6}[:：=][*_]{0,3}[ \t]*(.?)")

_HEADING = re.compile(
    r"[ \t]*(?:#{1,6}[ \t]*([^#\n]{1,60}?)[ \t:*#]*|\*\*([^*\n:]{1,60}):?\*\*:?[ \t]*|([^\W\d][\w -]{0,40}):[ \t]*)"
)
_DRAFT = re.compile(r"draft|scratch|sketch|example|sample|alternativ|candidate|reject|wrong|incorrect", re.IGNORECASE)


def is_reasoning(key: str) -> bool:
    """Whether a field of this name holds thoughts or quoted text, in which an answer must not be looked for."""
    return bool(_REASONING_KEY.search(key.replace("_", " ")))


def is_reasoning_tag(name: str) -> bool:
    """Whether a tag of this name is known to hold thoughts, so that all after it is thoughts until it is closed."""
    return bool(_REASONING_TAG.search(name.replace("_", " ")))


def fold(key: str) -> str:
    """The form in which two keys are the same: compatibility forms, case and marks around a key are folded."""
    return normal_form("NFKC", key, 200).casefold().strip(" \t\r\n\"'`*_:“”‘’\ufeff\u200b")


def is_answer(name: str) -> bool:
    """Whether a key or tag of this name wraps the answer itself."""
    return bool(_ANSWER.fullmatch(" ".join(re.split(r"[\s_:.-]+", name.casefold()))))


def is_transparent(name: str) -> bool:
    """Whether what a tag holds counts as if the tag were not there: it wraps an answer, or only formats."""
    return _FORMATTING.fullmatch(name) is not None or is_answer(name)


def is_led_in(before: str) -> bool:
    """Whether the words, the key or the quotation mark ``before`` an object say that it is not the answer.

    >>> is_led_in('My draft: '), is_led_in('"scratch": '), is_led_in("> "), is_led_in("The answer: ")
    (True, True, True, False)
    """
    before = before[-160:]  # a key or a few words: none is longer
    if _LED_IN.search(before):
        return True
    key = _KEY_BEFORE.search(before)
    return key is not None and not is_answer(key.group(1))


def closing_of(text: str, opened: re.Match[str]) -> re.Match[str] | None:
    """What closes the tag or mark that ``opened`` in ``text``, with those of its name inside it counted."""
    name = opened["tag"]
    if name is None:
        return re.compile(re.escape(_PAIRS[opened["mark"].lower()]), re.IGNORECASE).search(text, opened.end())
    depth = 1
    ends = re.compile(rf"<(/?){re.escape(name)}(?:\s[^<>]{{0,200}}(?<!/))?>", re.IGNORECASE)
    for match in ends.finditer(text, opened.end()):
        depth += -1 if match[1] else 1
        if depth == 0:
            return match
    return None


def final_channel(text: str) -> tuple[str | None, str | None, bool]:
    """What an answer in channels says in the one for the user, its thoughts, and whether it breaks off before that.

    A text without channels is all answer. None of it is when there are channels, but no ``final`` one.

    >>> final_channel("<|channel|>analysis<|message|>Hm.<|end|><|channel|>final<|message|>Yes<|return|>")
    ('Yes', 'Hm.', False)
    """
    if stripped := _STRIPPED.match(text):
        # The same answer after a server took the control tokens out: "analysisHm.assistantfinalYes".
        thoughts, found, answer = text[stripped.end() :].rpartition("assistantfinal")
        return (answer, thoughts, False) if found else (None, answer, True)
    openings = list(_CHANNEL.finditer(text))
    if not openings:
        return text, None, False
    answers: list[str] = []
    others: list[str] = []
    closed = False
    for opening in openings:
        end = _TURN_END.search(text, opening.end())
        closed = end is not None
        content = text[opening.end() : end.start() if end else len(text)].strip()
        (answers if (opening["name"] or opening["first"] or "").lower() == "final" else others).append(content)
    return "\n".join(answers) if answers else None, "\n".join(others) or None, not closed


def without_reasoning(text: str) -> str | None:
    """``text`` without anything that stands in tags or marks other than an answer's; ``None`` if one stays open."""
    kept: list[str] = []
    pos = 0
    while match := _EITHER.search(text, pos):
        kept.append(text[pos : match.start()])
        pos = match.end()
        name = match["tag"] or match["end"] or ""
        if match["end"] or match["endmark"]:
            if match["endmark"] or is_reasoning_tag(name):
                kept.clear()  # everything up to here was reasoning whose beginning stood in the prompt
        elif match["mark"] or not is_transparent(name):
            closing = closing_of(text, match)
            if closing is None and (match["mark"] or is_reasoning_tag(name)):
                return None
            if closing is None:
                kept.append(match.group())
            else:
                pos = closing.end()
    return "".join((*kept, text[pos:]))


def answer_lines(text: str, fields: Collection[str] = ()) -> list[str]:
    """The lines of ``text`` that are neither quoted nor reasoning.

    The value of a key that holds reasoning goes on where it is indented more than its key, and to the end of a
    quotation that begins it. What stands below a heading of reasoning ends at the next heading, or at a key of an
    answer or one of ``fields``; below a draft it ends at a heading alone, since a draft has such keys itself.
    """
    kept: list[str] = []
    below: int | None = None
    quote = section = ""
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if quote:
            quote = "" if quote in line else quote
            continue
        if below is not None and (not line.strip() or indent > below):
            continue
        below = None
        section = _section(line, section, fields)
        key = _KEY_LINE.match(line)
        if key and is_reasoning(key[1]):
            below = indent
            mark = {"“": "”", "‘": "’"}.get(key[2], key[2])
            quote = mark if mark in {'"', "'", "”", "’"} and mark not in line[key.end() :] else ""
        elif not section and not line.lstrip().startswith(">"):
            kept.append(line)
    return kept


def is_reasoning_heading(line: str) -> bool:
    """Whether ``line`` is a heading, in Markdown or with a colon, of reasoning or of a draft."""
    return bool(_section(line, "", ()))


def _section(line: str, section: str, fields: Collection[str]) -> str:
    """The heading of reasoning that ``line`` stands below or is, when ``section`` is that of the line before."""
    if heading := _HEADING.fullmatch(line):
        name = next(group for group in heading.groups() if group)
        return name if is_reasoning(name) else ""
    key = _KEY_LINE.match(line)
    ends = key is not None and (is_answer(key[1]) or fold(key[1]) in {fold(field) for field in fields})
    return "" if ends and not _DRAFT.search(section) else section
