"""Reading YAML that a person wrote, and saying in which line a mistake stands."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError

from topicsmith.errors import UserError
from topicsmith.plain_files import read_plain
from topicsmith.suggestions import did_you_mean
from topicsmith.yaml_loaders import DEEPEST, TOO_DEEP, PlainLoader, loader_for

Location = tuple[str | int, ...]

MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed YAML file; ``lines`` maps the path of each key or item to its line number from 1.

    ``written`` has, by path, what stands in the file where YAML reads something else than a text: ``no``, ``1.0``.
    """

    path: Path
    value: object
    lines: Mapping[Location, int]
    written: Mapping[Location, str] = field(default_factory=dict)

    def line(self, location: Location) -> int:
        """The line of ``location``, or of the nearest thing around it that has one."""
        for end in range(len(location), 0, -1):
            if location[:end] in self.lines:
                return self.lines[location[:end]]
        return 1

    def no_text(self, location: Location, value: object) -> str:
        """What to say of ``value`` at ``location``, where a text has to be: what is written there, and the cure."""
        written = self.written.get(location, _shown(value))
        if not written:
            return "nothing stands here; write a text"
        what = " ".join((_KINDS.get(type(value), ""), _shown(value))).strip()
        return f'YAML reads {written} as {what}, which is no text; put it in quotes: "{written}"'

    def no_key(self, location: Location, key: object) -> tuple[Location, str]:
        """Where the key is at ``location`` that YAML reads as ``key``, and what to say of it."""
        raws = [str(place[-2]) for place in self.written if place[:-2] == location and place[-1:] == (_KEY,)]
        raw = next((raw for raw in raws if yaml.load(raw, PlainLoader) == key), _shown(key))  # noqa: S506  # a safe one
        return (*location, raw), self.no_text((*location, raw, _KEY), key)


_KINDS: Mapping[type, str] = {int: "the number", float: "the number", date: "the date", datetime: "the time"}
_KEY = ""
"""Ends the place of a key itself, beside that of its value."""
_TEXT = "tag:yaml.org,2002:str"
_INSTANCE = re.compile(r"dictionary or instance of \w+|dictionary")  # names of classes tell a person nothing


def _shown(value: object) -> str:
    """A value that is no text, as YAML writes it."""
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_document(path: Path, error: type[UserError]) -> Document:
    """Read a YAML file.

    Raises:
        UserError: of the type ``error``, when the file is missing, not text, or not YAML.
    """
    text = _read_text(path, error)
    lines: dict[Location, int] = {}
    written: dict[Location, str] = {}
    try:
        loader = loader_for(text)
        try:
            node = loader.get_single_node()
            if node is not None:
                _collect(node, (), lines, written)
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
        raise error(f"{path}: {TOO_DEEP}") from None
    return Document(path, value, lines, written)


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


def root_node(text: str) -> yaml.Node | None:
    """The nodes of a text that :func:`read_document` can read, with the places where they stand."""
    loader = loader_for(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    return node


MOST_LINES = 200_000
"""Keys and items of one file; aliases of aliases multiply without end."""


def _collect(node: yaml.Node, location: Location, lines: dict[Location, int], written: dict[Location, str]) -> None:
    """Note the lines of what is inside ``node``, and how it is written where that is no text."""
    if len(location) > DEEPEST or len(lines) > MOST_LINES:
        problem = "nested too deeply, or an alias within itself"
        raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
    if isinstance(node, yaml.ScalarNode) and node.tag != _TEXT:
        written[location] = node.value
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            place = (*location, str(key.value))
            if key.tag != _TEXT:
                written[*place, _KEY] = str(key.value)
            lines[place] = key.start_mark.line + 1
            _collect(child, place, lines, written)
    elif isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            place = (*location, index)
            lines[place] = child.start_mark.line + 1
            _collect(child, place, lines, written)


def explain(
    invalid: ValidationError, document: Document, model: type[BaseModel], error: type[UserError], at: Location = ()
) -> UserError:
    """Turn the most telling finding of pydantic into one line: file, line, key, value and what would be right.

    ``at`` is where in the document the validated part stands.
    """
    findings = invalid.errors(include_url=False)
    # A misspelt key is both unknown and missing under its right name: the unknown one says more.
    finding = next((found for found in findings if found["type"] == "extra_forbidden"), findings[0])
    foreign = next((found for found in findings if found["type"] == "invalid_key"), None)
    if foreign is not None:
        around = _path_in_document(foreign["loc"][:-1], document.value, at, missing=False)
        where, said = document.no_key((*at, *around), foreign["input"])
        return error(f"{document.path}:{document.line(where)}: {said}")
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
    texts = {path for found, path in zip(of_values, paths, strict=True) if found["type"] == "string_type"}
    if inner in texts and not isinstance(value, Mapping | list | str):
        return error(f"{place}: {key}: {document.no_text(location, value)}")
    shown = "" if isinstance(value, Mapping) else f" is {document.written.get(location) or _short(value)}:"
    return error(f"{place}: {key}{shown} {message}" if key else f"{place}: {message}")


def _alternatives(messages: Sequence[str]) -> str:
    """One sentence of what pydantic says of one value, once for each kind of value that is allowed."""
    plain = [
        _INSTANCE.sub("mapping", text.removeprefix("Value error, ").removeprefix("Assertion failed, "))
        for text in messages
    ]
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
