"""Log-probabilities of tokens, laid along the text that the tokens write.

What a service lists is seldom the text token by token: thoughts and marks of the chat template stand around the answer,
white space at its ends may be gone, and the parts of a character that several tokens write come as their own bytes
(OpenAI), as U+FFFD (vLLM, Ollama: https://github.com/ollama/ollama/issues/13497), or as nothing but the last, which
then stands for the whole character (vLLM since https://github.com/vllm-project/vllm/pull/28874).
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import accumulate
from typing import AnyStr

from topicsmith.llm.providers.responses import items, mapping
from topicsmith.llm.types import TokenLogprobs

_UNKNOWN = "\ufffd"
_UNKNOWNS = re.compile(f"{_UNKNOWN}+")
_ASCII_OR_OTHER = re.compile(r"[\x00-\x7f]|[^\x00-\x7f]+")
_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_ROUNDING = 1e-3
"""By so much a logarithm may be above 0 where a service rounds; what is further above is no log-probability."""


@dataclass(frozen=True, slots=True)
class WrittenToken:
    """A token by the bytes it writes, as far as the service tells them, and its log-probability."""

    data: bytes
    logprob: float


def chat_tokens(choice: object) -> list[WrittenToken] | None:
    """The tokens of a choice of chat completions; ``None`` where it lists none, or one that is not to be understood.

    ``logprobs.content`` as OpenAI has it, or Together's ``tokens`` beside ``token_logprobs``.
    """
    listed = mapping(mapping(choice).get("logprobs"))
    entries = [mapping(entry) for entry in items(listed.get("content"))]
    if entries:
        return _all(_token(entry.get("token"), entry.get("logprob"), entry.get("bytes")) for entry in entries)
    tokens, logprobs = items(listed.get("tokens")), items(listed.get("token_logprobs"))
    if not tokens or len(tokens) != len(logprobs):
        return None
    return _all(_token(token, logprob) for token, logprob in zip(tokens, logprobs, strict=True))


def gemini_tokens(candidate: object) -> list[WrittenToken] | None:
    """The tokens of a candidate of Gemini's, in ``logprobsResult.chosenCandidates``; ``None`` as for chat completions.

    Gemini tells no bytes.
    """
    result = mapping(mapping(candidate).get("logprobsResult"))
    chosen = [mapping(entry) for entry in items(result.get("chosenCandidates"))]
    return _all(_token(entry.get("token"), entry.get("logProbability")) for entry in chosen) if chosen else None


def _all(tokens: Iterable[WrittenToken | None]) -> list[WrittenToken] | None:
    found = []
    for token in tokens:
        if token is None:
            return None
        found.append(token)
    return found


def _token(text: object, logprob: object, data: object = None) -> WrittenToken | None:
    if isinstance(logprob, bool) or not isinstance(logprob, int | float) or not isinstance(text, str):
        return None
    if not math.isfinite(logprob) or logprob > _ROUNDING:
        return None
    if isinstance(data, list):
        if not all(isinstance(byte, int) and 0 <= byte < 256 for byte in data):
            return None
        written = bytes(data)
    elif byte := _BYTE_TOKEN.fullmatch(text):
        written = bytes([int(byte[1], 16)])
    else:
        written = text.encode("utf-8", "replace")
    return WrittenToken(written, min(0.0, float(logprob)))


def along(text: str, tokens: Sequence[WrittenToken] | None) -> TokenLogprobs | None:
    """The log-probabilities of the tokens that write ``text``; ``None`` where they cannot be told from the others.

    Tokens that reach beyond an end of the text count with what they write of it. Where the text occurs more than once
    among the tokens, its last occurrence is the answer; what stands before are thoughts.

    >>> along("No.", [WrittenToken(b"No", -0.5), WrittenToken(b".", -0.1), WrittenToken(b"<|end|>", -0.2)])
    TokenLogprobs(lengths=(2, 1), logprobs=(-0.5, -0.1))
    """
    if not tokens or not text:
        return None
    parts = [token.data for token in tokens]
    ends = list(accumulate(map(len, parts)))
    data, written = text.encode("utf-8", "replace"), b"".join(parts)
    start = _last_place(data, written, set(ends))
    known = {start + at: at for at in range(len(data) + 1)}
    if start < 0:
        if _UNKNOWN.encode() not in written:
            return None
        texts = [part.decode("utf-8", "replace") for part in parts]
        ends = list(accumulate(map(len, texts)))
        known = _around_unknown(text, "".join(texts), set(ends))
    return _between(known, ends, [token.logprob for token in tokens]) if known else None


def _last_place(wanted: AnyStr, written: AnyStr, ends: Set[int]) -> int:
    """Where ``wanted`` begins for the last time, and ends with a token where it ever does; -1 where it does not."""
    start = last = written.rfind(wanted)
    while start >= 0 and start + len(wanted) not in ends:
        start = written.rfind(wanted, 0, start + len(wanted) - 1)
    return last if start < 0 else start


def _around_unknown(text: str, written: str, ends: Set[int]) -> dict[int, int]:
    """Places in what tokens wrote, and the bytes of ``text`` before them, where U+FFFD stands for parts of characters.

    Both are compared by their ASCII alone, then what stands between; nothing where they do not fit.
    """
    ours, theirs = (list(_ASCII_OR_OTHER.finditer(each)) for each in (text, written))
    marks = "".join(_mark(unit) for unit in theirs)
    unit_ends = {number for number, unit in enumerate(theirs, 1) if unit.end() in ends}
    first = _last_place("".join(_mark(unit) for unit in ours), marks, unit_ends)
    if first < 0:
        return {}
    known, before = {theirs[first].start(): 0}, 0
    for our, their in zip(ours, theirs[first:], strict=False):
        said, seen = our.group(), their.group()
        head, tail = seen.partition(_UNKNOWN)[0], seen.rpartition(_UNKNOWN)[2]
        if said != seen and not re.fullmatch(".+".join(map(re.escape, _UNKNOWNS.split(seen))), said):
            return {}
        told = range(len(said) + 1) if said == seen else range(len(head) + 1)
        known |= {their.start() + at: before + len(said[:at].encode()) for at in told}
        before += len(said.encode())
        known |= {their.end() - at: before - len(said[len(said) - at :].encode()) for at in range(len(tail) + 1)}
    return known


def _mark(unit: re.Match[str]) -> str:
    return unit.group() if unit.group().isascii() else "\0"


def _between(known: Mapping[int, int], ends: Sequence[int], logprobs: Sequence[float]) -> TokenLogprobs:
    """Lengths and sums of the tokens between ``known`` places; one that writes nothing counts with the one after it."""
    start, stop = min(known), max(known)
    lengths: list[int] = []
    sums: list[float] = []
    begin, done, total = 0, 0, 0.0
    for end, logprob in zip(ends, logprobs, strict=True):
        if begin < stop and (end > start or begin == end == start):
            total += logprob
            reached = known.get(min(end, stop), done)
            if reached > done:
                lengths.append(reached - done)
                sums.append(total)
                done, total = reached, 0.0
        begin = end
    return TokenLogprobs(tuple(lengths), tuple(sums))
