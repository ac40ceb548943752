"""What a person is told about fitting a causal candidate."""

from pathlib import Path

import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.causal import KIND, CausalSettings
from topicsmith.classifiers.train import Documented
from topicsmith.progress import SilentProgress
from topicsmith.records import Example, TrainSet, ValidationSet

pytest.importorskip("transformers")


def test_notes_and_lines_say_what_was_learnt_and_what_was_cut(
    tiny_causal_base: Path, train_set: TrainSet, validation_set: ValidationSet, context: FitContext
) -> None:
    own = CausalSettings.model_validate(
        {"name": "tiny", "kind": "causal", "model": tiny_causal_base.name, "epochs": 2, "recipe": "experiment"}
        | {"max_tokens": 400, "gradient_checkpointing": True, "batch_size": 8}
    )
    beside = FitContext(context.taxonomy, context.work, context.ledger, tiny_causal_base.parent, context.progress)
    long = TrainSet((*train_set.examples[:15], Example("long", "soup " * 2000, "Cooking")))
    fitted = KIND.fit(own, long, ValidationSet(validation_set.examples[:6]), beside)
    assert isinstance(fitted, Documented)
    notes = fitted.training_notes
    assert (notes["rank"], notes["alpha"], notes["steps"], notes["training texts cut"]) == (16, 8, 4, 1)
    assert isinstance(notes["validation_losses"], list)
    assert len(notes["validation_losses"]) == 2
    assert isinstance(context.progress, SilentProgress)
    said = getattr(context.progress, "lines", [])
    assert any("1 training texts are longer than the context" in line for line in said)
    assert any("weights learnt; validation loss by epoch" in line for line in said)
