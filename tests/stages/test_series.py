"""Which candidates differ in one thing only."""

from pathlib import Path

from topicsmith.evaluation.learning_curves import Swept
from topicsmith.project import Project, read_project
from topicsmith.stages.series import learning_series, seed_series, setting_series


def project(folder: Path, *candidates: str) -> Project:
    file = folder / "topicsmith.yaml"
    kept = file.read_text().partition("candidates:")[0]
    file.write_text(kept + "candidates:\n" + "".join(f"  - {candidate}\n" for candidate in candidates))
    return read_project(folder)


def test_seeds(small_project: Path) -> None:
    found = project(small_project, "{name: a, kind: linear, seed: [1, 2]}", "{name: b, kind: linear, seed: 3}")
    assert seed_series(found) == {"a-seed-1": "a", "a-seed-2": "a"}


def test_training_rows_and_null_for_all_of_them(small_project: Path) -> None:
    found = project(
        small_project,
        "{name: a, kind: linear, train_size: [20, null]}",
        "{name: b, kind: linear, train_size: 40}",
        "{name: c, kind: linear, seed: [1, 2]}",
    )
    assert learning_series(found, 99) == {
        "a-train_size-20": ("a", 20),
        "a-train_size-None": ("a", 99),
        "b": ("b", 40),
    }


def test_numbers_of_a_sweep_each_with_all_else_alike(small_project: Path) -> None:
    found = project(
        small_project,
        "{name: a, kind: linear, c: [0.5, 2.0], word_ngrams: [1, 2]}",
        "{name: d, kind: encoder, freeze: [none, word_embeddings], seed: [1, 2]}",
        "{name: alone, kind: linear, c: 3.0}",
    )
    swept = setting_series(found)
    assert [s for s in swept if s.setting == "c"] == [
        Swept("a-c-0.5-word_ngrams-1", "c", "a, word_ngrams 1", 0.5),
        Swept("a-c-0.5-word_ngrams-2", "c", "a, word_ngrams 2", 0.5),
        Swept("a-c-2.0-word_ngrams-1", "c", "a, word_ngrams 1", 2.0),
        Swept("a-c-2.0-word_ngrams-2", "c", "a, word_ngrams 2", 2.0),
    ]
    assert {s.setting for s in swept} == {"c", "word_ngrams"}
