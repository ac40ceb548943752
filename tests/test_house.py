"""The shape of the house: floors, cycles, a test per module, the file map, and light imports."""

import ast
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "topicsmith"
FLOORS: dict[str, int] = {
    **dict.fromkeys(("version", "errors", "yaml_file", "atomic_files", "records", "taxonomy", "statistics"), 0),
    **dict.fromkeys(("plugins", "progress", "progress_bar", "tables", "project", "sweeps", "runs", "traces", "llm"), 1),
    **dict.fromkeys(("demo", "templates"), 1),
    **dict.fromkeys(("labels", "dataset"), 2),
    "classifiers": 3,
    **dict.fromkeys(("evaluation", "loadtest", "testing"), 4),
    **dict.fromkeys(("reference", "audit", "costs"), 5),
    "advice": 6,
    **dict.fromkeys(("report", "stages", "loading", "pipeline", "cli", "__main__", "__init__"), 7),
}
HEAVY = {"torch", "transformers", "sklearn", "polars", "matplotlib", "scipy", "numpy", "aiohttp", "pydantic", "rich"}


@cache
def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__") or "__init__"] = path
    return found


def room(module: str) -> str:
    return module.partition(".")[0]


def imports(path: Path, *, top_level_only: bool) -> set[str]:
    """The modules of ours that a file imports, outside of ``TYPE_CHECKING`` blocks."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = modules()
    found = set()
    for node in _statements(tree) if top_level_only else ast.walk(tree):
        for name in _imported(node):
            inner = name.removeprefix("topicsmith.")
            if inner != name and inner in known:
                found.add(inner)
    return found


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name.removeprefix("topicsmith.") in modules() else node.module for name in inner]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def _statements(tree: ast.Module) -> list[ast.stmt]:
    return [node for node in tree.body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))]


def test_every_room_has_a_floor() -> None:
    assert {room(module) for module in modules()} <= set(FLOORS)


def test_no_module_imports_a_higher_floor() -> None:
    upward = [
        f"{module} imports {other}"
        for module, path in modules().items()
        for other in imports(path, top_level_only=False)
        if FLOORS[room(other)] > FLOORS[room(module)]
    ]
    assert upward == []


def test_no_cycles() -> None:
    graph = {module: imports(path, top_level_only=True) - {module} for module, path in modules().items()}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise AssertionError(f"a cycle of imports: {error.args[1]}") from None


def test_every_module_has_a_test_file() -> None:
    missing = []
    for module, path in modules().items():
        if path.name == "__init__.py" or module == "__main__":
            continue
        folder = path.relative_to(PACKAGE).parent
        if not (ROOT / "tests" / folder / f"test_{path.stem}.py").exists():
            missing.append(module)
    assert missing == []


def test_no_file_is_longer_than_400_lines() -> None:
    files = [p for folder in ("src", "tests", "benchmarks") for p in (ROOT / folder).rglob("*.py")]
    assert [str(p) for p in files if len(p.read_text(encoding="utf-8").splitlines()) > 400] == []


def test_the_file_map_of_the_readme_equals_the_tree() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"<!-- file map -->\n```text\n(.*?)```", text, re.DOTALL)
    assert block, "README.md has no file map"
    mapped = {line.split()[0] for line in block[1].splitlines() if line.startswith("  ") and line[2] != " "}
    tree = {p.name + "/" * p.is_dir() for p in PACKAGE.iterdir() if p.name not in {"__pycache__", "py.typed"}}
    assert mapped == tree


def loaded_after(*command: str) -> set[str]:
    """Which heavy libraries a fresh interpreter has loaded after running ``command``."""
    result = subprocess.run([sys.executable, "-X", "importtime", *command], capture_output=True, text=True, check=True)
    return {line.rsplit("|", 1)[-1].strip() for line in result.stderr.splitlines() if "|" in line} & HEAVY


def test_importing_topicsmith_loads_nothing_heavy() -> None:
    assert loaded_after("-c", "import topicsmith") == set()


def test_help_loads_nothing_heavy() -> None:
    assert loaded_after("-m", "topicsmith", "--help") == set()
