"""Every shipped project file can be read by the program as it is."""

from pathlib import Path

import pytest

from topicsmith.project_file import read_project

ROOT = Path(__file__).parent.parent
PROJECTS = sorted([*ROOT.glob("examples/**/topicsmith*.yaml"), *ROOT.glob("src/topicsmith/demo/topicsmith.yaml")])


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_shipped_project_is_valid(path: Path) -> None:
    project = read_project(path)
    assert len(project.candidates) >= 3
    assert len(project.taxonomy.names) >= 2
