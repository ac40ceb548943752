import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.classifiers.conftest import make_examples
from topicsmith.classifiers.encoder.learner import EncoderRecipe, Rows, fit_weights, piece_logits
from topicsmith.classifiers.encoder.model import EncoderModel, new_model
from topicsmith.classifiers.encoder.tokenization import TextEncoder, load_tokenizer
from topicsmith.classifiers.torch_common.checkpoint import CheckpointStore, LossCurve
from topicsmith.classifiers.torch_common.weight_averaging import WeightAverage
from topicsmith.errors import TrainingError
from topicsmith.progress import SilentProgress

TOPICS = ("Cooking", "Music", "Other")
RECIPE = EncoderRecipe(
    epochs=3,
    batch_size=16,
    learning_rate=3e-3,
    head_learning_rate=1e-2,
    layer_decay=0.9,
    weight_decay=0.01,
    warmup=0.1,
    label_smoothing=0.0,
    consistency=0.0,
    averaging=0.0,
    patience=None,
    precision="fp32",
    seed=1,
)


@pytest.fixture(scope="module")
def encoder(tiny: Path) -> TextEncoder:
    return TextEncoder(load_tokenizer(str(tiny)), 64, "head")


def _rows(encoder: TextEncoder, n: int, seed: int) -> Rows:
    rows = make_examples(n, seed)
    indices = np.array([TOPICS.index(row.topic) for row in rows])
    return Rows(encoder.encode([row.text for row in rows]), indices, np.ones(n, dtype=np.int64), np.ones(n))


def _model(tiny: Path) -> EncoderModel:
    torch.manual_seed(5)
    return new_model(str(tiny), TOPICS, "mean", 0.1)


def _fit(
    tiny: Path, encoder: TextEncoder, folder: Path, recipe: EncoderRecipe = RECIPE, n: int = 60
) -> tuple[EncoderModel, LossCurve]:
    model = _model(tiny)
    checkpoints = CheckpointStore(folder, "mark")
    curve = fit_weights(
        model, encoder.padding, _rows(encoder, 60, 1), _rows(encoder, 30, 2), recipe, checkpoints, SilentProgress(), 0.0
    )
    return model, curve


def _weights(model: EncoderModel) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.slow
def test_it_learns_and_the_same_seed_gives_the_same_weights(tiny: Path, encoder: TextEncoder, tmp_path: Path) -> None:
    first, curve = _fit(tiny, encoder, tmp_path / "a")
    second, again = _fit(tiny, encoder, tmp_path / "b")
    assert len(curve.losses) == curve.step == 3 * 4
    assert np.mean(curve.losses[-4:]) < np.mean(curve.losses[:4])
    assert curve == again
    assert torch.equal(_weights(first), _weights(second))
    other, _ = _fit(tiny, encoder, tmp_path / "c", replace(RECIPE, seed=2))
    assert not torch.equal(_weights(first), _weights(other))


class Interrupt(Exception):  # noqa: N818  # stands for a killed process
    pass


