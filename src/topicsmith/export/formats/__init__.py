"""The formats, a module each; one is found by being here."""

import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from topicsmith.export.rows import ExportRows


@dataclass(frozen=True)
class RowFormat:
    """A way to write rows: ``write`` makes a file, or with ``folder`` a folder, at a path where nothing is yet.

    ``suffix`` is what the names of its files end in. ``hint`` is told to the person afterwards, with PATH for what was
    written.
    """

    name: str
    write: Callable[[ExportRows, Path], None]
    suffix: str = ""
    folder: bool = False
    hint: str = ""


@cache
def row_formats() -> Mapping[str, RowFormat]:
    """Every format by name."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found: list[RowFormat] = [import_module(f"{__name__}.{name}").FORMAT for name in modules]
    return MappingProxyType({each.name: each for each in found})


def format_of(path: Path) -> str | None:
    """The format that the suffix of ``path`` means."""
    names = (each.name for each in row_formats().values() if each.suffix and each.suffix == path.suffix.lower())
    return next(names, None)
