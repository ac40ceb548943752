"""Which candidates differ in one thing only."""

from pathlib import Path

from topicsmith.evaluation.learning_curves import Swept
from topicsmith.evaluation.series import learning_series, seed_series, setting_series
from topicsmith.project import Project
from topicsmith.project_file import read_project


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


def test_names_that_users_choose_change_no_figure(small_project: Path) -> None:
    found = project(
        small_project,
        "{name: x, kind: linear, seed: [1, 2]}",
        "{name: x-seed-3, kind: linear, seed: 3}",
        "{name: y-train_size-20, kind: linear, train_size: 20}",
    )
    assert seed_series(found) == {"x-seed-1": "x", "x-seed-2": "x"}
    assert learning_series(found, 99) == {"y-train_size-20": ("y-train_size-20", 20)}


def test_a_long_name_that_ends_in_a_hash_still_belongs_to_its_series(small_project: Path) -> None:
    name = "a" * 75
    found = project(small_project, f"{{name: {name}, kind: linear, c: [0.5, 2.0], seed: [1, 2]}}")
    series = seed_series(found)
    assert len(series) == 4
    assert len(set(series.values())) == 2
