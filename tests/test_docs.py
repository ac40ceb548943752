"""The documentation says what the program says."""

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from tests.command_reference import PAGE, command_names, render

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_command_reference_equals_help() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run 'make docs'"


def test_every_command_the_readme_types_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    typed = {
        shlex.split(line, comments=True)[1]
        for block in re.findall(r"```(?:bash|sh|console)\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
        if line.startswith("topicsmith ")
    }
    assert typed
    assert typed <= set(command_names())


def test_every_make_target_the_readme_types_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    typed = set(re.findall(r"^make ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= typed <= targets


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    links = [
        (page, link)
        for page in pages
        for link in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    ]
    broken = [f"{page.name}: {link}" for page, link in links if "://" not in link and not (page.parent / link).exists()]
    assert broken == []


def test_every_page_is_linked_from_the_index_and_stands_in_its_tree() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")} - {"index"}
    trees = {name for tree in re.findall(r"```\{toctree\}\n(.*?)```", index, re.DOTALL) for name in tree.split("\n")}
    assert set(re.findall(r"\]\(([a-z_]+)\.md\)", index)) == pages
    assert {name for name in trees if name and not name.startswith(":")} == pages


def test_project_files_in_the_docs_are_yaml() -> None:
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            assert yaml.safe_load(block) is not None, f"{page.name} has an empty YAML block"


def test_the_comparison_of_the_readme_is_what_the_benchmark_measured() -> None:
    """Each cell of the table, worked out from the committed results."""
    measured = json.loads((ROOT / "benchmarks" / "results" / "labelling.json").read_text())["situations"]
    rows = {
        "rows lost when the server takes 20 calls at once": ("limit", "{lost:,}"),
        "answers a second then (40 is ideal)": ("limit", "{answers_per_s_span}"),
        "answers a second while the limit moves (rows lost)": ("moves", "{answers_per_s_span} ({lost})"),
        "right of 2,000 with time-outs, errors and cut-off answers": ("mix", "{right:,}"),
        "calls paid for 2,000 rows when killed half way and run again": ("killed", "{paid:,}"),
        "processor time a row at 500 ms an answer": ("half", "{cpu_ms_per_row:.2f} ms"),
    }
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    tables = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    found = {cells[0]: cells[1:] for cells in tables}
    clients = [name.split()[0] for name in found[""]]
    assert {name: found[name] for name in rows} == {
        name: [cell.format(**measured[situation][who]) for who in clients] for name, (situation, cell) in rows.items()
    }
