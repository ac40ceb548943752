from pathlib import Path

import pytest
import yaml

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.majority import MajoritySettings
from topicsmith.classifiers.model_card import Score, card_text, write_scores
from topicsmith.classifiers.model_folder import load_classifier
from topicsmith.classifiers.train import train_candidate
from topicsmith.errors import ModelFolderError
from topicsmith.records import TrainSet, ValidationSet

ABOUT = {
    "name": "small",
    "settings": {"model": "minilm", "seed": 13},
    "data": {"training rows": 90},
    "seconds": 1.25,
    "notes": {"best epoch": 3},
}


def test_head_is_yaml_and_the_parts_are_there() -> None:
    text = card_text("encoder", ["Cooking", "Music"], ABOUT, [Score("accuracy", 0.9, 0.85, 0.94, 200)])
    head = yaml.safe_load(text.split("---\n")[1])
    assert head["base_model"] == "minilm"
    assert head["pipeline_tag"] == "text-classification"
    assert head["metrics"] == ["accuracy"]
    assert "| accuracy | 0.9000 | 0.8500 to 0.9400 | 200 | test |" in text
    assert "| training rows | 90 |" in text
    assert "| best epoch | 3 |" in text
    for title in ("## Topics (2)", "## Data", "## Settings", "## Training", "## Scores", "## Limits"):
        assert title in text


def test_fault_70_names_cannot_break_out() -> None:
    text = card_text("linear", ["a|b\n# title <script>"], {})
    assert "- a\\|b \\# title &lt;script&gt;\n" in text
    assert "Not evaluated yet" in text


def test_scores_can_be_added_later(
    train_set: TrainSet, validation_set: ValidationSet, context: FitContext, tmp_path: Path
) -> None:
    train_candidate(MajoritySettings(name="m", kind="majority"), train_set, validation_set, context, tmp_path / "m")
    assert "Not evaluated yet" in (tmp_path / "m" / "README.md").read_text()
    write_scores(tmp_path / "m", [Score("macro F1", 0.5, 0.4, 0.6, 36)])
    text = (tmp_path / "m" / "README.md").read_text()
    assert "| macro F1 | 0.5000 | 0.4000 to 0.6000 | 36 | test |" in text
    assert "| training rows | 90 |" in text
    load_classifier(tmp_path / "m")


def test_no_model_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="not a model folder"):
        write_scores(tmp_path, [])


def test_limits_say_what_becomes_of_long_texts_and_who_reads_them() -> None:
    about = {"notes": {"max tokens": 128, "rule for texts beyond": "head_tail"}}
    text = card_text("encoder", ["a", "b"], about)
    assert "- Of texts beyond 128 tokens it reads the first quarter and the rest from the end.\n" in text
    assert "- Texts longer than the model's context are truncated.\n" in card_text("causal", ["a"], {})
    assert "- Texts are sent to a service" in card_text("hosted", ["a"], {})
    agreed = [Score("accuracy against agreed labels", 0.9, 0.8, 1.0, 20)]
    assert "the annotators disagreed" in card_text("linear", ["a"], {}, agreed)
    assert "the annotators disagreed" not in card_text("linear", ["a"], {})
