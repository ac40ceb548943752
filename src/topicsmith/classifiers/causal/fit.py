"""Fine-tuning one causal candidate, from its settings to a classifier."""

from typing import Any

from topicsmith.classifiers.base import CHECKPOINTS, FitContext
from topicsmith.classifiers.base_digest import digest_of
from topicsmith.classifiers.causal.answer_format import AnswerForm
from topicsmith.classifiers.causal.base_model import context_length, find_base, load_base, load_tokenizer
from topicsmith.classifiers.causal.chat_template import ChatLayout
from topicsmith.classifiers.causal.learner import Plan, Trainer, TrainingRow
from topicsmith.classifiers.causal.lora import LoraRecipe, add_adapters
from topicsmith.classifiers.causal.model import CausalClassifier, new_head
from topicsmith.classifiers.causal.packing import check_packing
from topicsmith.classifiers.causal.prompt_tokens import PromptTokens
from topicsmith.classifiers.causal.settings import CausalSettings, digest
from topicsmith.classifiers.torch_common.hub import LANGUAGES, languages_of
from topicsmith.llm.prompts import Prompt, Reasoning
from topicsmith.records import Example


def fit_causal(
    settings: CausalSettings,
    recipe: LoraRecipe,
    prompt: Prompt,
    reasoning: Reasoning | None,
    train: list[Example],
    validation: list[Example],
    context: FitContext,
) -> CausalClassifier:
    """Put adapters on the base model, train them, and keep the epoch that is best on ``validation``."""
    import torch

    base = find_base(settings.model, context.project_folder)
    layout = ChatLayout(load_tokenizer(base))
    model = load_base(base, settings.quantization)
    context_tokens = context_length(model)
    check_packing(model, base, context_tokens)
    limit = min(settings.max_tokens or context_tokens, context_tokens)
    form = AnswerForm(prompt, context.taxonomy, settings.subtopics, reasoning)
    rendering = PromptTokens(form, layout, settings.answer, limit, settings.max_reasoning_tokens)
    rows = training_rows(rendering, train)
    torch.manual_seed(settings.seed)
    adapted = add_adapters(model, recipe, settings.gradient_checkpointing)
    head = new_head(adapted, len(context.taxonomy.topics)) if settings.answer == "head" else None
    classifier = CausalClassifier(adapted, rendering, base, head)
    if settings.save == "adapters":
        classifier.adapters_only()
    plan = Plan(
        recipe.epochs,
        recipe.learning_rate,
        recipe.batch_size,
        settings.batch_tokens,
        recipe.warmup,
        recipe.clip,
        settings.seed,
        settings.checkpoint_every,
    )
    trainer = Trainer(adapted, rendering.prefix, plan, context.work / CHECKPOINTS, context.group)
    about = digest([base, digest_of(base), repr(recipe), settings.quantization, settings.answer])
    held_back = training_rows(rendering, validation)
    curve = trainer.run(rows, held_back, about, context.progress)
    validation_losses = [epoch.loss for epoch in curve.epochs if epoch.loss is not None]
    context.progress.say(_summary(settings.name, adapted, rows, validation_losses))
    learnt, whole = adapted.get_nb_trainable_parameters()
    classifier.notes.update(
        device=str(trainer.device),
        base=base,
        recipe=settings.recipe,
        rank=recipe.rank,
        alpha=recipe.alpha,
        learning_rate=recipe.learning_rate,
        weights_learnt=learnt,
        weights=whole,
        steps=len(curve.losses),
        validation_losses=[round(loss, 4) for loss in validation_losses],
        best_epoch=curve.best.epoch if curve.best else len(curve.epochs),
    )
    classifier.notes[LANGUAGES] = languages_of(base)
    cut = classifier.notes["training texts cut"] = sum(row.cut for row in dict.fromkeys(rows))
    classifier.notes["validation texts cut"] = sum(row.cut for row in held_back)
    if cut:
        context.progress.say(f"{settings.name}: {cut} training texts are longer than the context and are truncated")
    return classifier


def training_rows(rendering: PromptTokens, examples: list[Example]) -> list[TrainingRow]:
    """The rows as tokens: the prompt as it is rendered in use, and the answer with the token that ends it."""
    rows = []
    topics = rendering.form.taxonomy.names
    known: dict[str, tuple[tuple[int, ...], bool]] = {}
    for example in examples:
        if example.text not in known:
            known[example.text] = rendering.own(example.text)
        own, cut = known[example.text]
        if rendering.answer == "head":
            rows.append(TrainingRow(own, (topics.index(example.topic),), cut))
        else:
            answer = rendering.layout.text(rendering.form.target(example))
            room = rendering.limit - len(rendering.prefix) - len(own) - 1
            ended = (rendering.layout.end,) if len(answer) <= room else ()
            rows.append(TrainingRow(own, (*answer[:room], *ended), cut))
    return rows


def _summary(name: str, model: Any, rows: list[TrainingRow], validation: list[float]) -> str:
    learnt, whole = model.get_nb_trainable_parameters()
    losses = ", ".join(f"{loss:.3f}" for loss in validation) or "none"
    return f"{name}: {len(rows)} rows, {learnt:,} of {whole:,} weights trained; validation loss by epoch: {losses}"