class Killer(SilentProgress):
    """Breaks off after some steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def task(self, title: str, total: int | None = None, unit: str = "rows"):  # type: ignore[no-untyped-def]  # noqa: ANN201
        from contextlib import nullcontext

        return nullcontext(self)

    def advance(self, steps: int = 1, usd: float = 0.0) -> None:
        if steps:
            self.left -= 1
            if self.left < 0:
                raise Interrupt


@pytest.mark.slow
@pytest.mark.parametrize(("steps", "averaging"), [(1, 0.0), (5, 0.0), (9, 0.0), (6, 0.9)])
def test_fault_42_broken_off_and_resumed_ends_like_undisturbed(
    tiny: Path, encoder: TextEncoder, tmp_path: Path, steps: int, averaging: float
) -> None:
    recipe = replace(RECIPE, averaging=averaging)
    whole, curve = _fit(tiny, encoder, tmp_path / "whole", recipe)
    rows, held = _rows(encoder, 60, 1), _rows(encoder, 30, 2)
    checkpoints = CheckpointStore(tmp_path / "broken", "mark")
    with pytest.raises(Interrupt):
        fit_weights(_model(tiny), encoder.padding, rows, held, recipe, checkpoints, Killer(steps), 0.0)
    resumed, again = _fit(tiny, encoder, tmp_path / "broken", recipe)
    assert again == curve
    assert torch.equal(_weights(whole), _weights(resumed))


def test_a_checkpoint_of_other_settings_is_left_alone(tiny: Path, encoder: TextEncoder, tmp_path: Path) -> None:
    model, _ = _fit(tiny, encoder, tmp_path)
    optimizer = torch.optim.AdamW(model.parameters())
    assert CheckpointStore(tmp_path, "other").restore(model, optimizer, WeightAverage(model, 0.0)) == LossCurve()


def test_early_stopping_keeps_the_best_epoch(tiny: Path, encoder: TextEncoder, tmp_path: Path) -> None:
    wild = replace(RECIPE, learning_rate=0.3, head_learning_rate=0.3, epochs=12, patience=1)
    model, curve = _fit(tiny, encoder, tmp_path, wild)
    assert curve.best is not None
    assert len(curve.epochs) == curve.best.epoch + 1 < 12
    held = _rows(encoder, 30, 2)
    accuracy = (piece_logits(model, held.encoded, encoder.padding).argmax(axis=1) == held.indices).mean()
    assert accuracy == curve.best.accuracy


@pytest.mark.slow
def test_fault_42_a_loss_that_is_no_number_stops_with_the_last_good_weights(
    tiny: Path, encoder: TextEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward, calls = EncoderModel.forward, [0]

    def poisoned(self: EncoderModel, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        calls[0] += self.training
        return forward(self, ids, mask) * (math.nan if calls[0] == 7 else 1.0)

    monkeypatch.setattr(EncoderModel, "forward", poisoned)
    with pytest.raises(TrainingError, match=r"at step 7 of 12: .* lower 'learning_rate' \(now 0.003\).* kept in"):
        _fit(tiny, encoder, tmp_path)
    healthy = _model(tiny)
    optimizer = torch.optim.AdamW(healthy.parameters())
    kept = CheckpointStore(tmp_path, "mark").restore(healthy, optimizer, WeightAverage(healthy, 0.0))
    assert kept.step == 6
    assert torch.isfinite(_weights(healthy)).all()


def test_out_of_memory_says_what_to_lower(
    tiny: Path, encoder: TextEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(EncoderModel, "forward", full)
    with pytest.raises(TrainingError, match=r"out of memory in training; lower 'batch_size' \(now 16\)"):
        _fit(tiny, encoder, tmp_path)


def test_without_validation_rows_the_last_weights_stay(tiny: Path, encoder: TextEncoder, tmp_path: Path) -> None:
    checkpoints = CheckpointStore(tmp_path, "mark")
    curve = fit_weights(
        _model(tiny),
        encoder.padding,
        _rows(encoder, 30, 1),
        _rows(encoder, 0, 2),
        RECIPE,
        checkpoints,
        SilentProgress(),
    )
    assert curve.best is None
    assert [epoch.accuracy for epoch in curve.epochs] == [None] * 3


@pytest.mark.slow
def test_bf16_and_consistency_learn_too(tiny: Path, encoder: TextEncoder, tmp_path: Path) -> None:
    for name, recipe in {
        "bf16": replace(RECIPE, precision="bf16"),
        "consistency": replace(RECIPE, consistency=1.0),
        "smooth": replace(RECIPE, label_smoothing=0.1),
    }.items():
        _, curve = _fit(tiny, encoder, tmp_path / name, recipe)
        assert np.mean(curve.losses[-4:]) < np.mean(curve.losses[:4])


def test_a_frozen_table_stays_and_everything_else_moves(tiny: Path, encoder: TextEncoder, tmp_path: Path) -> None:
    model = _model(tiny)
    model.word_embeddings().requires_grad_(False)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    rows, held = _rows(encoder, 30, 1), _rows(encoder, 9, 2)
    fit_weights(model, encoder.padding, rows, held, RECIPE, CheckpointStore(tmp_path, "m"), SilentProgress())
    same = {name for name, p in model.named_parameters() if torch.equal(p, before[name])}
    assert same == {
        "network.embeddings.word_embeddings.weight",
        "network.pooler.dense.weight",
        "network.pooler.dense.bias",
    }


def test_logits_are_the_same_alone_and_in_company(tiny: Path, encoder: TextEncoder) -> None:
    model = _model(tiny).eval()
    rows = _rows(encoder, 40, 3)
    together = piece_logits(model, rows.encoded, encoder.padding)
    alone = [piece_logits(model, encoder.encode([row.text]), encoder.padding)[0] for row in make_examples(40, 3)]
    assert together == pytest.approx(np.array(alone), abs=1e-5)
