"""What a model card prints really works where topicsmith is not installed, and answers the same."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tests.classifiers.conftest import make_examples
from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.model_folder import candidate_kind, load_classifier
from topicsmith.classifiers.train import train_candidate
from topicsmith.records import TrainSet, ValidationSet

WITHOUT_TOPICSMITH = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in REFUSED:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Refuse())
"""
PRINTED = "\nimport json as _json\ntexts = _json.load(open('texts.json'))\n"
BY_FUNCTION = PRINTED + "print(_json.dumps([probabilities(texts).tolist(), topics]))"
BY_PIPELINE = PRINTED + (
    "print(_json.dumps(classifier(texts, top_k=None, truncation=True, split_special_tokens=True)))"
)
HOSTILE = ["[SEP] words [CLS]", "日本語 のテキスト", "a", " spaced\tout \n words ", "UPPER Ünïcode", "song " * 900]
QUICK = {"epochs": 2, "learning_rate": 5e-3, "batch_size": 16, "device": "cpu"}
KINDS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "linear": (BY_FUNCTION, {"kind": "linear"}, False),
    "embedding": (BY_FUNCTION, {"kind": "embedding"}, True),
    "encoder, mean": (BY_FUNCTION, {"kind": "encoder", "pooling": "mean", **QUICK}, True),
    "encoder, model": (BY_PIPELINE, {"kind": "encoder", "pooling": "model", **QUICK}, True),
    "encoder, layer": (BY_PIPELINE, {"kind": "encoder", "pooling": "layer", **QUICK}, True),
}


def card(folder: Path) -> tuple[dict[str, Any], str]:
    """The head of the card as data, and its program for use without topicsmith."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    part = text.partition("## Without topicsmith\n")[2].partition("\n## ")[0]
    program = re.search(r"```python\n(.*?)```", part, re.DOTALL)
    assert program, part
    return yaml.safe_load(text.split("---\n")[1]), program[1].replace("path/to/this/folder", str(folder))


def run_alone(program: str, folder: Path, texts: list[str], *refused: str) -> Any:
    (folder / "texts.json").write_text(json.dumps(texts))
    (folder / "program.py").write_text(
        f"REFUSED = {{'topicsmith', *{refused!r}}}\n" + WITHOUT_TOPICSMITH + program, encoding="utf-8"
    )
    done = subprocess.run([sys.executable, "program.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_the_card_s_program_answers_as_topicsmith_does(
    name: str,
    tiny: Path,
    train_set: TrainSet,
    validation_set: ValidationSet,
    context: FitContext,
    tmp_path: Path,
) -> None:
    ending, settings, has_model = KINDS[name]
    given = {"name": "small", **settings, **({"model": str(tiny)} if has_model else {})}
    kind = candidate_kind(settings["kind"])
    train_candidate(kind.Settings.model_validate(given), train_set, validation_set, context, tmp_path / "m")
    texts = [*HOSTILE, *(row.text for row in make_examples(294, 9))]
    expected = load_classifier(tmp_path / "m").predict(texts)
    head, program = card(tmp_path / "m")
    found = run_alone(program + ending, tmp_path, texts, *(() if has_model else ("sklearn", "scipy", "torch")))
    topics = list(load_classifier(tmp_path / "m").topics)
    if ending is BY_PIPELINE:
        assert head["pipeline_tag"] == "text-classification"
        by_topic = [{entry["label"]: entry["score"] for entry in row} for row in found]
        probabilities = np.array([[row[topic] for topic in topics] for row in by_topic])
    else:
        assert "pipeline_tag" not in head
        probabilities = np.array(found[0])
        assert found[1] == topics
    assert expected.probabilities is not None
    assert [topics[best] for best in probabilities.argmax(axis=1)] == expected.topics
    assert probabilities == pytest.approx(expected.probabilities, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["embedding", "encoder, mean", "linear"])
def test_a_folder_that_needs_its_lines_is_no_classifier_of_transformers(
    name: str, tiny: Path, train_set: TrainSet, validation_set: ValidationSet, context: FitContext, tmp_path: Path
) -> None:
    from transformers import pipeline

    _, settings, has_model = KINDS[name]
    given = {"name": "small", **settings, **({"model": str(tiny)} if has_model else {})}
    kind = candidate_kind(settings["kind"])
    train_candidate(kind.Settings.model_validate(given), train_set, validation_set, context, tmp_path / "m")
    with pytest.raises((ValueError, OSError, KeyError)):
        pipeline("text-classification", model=str(tmp_path / "m"))


def test_a_folder_that_only_topicsmith_reads_says_so() -> None:
    from topicsmith.classifiers.model_card import card_text

    text = card_text("majority", ["a", "b"], {})
    assert "## Without topicsmith\n\nOnly topicsmith reads this folder.\n" in text
    assert "pipeline_tag" not in text
    written = card_text("causal", ["a", "b"], {"settings": {"answer": "label"}})
    assert "It is no text-classification model" in " ".join(written.split())
    assert "pipeline_tag" not in written
