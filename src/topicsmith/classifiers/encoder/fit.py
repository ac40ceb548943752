"""Fitting an encoder: from settings and rows to a trained model, one training a seed."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch

from topicsmith.classifiers.base import CHECKPOINTS, FitContext
from topicsmith.classifiers.base_digest import digest_of
from topicsmith.classifiers.encoder.learner import EncoderRecipe, Rows, fit_weights
from topicsmith.classifiers.encoder.model import (
    EncoderModel,
    Pooling,
    is_half,
    longest_input,
    new_model,
    pooling_of,
    read_model_config,
    width_of,
)
from topicsmith.classifiers.encoder.probe import probe, set_padding, try_training
from topicsmith.classifiers.encoder.settings import EncoderSettings
from topicsmith.classifiers.encoder.tokenization import TextEncoder, load_tokenizer, pad_within
from topicsmith.classifiers.torch_common.checkpoint import CheckpointStore, LossCurve
from topicsmith.classifiers.torch_common.devices import choose_device, choose_precision, describe
from topicsmith.classifiers.torch_common.hub import LANGUAGES, find_model, languages_of
from topicsmith.classifiers.training_targets import Targets
from topicsmith.classifiers.use_alone import ENCODER_HALF
from topicsmith.errors import ModelFolderError, ProjectError
from topicsmith.json_file import interpreting

_DEFAULT_TOKENS = 512
_NARROW = 512
_RATE_WIDE, _RATE_NARROW, _HEAD_FACTOR = 5e-5, 2e-4, 10.0


@dataclass(frozen=True)
class _Plan:
    """What all seeds share."""

    settings: EncoderSettings
    source: str
    pooling: Pooling
    device: torch.device
    precision: Literal["fp32", "bf16"]
    width: int
    encoder: TextEncoder
    rows: Rows
    held_back: Rows
    fingerprint: str
    set_pad: bool
    head: str


def fit_encoder(
    settings: EncoderSettings, targets: Targets, validation: Targets, context: FitContext
) -> tuple[EncoderModel, TextEncoder, Mapping[str, object]]:
    """The model with the best validation score over all seeds, its tokenizer, and notes on the training.

    Raises:
        TrainingError: when training broke off.
        ModelFolderError: when the base model cannot be used.
        ProjectError: when a setting does not fit the model or the machine.
    """
    plan = _prepare(settings, targets, validation, context)
    best: tuple[EncoderModel, LossCurve] | None = None
    curves: dict[int, LossCurve] = {}
    for seed in range(settings.seed, settings.seed + settings.seeds):
        model, curve = _fit_seed(plan, targets.topics, seed, context)
        curves[seed] = curve
        if best is None or _rank(curve) > _rank(best[1]):
            best = (model, curve)
    assert best is not None
    return best[0], plan.encoder, _notes(plan, best[1], curves, best[0])


def _prepare(settings: EncoderSettings, targets: Targets, validation: Targets, context: FitContext) -> _Plan:
    source = find_model(settings.model, context.project_folder)
    device = choose_device(settings.device)
    with interpreting(f"the model '{settings.model}'", ModelFolderError, "choose another base model"):
        config, tokenizer = read_model_config(source), load_tokenizer(source)
        pad_within(tokenizer, config)
        pooling = pooling_of(source) if settings.pooling == "auto" else settings.pooling
        limit = _max_tokens(settings, longest_input(config, tokenizer))
        text_encoder = TextEncoder(tokenizer, limit, settings.long_texts)
        encoder, set_pad, head = _probed(settings, source, pooling, text_encoder)
    if head:
        context.progress.say(f"candidate '{settings.name}': {head}")
    return _Plan(
        settings=settings,
        source=source,
        pooling=pooling,
        set_pad=set_pad,
        head=head,
        device=device,
        precision=choose_precision(settings.precision, device),
        width=width_of(config, settings.model),
        encoder=encoder,
        rows=training_rows(encoder, targets, settings.weighting),
        held_back=Rows(
            encoder.encode(validation.texts), validation.indices, validation.copies, np.ones(len(validation))
        ),
        fingerprint=_fingerprint(settings, source, targets, validation),
    )


def _probed(
    settings: EncoderSettings, source: str, pooling: Pooling, encoder: TextEncoder
) -> tuple[TextEncoder, bool, str]:
    """How the base reads texts, whether its configuration must name the padding, and what became of its own head.

    Raises:
        ModelFolderError: when it answers a text differently alone and in company, or cannot be run.
        ProjectError: when it reads fewer tokens than 'max_tokens'.
    """
    with torch.random.fork_rng():
        model = new_model(source, ("a", "b", "c"), pooling, 0.0)
        model.freeze(settings.freeze)
        found = probe(model, model.network, encoder, settings.model)
        try_training(model, model.network, encoder, found, settings.model)
    if settings.max_tokens is not None and found.max_tokens < settings.max_tokens:
        _max_tokens(settings, found.max_tokens)
    return (
        TextEncoder(encoder.tokenizer, found.max_tokens, settings.long_texts, found.side),
        found.set_pad,
        model.left_out,
    )


def _fit_seed(plan: _Plan, topics: tuple[str, ...], seed: int, context: FitContext) -> tuple[EncoderModel, LossCurve]:
    settings = plan.settings
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = new_model(plan.source, topics, plan.pooling, settings.dropout)
    if plan.set_pad:
        set_padding(model.network, plan.encoder.padding.id)
    model.freeze(settings.freeze)
    checkpoints = CheckpointStore(context.work / CHECKPOINTS / f"seed-{seed}", plan.fingerprint)
    recipe = make_recipe(settings, plan.width, plan.precision, seed)
    model.to(plan.device)
    curve = fit_weights(
        model,
        plan.encoder.padding,
        plan.rows,
        plan.held_back,
        recipe,
        checkpoints,
        context.progress,
        group=context.group,
    )
    return model, curve


def make_recipe(settings: EncoderSettings, width: int, precision: Literal["fp32", "bf16"], seed: int) -> EncoderRecipe:
    """The numbers of the training loop for an encoder whose states are ``width`` wide."""
    rate = settings.learning_rate or (_RATE_NARROW if width < _NARROW else _RATE_WIDE)
    return EncoderRecipe(
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        learning_rate=rate,
        head_learning_rate=settings.head_learning_rate or rate * _HEAD_FACTOR,
        layer_decay=settings.layer_decay,
        weight_decay=settings.weight_decay,
        warmup=settings.warmup,
        label_smoothing=settings.label_smoothing,
        consistency=settings.consistency,
        averaging=settings.averaging,
        patience=settings.early_stopping,
        precision=precision,
        seed=seed,
    )


def training_rows(encoder: TextEncoder, targets: Targets, weighting: Literal["copies", "loss", "balanced"]) -> Rows:
    """The training rows, encoded.

    ``copies`` shows a row with k copies k times an epoch; ``loss`` shows it once with k times the weight; ``balanced``
    shows every row once, weighted so that each topic has the same share of the loss. The weights that balancing gives
    rows count in the first two.
    """
    ones = np.ones(len(targets), dtype=np.int64)
    copies = targets.copies if weighting == "copies" else ones
    weights = targets.weights / np.maximum(targets.copies, 1)
    if weighting == "loss":
        weights = targets.weights
    elif weighting == "balanced":
        counts = np.bincount(targets.indices, minlength=len(targets.topics))
        weights = len(targets) / (len(targets.topics) * counts[targets.indices])
    return Rows(encoder.encode(targets.texts), targets.indices, copies, weights)


def _max_tokens(settings: EncoderSettings, limit: int) -> int:
    if settings.max_tokens is None:
        return min(_DEFAULT_TOKENS, limit)
    if settings.max_tokens > limit:
        raise ProjectError(
            f"candidate '{settings.name}': 'max_tokens: {settings.max_tokens}' is more than the {limit} tokens that "
            f"'{settings.model}' reads; lower it"
        )
    return settings.max_tokens


def _rank(curve: LossCurve) -> tuple[float, float]:
    best = curve.best
    if best is None or best.accuracy is None or best.loss is None:
        return (0.0, -curve.epochs[-1].training_loss)
    return (best.accuracy, -best.loss)


def _notes(plan: _Plan, best: LossCurve, curves: Mapping[int, LossCurve], model: EncoderModel) -> dict[str, object]:
    notes: dict[str, object] = {
        "device": describe(plan.device, plan.precision),
        "pooling": plan.pooling,
        **({"head": plan.head} if plan.head else {}),
        **({"base model": ENCODER_HALF} if is_half(model.network) else {}),
        "frozen weights": model.frozen(),
        "max tokens": plan.encoder.max_tokens,
        "training texts beyond max tokens": plan.rows.encoded.beyond,
        "validation texts beyond max tokens": plan.held_back.encoded.beyond,
        "rule for texts beyond": plan.encoder.long_texts,
        LANGUAGES: languages_of(plan.source),
        "epochs": len(best.epochs),
    }
    if best.best is not None:
        notes["best epoch"] = best.best.epoch
        notes["validation accuracy by epoch"] = [round(e.accuracy or 0.0, 4) for e in best.epochs]
    if len(curves) > 1:
        notes["best validation accuracy by seed"] = [
            f"{seed}: {curve.best.accuracy:.4f}" if curve.best and curve.best.accuracy is not None else f"{seed}: none"
            for seed, curve in curves.items()
        ]
        scores = [curve.best.accuracy for curve in curves.values() if curve.best and curve.best.accuracy is not None]
        if len(scores) > 1:
            spread = f"mean {np.mean(scores):.4f}, standard deviation {np.std(scores, ddof=1):.4f}"
            notes["validation accuracy over seeds"] = spread
    if plan.settings.processes != 1:
        notes["processes"] = plan.settings.processes
    return notes


def _fingerprint(settings: EncoderSettings, source: str, targets: Targets, validation: Targets) -> str:
    """What decides the weights; a checkpoint with another fingerprint is not taken up."""
    decisive = settings.model_dump(mode="json", exclude={"name", "seeds", "sweep", "processes"})
    rows = [targets.topics, targets.texts, targets.indices.tolist(), targets.copies.tolist(), targets.weights.tolist()]
    held_back = [validation.texts, validation.indices.tolist()]
    text = json.dumps([decisive, source, digest_of(source), torch.__version__, rows, held_back], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
