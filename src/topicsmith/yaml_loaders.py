"""Safe YAML loaders with limits: by libyaml what is YAML, by PyYAML what is not, since that has the words for it."""

import re
from typing import Any

import yaml

DEEPEST = 50
"""Levels of one file; a project file has seven."""
TOO_DEEP = "nested too deeply; a project file is a few levels deep"
_OUT_OF_RANGE = "a number out of range; put text in quotes"
_LONGEST_NUMBER = 100


class _Construct(yaml.constructor.SafeConstructor):
    """Refuses a key written twice, and numbers that nothing can hold."""

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


class PlainLoader(_Construct, yaml.SafeLoader):
    """A safe loader, which ends at levels inside levels that would take it minutes."""

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
            raise yaml.scanner.ScannerError(None, None, TOO_DEEP, self.get_mark())


_CParser: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FastLoader(_Construct, _CParser):  # type: ignore[misc,valid-type]  # there or not, as PyYAML was built
    """The same by libyaml, ten times as fast; it recurses without a limit, so that only flat files may get here."""


_LINE_ENDS = frozenset("\x85\u2028\u2029")


class PlainDumper(yaml.SafeDumper):
    """A safe dumper that puts in quotes whatever the loaders would not read as a text, or as another one."""


def _text(dumper: PlainDumper, text: str) -> yaml.ScalarNode:
    """Line ends of Unicode stay themselves between double quotes alone, where they are escaped."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, '"' if _LINE_ENDS & set(text) else None)


PlainDumper.add_representer(str, _text)
for _each in (PlainLoader, FastLoader):
    _each.add_constructor("tag:yaml.org,2002:int", _Construct.construct_yaml_int)  # type: ignore[type-var]  # its own
for _any in (PlainLoader, FastLoader, PlainDumper):
    _any.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),  # '2e-4' is a number, as YAML 1.2 has it
        list("-+0123456789"),
    )


def loader_for(text: str) -> PlainLoader | FastLoader:
    """The fast loader for a text that is YAML; the other one has the words for what is not.

    Raises:
        yaml.YAMLError: when it is nested deeper than what we read, before anything recurses.
    """
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_CParser):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                break
    except (yaml.YAMLError, ValueError, OverflowError):
        return PlainLoader(text)
    if depth > DEEPEST:
        raise yaml.scanner.ScannerError(None, None, TOO_DEEP, event.start_mark)  # type: ignore[arg-type]  # libyaml's are of another class
    return FastLoader(text)  # type: ignore[call-arg]  # as its base class takes it
