"""Reading YAML that a person wrote, and saying in which line a mistake stands."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from topicsmith.errors import UserError
from topicsmith.plain_files import read_plain
from topicsmith.suggestions import did_you_mean

Location = tuple[str | int, ...]

DEEPEST = 50
"""Levels of one file; a project file has seven."""
_TOO_DEEP = "nested too deeply; a project file is a few levels deep"
_OUT_OF_RANGE = "a number out of range; put text in quotes"
_LONGEST_NUMBER = 100
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed YAML file; ``lines`` maps the path of each key or item to its line number from 1."""

    path: Path
    value: object
    lines: Mapping[Location, int]

    def line(self, location: Location) -> int:
        """The line of ``location``, or of the nearest thing around it that has one."""
        for end in range(len(location), 0, -1):
            if location[:end] in self.lines:
                return self.lines[location[:end]]
        return 1


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses a key written twice."""

    def fetch_flow_collection_start(self, TokenClass: Any) -> None:  # noqa: N803  # as PyYAML calls it
        """As it is, up to a depth: at every token PyYAML looks at all levels that are open."""
        self._check_depth(self.flow_level)
        super().fetch_flow_collection_start(TokenClass)

    def add_indent(self, column: int) -> bool:
        """The same for levels that indentation opens."""
        self._check_depth(len(self.indents))
        return bool(super().add_indent(column))

    def _check_depth(self, depth: int) -> None:
        if depth > DEEPEST:
            raise yaml.scanner.ScannerError(None, None, _TOO_DEEP, self.get_mark())

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key {key!r}", key_node.start_mark)
            seen.add(key)
        return dict(super().construct_mapping(node, deep=deep))

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """A whole number; one that nothing can hold, such as a thousand hexadecimal digits, is refused."""
        value = int(super().construct_yaml_int(node)) if len(node.value) <= _LONGEST_NUMBER else None
        if value is None or abs(value) >= 2**63:
            raise yaml.constructor.ConstructorError(None, None, _OUT_OF_RANGE, node.start_mark)
        return value


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),  # '2e-4' is a number, as YAML 1.2 has it
    list("-+0123456789"),
)


def read_document(path: Path, error: type[UserError]) -> Document:
    """Read a YAML file.

    Raises:
        UserError: of the type ``error``, when the file is missing, not text, or not YAML.
    """
    text = _read_text(path, error)
    lines: dict[Location, int] = {}
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is not None:
                _collect_lines(node, (), lines)
            value = loader.construct_document(node) if node is not None else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise error(f"{path}:{line}: not YAML: {exc.problem or exc}") from None
    except yaml.YAMLError as exc:
        raise error(f"{path}: not YAML: {exc}".splitlines()[0]) from None
    except (
        ValueError,
        TypeError,
        AttributeError,
        OverflowError,
    ) as exc:  # a date that is none, a number of 5,000 digits, a list as key
        raise error(f"{path}: holds a value that cannot be read: {exc}; put text in quotes") from None
    except RecursionError:
        raise error(f"{path}: {_TOO_DEEP}") from None
    return Document(path, value, lines)


def _read_text(path: Path, error: type[UserError]) -> str:
    try:
        data = read_plain(path, MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise error(f"{path}: is larger than {MOST_BYTES // 1024**2} MiB, which nobody writes by hand; shorten it")
        return data.decode()
    except FileNotFoundError:
        raise error(f"{path}: no such file") from None
    except IsADirectoryError:
        raise error(f"{path}: is a folder, a file was expected") from None
    except OSError as exc:
        raise error(f"{path}: cannot be read: {exc.strerror or exc}") from None
    except UnicodeDecodeError as exc:
        raise error(f"{path}: not UTF-8 text (byte {exc.start})") from None


MOST_LINES = 200_000
"""Keys and items of one file; aliases of aliases multiply without end."""


def _collect_lines(node: yaml.Node, location: Location, lines: dict[Location, int]) -> None:
    if len(location) > DEEPEST or len(lines) > MOST_LINES:
        problem = "nested too deeply, or an alias within itself"
        raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            place = (*location, str(key.value))
            lines[place] = key.start_mark.line + 1
            _collect_lines(child, place, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            place = (*location, index)
            lines[place] = child.start_mark.line + 1
            _collect_lines(child, place, lines)


def explain(
    invalid: ValidationError, document: Document, model: type[BaseModel], error: type[UserError], at: Location = ()
) -> UserError:
    """Turn the most telling finding of pydantic into one line: file, line, key, value and what would be right.

    ``at`` is where in the document the validated part stands.
    """
    findings = invalid.errors(include_url=False)
    # A misspelt key is both unknown and missing under its right name: the unknown one says more.
    finding = next((found for found in findings if found["type"] == "extra_forbidden"), findings[0])
    inner = _path_in_document(finding["loc"], document.value, at, missing=finding["type"] == "missing")
    location = (*at, *inner)
    place = f"{document.path}:{document.line(location)}"
    key = _dotted(location)
    kind = finding["type"]
    if kind == "extra_forbidden":
        known = _known_keys(model, inner[:-1])
        near = did_you_mean(str(inner[-1]), known)
        return error(f"{place}: unknown key '{key}'" + (f"; {near}known: {', '.join(known)}" if known else ""))
    if kind == "missing":
        return error(f"{place}: missing key '{key}'")
    of_values = [found for found in findings if found["type"] not in {"extra_forbidden", "missing"}]
    paths = [_path_in_document(found["loc"], document.value, at, missing=False) for found in of_values]
    message = _alternatives([found["msg"] for found, path in zip(of_values, paths, strict=True) if path == inner])
    value = finding["input"]
    if kind == "string_type" and isinstance(value, bool):
        message = f"YAML reads yes, no, on and off as {str(value).lower()}; write it in quotes"
    shown = "" if isinstance(value, Mapping) else f" is {_short(value)}:"
    return error(f"{place}: {key}{shown} {message}" if key else f"{place}: {message}")


def _alternatives(messages: Sequence[str]) -> str:
    """One sentence of what pydantic says of one value, once for each kind of value that is allowed."""
    plain = [text.removeprefix("Value error, ").removeprefix("Assertion failed, ") for text in messages]
    first, *others = dict.fromkeys(plain)
    return " or ".join([first[:1].lower() + first[1:], *(text.removeprefix("Input should be ") for text in others)])


def _path_in_document(found: Location, value: object, at: Location, *, missing: bool) -> Location:
    """``found`` without the parts that pydantic adds of its own, such as the names of union members."""
    for part in at:
        _, value = _step(value, part)
    path: list[str | int] = []
    for index, part in enumerate(found):
        is_there, child = _step(value, part)
        if is_there:
            value = child
        elif not (missing and index == len(found) - 1):
            continue
        path.append(part)
    return tuple(path)


def _step(value: object, part: str | int) -> tuple[bool, object]:
    """Whether ``part`` leads on from ``value``, and where to."""
    if isinstance(value, Mapping):
        return part in value, value.get(part)
    if isinstance(value, list) and isinstance(part, int):
        return True, value[part]
    return False, None


def _dotted(location: Sequence[str | int]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _known_keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The keys that ``model`` has at ``location``, as far as its annotations tell."""
    current: type[BaseModel] | None = model
    for part in location:
        if current is None or isinstance(part, int):
            continue
        found = current.model_fields.get(part)
        current = _model_inside(found.annotation) if found else None
    return sorted(field.alias or name for name, field in current.model_fields.items()) if current else []


def _model_inside(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        inside = _model_inside(argument)
        if inside is not None:
            return inside
    return None
