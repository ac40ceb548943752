"""The measurements of the source tree that have a budget: ``python -m tests.house`` prints the table."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "topicsmith"
FREE_FOLDERS = {"formats", "annotators", "providers", "cli", "stages"}
"""Folders in which every file is one plug-in or one command: as many as there are."""


@cache
def modules() -> dict[str, Path]:
    """Every module of the package by its dotted name below ``topicsmith``; a package by its folder's."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__") or "__init__"] = path
    return found


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """The modules of ours that a file imports anywhere, inside functions and ``TYPE_CHECKING`` blocks as well."""
    found = {inner for node in ast.walk(tree(path)) for inner in _imported(node)}
    return found & set(modules())


def _imported(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
        names = [name if name.removeprefix("topicsmith.") in modules() else node.module for name in names]
    else:
        names = []
    return (name.removeprefix("topicsmith.") for name in names if name.startswith("topicsmith."))


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _function_length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from ``def`` to the end, without the docstring: what a reader must hold in mind."""
    assert node.end_lineno is not None
    doc = node.body[0] if ast.get_docstring(node, clean=False) is not None else None
    assert doc is None or doc.end_lineno is not None
    return node.end_lineno - node.lineno + 1 - (doc.end_lineno - doc.lineno + 1 if doc and doc.end_lineno else 0)


def circle() -> list[str]:
    """The modules of one circle of imports; none when there is no circle."""
    try:
        tuple(TopologicalSorter({name: imports(path) - {name} for name, path in modules().items()}).static_order())
    except CycleError as error:
        return list(error.args[1])
    return []


def crowded_folders(most: int = 15) -> list[str]:
    """Folders with more files beside their sub-folders than a reader takes in."""
    counts: dict[Path, int] = {}
    for path in modules().values():
        if path.name != "__init__.py" and path.parent != PACKAGE:
            counts[path.parent] = counts.get(path.parent, 0) + 1
    return [
        f"{folder.relative_to(PACKAGE)}: {count}"
        for folder, count in counts.items()
        if count > most and folder.name not in FREE_FOLDERS
    ]


def imports_inside_functions() -> list[str]:
    """Where a function imports a module of ours."""
    return [
        f"{name}:{node.lineno}"
        for name, path in modules().items()
        for function in _functions(path)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom) and any(True for _ in _imported(node))
    ]


def names_with_two_meanings() -> list[str]:
    """Names of public classes that stand in more than one module."""
    places: dict[str, list[str]] = {}
    for name, path in modules().items():
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(name)
    return [f"{name}: {', '.join(where)}" for name, where in sorted(places.items()) if len(where) > 1]


@dataclass(frozen=True)
class Measure:
    """One figure of the tree, its budget, and whether it holds; ``what`` lists what breaks it."""

    name: str
    value: float
    budget: str
    holds: bool
    what: tuple[str, ...] = ()


def measures() -> list[Measure]:
    """Every budget of the house, measured."""
    lengths = {name: _lines(path) for name, path in modules().items() if path.name != "__init__.py"}
    functions = [_function_length(node) for path in modules().values() for node in _functions(path)]
    source = sum(_lines(path) for path in modules().values())
    tests = sum(_lines(path) for path in (ROOT / "tests").rglob("*.py"))
    p90 = quantiles(functions, n=10)[-1]
    long = tuple(f"{name}: {length}" for name, length in lengths.items() if length > 300)
    around, crowded = tuple(circle()), tuple(crowded_folders())
    inside, twice = tuple(imports_inside_functions()), tuple(names_with_two_meanings())
    return [
        Measure("files", len(lengths), "", True),
        Measure("lines of source", source, "", True),
        Measure("median file, lines", median(lengths.values()), "<= 120", median(lengths.values()) <= 120),
        Measure("longest file, lines", max(lengths.values()), "<= 300", not long, long),
        Measure("90th percentile of functions, lines", p90, "<= 25", p90 <= 25),
        Measure("modules in a circle of imports", len(around), "0", not around, around),
        Measure("folders over 15 files", len(crowded), "0", not crowded, crowded),
        Measure("own imports inside functions", len(inside), "<= 40", len(inside) <= 40, inside),
        Measure("public class names with two meanings", len(twice), "0", not twice, twice),
        Measure("lines of tests per line of source", tests / source, ">= 0.73", tests / source >= 0.73),
    ]


def table() -> str:
    """The measures as text, one a line."""
    return "\n".join(f"{m.name:<40}{m.value:>10,.4g}   {m.budget}" for m in measures())


if __name__ == "__main__":
    import sys

    sys.stdout.write(table() + "\n")
    for measure in measures():
        if not measure.holds:
            sys.stdout.write(f"\n{measure.name}: {measure.value:g}, budget {measure.budget}\n  ")
            sys.stdout.write("\n  ".join(measure.what) + "\n")
