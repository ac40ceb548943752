"""Training keeps what is trained."""

from pathlib import Path

from tests.test_pipeline import run


def test_a_new_candidate_does_not_train_the_old_ones_again(small_project: Path) -> None:
    run(small_project)
    kept = small_project / "runs/small/classifiers/tfidf/topicsmith.json"
    before = kept.stat().st_mtime_ns
    with (small_project / "topicsmith.yaml").open("a") as file:
        file.write("  - {name: tfidf-2, kind: linear, seed: 14}\n")
    assert run(small_project)["train"] is False
    assert kept.stat().st_mtime_ns == before
    assert (small_project / "runs/small/classifiers/tfidf-2/README.md").is_file()


def test_a_damaged_model_folder_is_trained_again(small_project: Path) -> None:
    run(small_project)
    manifest = small_project / "runs/small/classifiers/tfidf/topicsmith.json"
    manifest.write_text("{}")
    skipped = run(small_project)
    assert not skipped["train"]
    assert '"kind": "linear"' in manifest.read_text()
