"""The shape of the house: budgets, floors, circles, a test per module, the file map, and light imports."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import PACKAGE, ROOT, Measure, imports, measures, modules, table, tree

FLOORS: dict[str, int] = {
    **dict.fromkeys(
        (
            "version",
            "errors",
            "suggestions",
            "csv_cells",
            "names",
            "plain_files",
            "json_file",
            "yaml_file",
            "yaml_loaders",
            "atomic_files",
            "disk_errors",
            "records",
            "taxonomy",
            "taxonomy_file",
            "taxonomy_changes",
            "sections",
            "service_settings",
            "surrogates",
            "normal_forms",
        ),
        0,
    ),
    **dict.fromkeys(
        (
            "labeling_settings",
            "plugins",
            "progress",
            "progress_bar",
            "table_checks",
            "tables",
            "project",
            "project_file",
            "sweeps",
            "composites",
            "run_links",
            "runs",
            "traces",
            "llm",
        ),
        1,
    ),
    "statistics": 0,
    **dict.fromkeys(("demo", "templates", "machine_load"), 1),
    **dict.fromkeys(("labels", "dataset", "run_tables"), 2),
    "classifiers": 3,
    **dict.fromkeys(("embeddings", "evaluation", "loadtest", "testing"), 4),
    **dict.fromkeys(("reference", "audit", "costs"), 5),
    "advice": 6,
    **dict.fromkeys(
        (
            "discovery",
            "report",
            "stages",
            "api",
            "loading",
            "answering",
            "serving",
            "export",
            "compare_runs",
            "shares",
            "trends",
            "discovery",
            "pipeline",
            "cli",
            "__main__",
            "__init__",
        ),
        7,
    ),
}
HEAVY = {"torch", "transformers", "sklearn", "polars", "matplotlib", "scipy", "numpy", "aiohttp", "pydantic", "rich"}


def room(module: str) -> str:
    return module.partition(".")[0]


def test_every_room_has_a_floor() -> None:
    assert {room(module) for module in modules()} <= set(FLOORS)


def test_no_module_imports_a_higher_floor() -> None:
    upward = [
        f"{module} imports {other}"
        for module, path in modules().items()
        for other in imports(path)
        if FLOORS[room(other)] > FLOORS[room(module)]
    ]
    assert upward == []


@pytest.mark.parametrize("measure", measures(), ids=lambda measure: measure.name)
def test_a_budget_is_kept(measure: Measure) -> None:
    assert measure.holds, f"{measure.value:g}, budget {measure.budget}: {', '.join(measure.what)}\n{table()}"


def holds_only_records(path: Path) -> bool:
    """Whether a module has nothing to test: records without methods, type aliases, constants, protocols."""
    functions = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return all(_only_says(function) for function in functions)


def _only_says(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return len(function.body) == 1 and ast.get_docstring(function) is not None


def test_every_module_with_behaviour_has_a_test_file() -> None:
    missing = []
    for module, path in modules().items():
        folder = path.relative_to(PACKAGE).parent
        tested = (ROOT / "tests" / folder / f"test_{path.stem}.py").exists()
        if path.name != "__init__.py" and module != "__main__" and not tested and not holds_only_records(path):
            missing.append(module)
    assert missing == []


def test_no_file_of_tests_or_benchmarks_is_longer_than_400_lines() -> None:
    files = [p for folder in ("tests", "benchmarks") for p in (ROOT / folder).rglob("*.py")]
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
