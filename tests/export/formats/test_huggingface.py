"""A folder that the library datasets loads."""

from pathlib import Path

import pytest

from tests.export.formats.sample_rows import NASTY, TOPICS, rows_of, written


@pytest.mark.slow
def test_a_hugging_face_folder_loads_with_its_splits_and_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    import datasets

    rows = rows_of(NASTY)
    found = datasets.load_dataset(str(written(tmp_path, "huggingface", rows)), cache_dir=str(tmp_path / "cache"))
    assert {name: len(part) for name, part in found.items()} == {"validation": 2, "test": 2, "unlabelled": 3}
    topic = found["test"].features["topic"]
    assert topic.names == list(TOPICS)
    by_id = {row["query_id"]: row for part in found.values() for row in part}
    for row in rows.table.iter_rows(named=True):
        back = by_id[row["query_id"]]
        assert back["text"] == row["text"]
        assert (topic.int2str(back["topic"]) if back["topic"] >= 0 else None) == row["topic"]
