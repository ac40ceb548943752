"""What a person is told about fitting a causal candidate."""

from collections.abc import Callable
from pathlib import Path

import pytest

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.causal.kind import KIND
from topicsmith.classifiers.causal.settings import CausalSettings
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
    assert any("weights trained; validation loss by epoch" in line for line in said)


def test_gradient_checkpointing_learns_the_very_same(
    tiny_causal_base: Path,
    train_set: TrainSet,
    validation_set: ValidationSet,
    make_context: Callable[[str], FitContext],
) -> None:
    rows, held_back = TrainSet(train_set.examples[:16]), ValidationSet(validation_set.examples[:6])
    values = {"name": "a", "kind": "causal", "model": str(tiny_causal_base), "epochs": 1, "batch_size": 8}
    losses = []
    for checkpointing in (False, True):
        own = CausalSettings.model_validate({**values, "gradient_checkpointing": checkpointing})
        fitted = KIND.fit(own, rows, held_back, make_context(str(checkpointing)))
        assert isinstance(fitted, Documented)
        losses.append(fitted.training_notes["validation_losses"])
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
