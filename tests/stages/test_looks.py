"""Looks at the test rows, as a run folder keeps them."""

import json
from pathlib import Path

import pytest

from tests.test_pipeline import run
from topicsmith.dataset.looks import FILE
from topicsmith.errors import RunStateError


def _looks(folder: Path) -> list[tuple[int, int]]:
    document = json.loads((folder / "runs/small" / FILE).read_text())
    return [(len(each["evaluations"]), len(each["candidates"])) for each in document]


@pytest.mark.slow
def test_another_candidate_is_another_look_and_the_page_says_so(small_project: Path) -> None:
    run(small_project)
    assert _looks(small_project) == [(1, 2)]
    page = small_project / "runs/small/report.html"
    assert "Looked at before" not in page.read_text()
    with (small_project / "topicsmith.yaml").open("a") as file:
        file.write("targets: {p95_ms: 500}\n")
    assert run(small_project)["evaluate"] is False
    assert _looks(small_project) == [(1, 2)]  # judged again, with the same answers
    text = (small_project / "topicsmith.yaml").read_text()
    (small_project / "topicsmith.yaml").write_text(
        text.replace("targets:", "  - {name: other, kind: majority}\ntargets:")
    )
    run(small_project)
    assert _looks(small_project) == [(2, 3)]
    assert "These test rows were looked at 2 times, with 3 candidates" in page.read_text()


@pytest.mark.slow
def test_a_damaged_file_of_looks_is_said(small_project: Path) -> None:
    run(small_project)
    (small_project / "runs/small" / FILE).write_text('[{"rows": 1}]')
    with pytest.raises(RunStateError, match=FILE):
        run(small_project)
