"""The report stage writes the page and the tables behind it."""

from pathlib import Path

import pytest

from tests.test_pipeline import run


@pytest.mark.slow
def test_the_page_tells_of_every_candidate_and_how_agreed_rows_flatter(small_project: Path) -> None:
    run(small_project)
    latest = small_project / "runs/latest"
    text = (latest / "report.html").read_text()
    assert "agreed" in text
    assert "tfidf" in text
    assert {path.suffix for path in (latest / "tables").iterdir()} == {".csv", ".json"}
