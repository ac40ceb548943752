"""Mutations of inputs: of their bytes, and of what they mean (documents, tables, tensors, databases)."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

import yaml
from hypothesis import strategies as st

from tests.fuzz.databases import mutated_database
from tests.fuzz.tables import mutated_table

PIECES = [
    b"null", b"-1", b"1e999", b"NaN", b"[]", b"{}", b'"', b"\\ud800", b"\x00", b"\xff", b"\xef\xbb\xbf", b"[" * 3000,
]  # fmt: skip
WRONG: list[object] = [
    None, True, False, -1, 0, 1, 2**63, 10**30, 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf"), "", "x", "NaN",
    "../../outside", "/etc/passwd", ".", "a\x00b", "\ud800", "\u202e\u0000\x1b[31m", "=1+1", "9" * 5000,
    "long " * 40_000,
    [], {}, [[]], [None], {"a": {}}, {"": ""}, [1, "x", None, {}], list(range(3000)),
]  # fmt: skip
NUMBERS = [b"\xff" * 8, b"\x00" * 8, b"\x00" * 6 + b"\xf0\x7f", b"\x7f" * 8]
"""Eight bytes that are not a number, zero, infinite and huge as floats."""

ENCODINGS = ["utf-8"] * 12 + ["utf-8-sig", "utf-16", "utf-16-le", "latin-1"]


def mutated_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    """One to four pieces cut, doubled, or replaced by something a reader may stumble over."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        piece = draw(st.one_of(st.sampled_from([b"", data[start:end] * 2, *PIECES]), st.binary(max_size=6)))
        data = data[:start] + piece + data[end:]
    return data


def mutated_document(draw: st.DrawFn, document: object) -> object:
    """One to three places of a document of another type, depth or size, under another name, doubled or gone."""
    for _ in range(draw(st.integers(1, 3))):
        document = _changed(draw, document, 0)
    return document


def _changed(draw: st.DrawFn, value: object, depth: int) -> object:
    if isinstance(value, dict) and value and _goes_on(draw, depth):
        key = draw(st.sampled_from(list(value)[:200]))
        action = draw(st.sampled_from(["inner", "inner", "inner", "remove", "rename", "swap"]))
        own = dict(value)
        if action == "inner":
            own[key] = _changed(draw, own[key], depth + 1)
        elif action == "swap":
            own[key] = draw(st.sampled_from(list(value.values())[:200]))
        else:
            taken = own.pop(key)
            if action == "rename":
                own[draw(st.sampled_from(["", "x", "../x", "a" * 300, f"{key} ", "\ud800"]))] = taken
        return own
    if isinstance(value, list) and value and _goes_on(draw, depth):
        at = draw(st.integers(0, min(len(value), 200) - 1))
        action = draw(st.sampled_from(["inner", "inner", "inner", "remove", "double"]))
        inner = _changed(draw, value[at], depth + 1) if action == "inner" else value[at]
        return [*value[:at], *([inner] * {"inner": 1, "remove": 0, "double": 2}[action]), *value[at + 1 :]]
    return _replaced(draw, value)


def _goes_on(draw: st.DrawFn, depth: int) -> bool:
    """Whether something inside is changed, and not all of it; at the top nearly always."""
    return draw(st.integers(0, 19 if depth == 0 else 4)) != 3


def _replaced(draw: st.DrawFn, value: object) -> object:
    near: list[object] = [[value], {"x": value}, str(value)[:200]]
    if isinstance(value, int | float) and abs(value) < 2**64:
        near += [-value, float(value), value * 1e300, value + 1]
    if isinstance(value, str):
        near += [value + " ", value.upper(), [*value][:50]]
    if draw(st.integers(0, 11)) == 0:
        for _ in range(draw(st.sampled_from([60, 70, 900]))):
            value = [value]
        return value
    return draw(st.sampled_from([*near, *WRONG]))


def mutated_json(draw: st.DrawFn, data: bytes) -> bytes:
    """The JSON document changed, now and then in another encoding."""
    return _written(draw, mutated_document(draw, json.loads(data)))


def mutated_yaml(draw: st.DrawFn, data: bytes) -> bytes:
    """The YAML document changed; JSON is YAML."""
    return _written(draw, mutated_document(draw, yaml.safe_load(data)))


def mutated_lines(draw: st.DrawFn, data: bytes) -> bytes:
    """One line of JSON lines changed."""
    lines = data.splitlines()
    at = draw(st.integers(0, len(lines) - 1))
    lines[at] = _written(draw, mutated_document(draw, json.loads(lines[at])))
    return b"\n".join(lines) + b"\n"


def mutated_tensors(draw: st.DrawFn, data: bytes) -> bytes:
    """The header of a safetensors file changed, or numbers among its data."""
    size = int.from_bytes(data[:8], "little")
    header, rest = data[8 : 8 + size], bytearray(data[8 + size :])
    if draw(st.booleans()):
        for _ in range(draw(st.integers(1, 3))):
            at = draw(st.integers(0, max(0, len(rest) // 8 - 1))) * 8
            rest[at : at + 8] = draw(
                st.sampled_from([b"\xff" * 8, b"\x00" * 8, b"\x00" * 6 + b"\xf0\x7f", b"\x7f" * 8])
            )
    else:
        header = json.dumps(mutated_document(draw, json.loads(header))).encode()
    told = draw(st.sampled_from([len(header)] * 6 + [0, len(header) - 1, 2**62, 2**64 - 1]))
    return told.to_bytes(8, "little") + header + bytes(rest)


def _written(draw: st.DrawFn, document: object) -> bytes:
    text = json.dumps(document, ensure_ascii=draw(st.booleans()))
    return text.encode(draw(st.sampled_from(ENCODINGS)), "surrogatepass" if draw(st.booleans()) else "replace")


STRUCTURAL: dict[str, Callable[[st.DrawFn, bytes], bytes]] = {
    ".json": mutated_json,
    ".yaml": mutated_yaml,
    ".jsonl": mutated_lines,
    ".safetensors": mutated_tensors,
    ".parquet": mutated_table,
    ".sqlite": mutated_database,
}


def in_name(data: bytes) -> tuple[bytes, bytes]:
    """What stands before the content of an input of a folder, the name of the file and a line end, and the content."""
    name, end, content = data.partition(b"\n")
    return name + end, content


@st.composite
def mutated(draw: st.DrawFn, seeds: list[bytes], suffix: str, named: bool) -> bytes:
    """A seed changed in its meaning, in its bytes or in both; where it is ``named``, the name stays."""
    data = draw(st.sampled_from(seeds))
    head, data = in_name(data) if named else (b"", data)
    structural = STRUCTURAL.get(PurePath(head.decode().strip()).suffix if named else suffix)
    how = draw(st.integers(0, 7)) if structural else 7
    if structural and how < 7:
        try:
            data = structural(draw, data)
        except (ValueError, yaml.YAMLError, AttributeError, IndexError):  # a kept input that is no such document
            how = 7
    return head + (mutated_bytes(draw, data) if how >= 6 else data)


def lines_of(rows: Sequence[Mapping[str, object]]) -> bytes:
    """``rows`` as JSON lines."""
    out = io.StringIO()
    for row in rows:
        out.write(json.dumps(row) + "\n")
    return out.getvalue().encode()
