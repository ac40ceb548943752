"""A causal model that classifies: rendering, batching and answering for one saved or fresh model."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from topicsmith.classifiers.base import FloatArray, Predictions
from topicsmith.classifiers.causal.answer_format import Option, answer_trie
from topicsmith.classifiers.causal.answer_trie import Node, scoring_tree
from topicsmith.classifiers.causal.base_model import base_document, base_of_adapters, load_base, load_tokenizer
from topicsmith.classifiers.causal.constrained_decoding import Guide, ReasoningGuide, StringVocabulary, TrieGuide
from topicsmith.classifiers.causal.lora import load_adapters, merged, save_adapters, with_saved_adapters
from topicsmith.classifiers.causal.packing import SharedPrompt, pack, without_adapters
from topicsmith.classifiers.causal.prompt_tokens import PromptTokens
from topicsmith.classifiers.causal.scoring import batches, score, write
from topicsmith.classifiers.torch_common.devices import memory_explained
from topicsmith.classifiers.torch_common.hub import quiet_transformers
from topicsmith.classifiers.torch_common.saved_answers import EXACT, compare_answers, few_answers
from topicsmith.errors import ModelFolderError, TopicsmithError
from topicsmith.json_file import COPY_AGAIN, checked, read_json
from topicsmith.llm.prompts import NO_SUBTOPIC
from topicsmith.records import Prediction

CONFIG = "causal.json"
ADAPTERS = "adapters"
HEAD = "head.safetensors"
_IN_HALF_PRECISION = 0.15  # merging rounds each weight to eight bits
_KEYS = frozenset({"answer", "prompt", "taxonomy", "template", "probe", "base", "whole", "limit"})
_BATCH_SIZE = 16
_BATCH_TOKENS = 2048


class Head(torch.nn.Linear):
    """A classification head in place of the vocabulary's, always in single precision."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002  # torch's name
        """The topics' logits."""
        return super().forward(input.float())


class CausalClassifier:
    """A causal model with adapters, merged or not, and how to ask it."""

    def __init__(self, model: Any, rendering: PromptTokens, base: str, head: Head | None = None) -> None:
        """Take over ``model``; with ``head`` its output layer is that head."""
        self._model, self.rendering, self._base, self._head = model.eval(), rendering, base, head
        self._vocabulary_head: Any = None
        if head is not None:
            self._vocabulary_head = without_adapters(model).get_output_embeddings()
            without_adapters(model).set_output_embeddings(head)
        self.notes: dict[str, object] = {}
        self._save_merged = not getattr(model, "is_loaded_in_4bit", False)

    @property
    def training_notes(self) -> Mapping[str, object]:
        """What happened in training; empty for a loaded model."""
        return self.notes

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics it knows, in order."""
        return self.rendering.form.taxonomy.names

    def adapters_only(self) -> None:
        """Save adapters without the merged model."""
        self._save_merged = False

    def predict(self, texts: Sequence[str]) -> Predictions:
        """One prediction per text, in order. Texts beyond the context keep their beginning."""
        if not texts:
            return Predictions((), None)
        rows = [self.rendering.own(text)[0] for text in texts]
        items: list[Prediction | None] = [None] * len(rows)
        probabilities = np.zeros((len(rows), len(self.topics)))
        for batch in batches([len(row) for row in rows], _BATCH_SIZE, _BATCH_TOKENS):
            with memory_explained("answering", "use a smaller model or a machine with more memory", TopicsmithError):
                answers = self._answer([rows[i] for i in batch])
            for i, (item, own) in zip(batch, answers, strict=True):
                items[i] = item
                if own is not None:
                    probabilities[i] = own
        done = tuple(item for item in items if item is not None)
        return Predictions(done, None if self.rendering.answer == "json" else probabilities)

    def _answer(self, rows: Sequence[Sequence[int]]) -> list[tuple[Prediction, FloatArray | None]]:
        ways = {"json": self._write, "label": self._score, "head": self._classify}
        return ways[self.rendering.answer](rows)

    def _write(self, rows: Sequence[Sequence[int]]) -> list[tuple[Prediction, FloatArray | None]]:
        opening = self.rendering.layout.text(self.rendering.form.opening())
        written = write(self._prompt, [[*row, *opening] for row in rows], [self._guide() for _ in rows])
        return [
            (_prediction(self._options[w.answer], w.confidence, len(opening) + len(w.tokens)), None) for w in written
        ]

    def _score(self, rows: Sequence[Sequence[int]]) -> list[tuple[Prediction, FloatArray | None]]:
        answers: list[tuple[Prediction, FloatArray | None]] = []
        for scored in score(self._prompt, rows, self._tree):
            topics = self._topic_of_option @ scored.probabilities
            option = self._options[scored.answer]
            confidence = topics[self.topics.index(option.topic)]
            answers.append((_prediction(option, float(confidence), 0), topics))
        return answers

    def _classify(self, rows: Sequence[Sequence[int]]) -> list[tuple[Prediction, FloatArray | None]]:
        self._prompt.forget_rows()
        ends = np.cumsum([len(row) for row in rows]) - 1
        logits = self._prompt.read(pack(rows, len(self._prompt.prefix)), ends.tolist())
        answers: list[tuple[Prediction, FloatArray | None]] = []
        for own in torch.softmax(logits.double(), dim=-1).cpu().numpy():
            best = int(np.argmax(own))
            answers.append((_prediction(Option(self.topics[best]), float(own[best]), 0), own))
        return answers

    @cached_property
    def _prompt(self) -> SharedPrompt:
        return SharedPrompt(self._model, self.rendering.prefix)

    @cached_property
    def _options(self) -> list[Option]:
        return self.rendering.form.options()

    @cached_property
    def _topic_of_option(self) -> FloatArray:
        return np.array([[float(option.topic == topic) for option in self._options] for topic in self.topics])

    @cached_property
    def _tree(self) -> Any:
        return scoring_tree(self._trie(""))

    def _guide(self) -> Guide:
        if self.rendering.form.reasoning != "before":
            return TrieGuide(self._trie(""))
        return ReasoningGuide(self._strings, self.rendering.max_reasoning_tokens, self._trie)

    @cached_property
    def _strings(self) -> StringVocabulary:
        return StringVocabulary(self.rendering.layout, self._model.config.get_text_config().vocab_size)

    @cached_property
    def _trie(self) -> Any:
        @lru_cache(maxsize=256)
        def trie(before: str) -> Node:
            return answer_trie(self.rendering.layout, self.rendering.form, before)

        return trie

    def save(self, folder: Path) -> None:
        """Write adapters, the merged model, its tokenizer, and how to ask it; then ask what was written.

        Raises:
            TrainingError: when that answers otherwise than the model in memory, merged or loaded.
        """
        trained = few_answers(self)
        with self._vocabulary_in_place(), quiet_transformers():
            if hasattr(self._model, "peft_config"):
                save_adapters(self._model, folder / ADAPTERS, self._base)
                if self._save_merged:
                    self._model = merged(self._model)
                    self._forget_prompt()
            if self._save_merged:
                self._model.save_pretrained(folder, safe_serialization=True)
        self.rendering_files(folder)
        if self._head is not None:
            from safetensors.torch import save_file

            save_file({k: v.contiguous() for k, v in self._head.state_dict().items()}, folder / HEAD)
        self._check_saved(trained, folder)

    def _check_saved(self, trained: FloatArray, folder: Path) -> None:
        """Ask the model after merging, and after loading it in the place of the one in memory: two may not fit."""
        exact = self._model.dtype == torch.float32
        tolerance = EXACT if exact else _IN_HALF_PRECISION
        if not self._save_merged:
            with with_saved_adapters(self._model, folder / ADAPTERS):
                self._forget_prompt()
                compare_answers(trained, few_answers(self), tolerance=tolerance)
            self._forget_prompt()
            return
        compare_answers(trained, few_answers(self), "merged", tolerance)
        self._forget_prompt()
        self._model = self._head = self._vocabulary_head = None
        loaded = load_causal(folder)
        self._model, self._head, self._vocabulary_head = loaded._model, loaded._head, loaded._vocabulary_head
        compare_answers(trained, few_answers(self), tolerance=tolerance)

    def _forget_prompt(self) -> None:
        """The shared prompt's keys and values are those of the weights that read it."""
        self.__dict__.pop("_prompt", None)

    @contextmanager
    def _vocabulary_in_place(self) -> Iterator[None]:
        """The output layer that the base model's configuration describes, while the model is written."""
        if self._head is not None:
            without_adapters(self._model).set_output_embeddings(self._vocabulary_head)
        try:
            yield
        finally:
            if self._head is not None:
                without_adapters(self._model).set_output_embeddings(self._head)

    def rendering_files(self, folder: Path) -> None:
        """Write the tokenizer and how texts are rendered."""
        self.rendering.layout.tokenizer.save_pretrained(folder)
        document = {
            **self.rendering.to_document(),
            **base_document(self._base, folder),
            "whole": self._save_merged,
        }
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        (folder / CONFIG).write_text(text, encoding="utf-8")


def _prediction(option: Option, confidence: float, tokens: int) -> Prediction:
    subtopic = None if option.subtopic == NO_SUBTOPIC else option.subtopic
    return Prediction(option.topic, confidence, subtopic=subtopic, output_tokens=tokens)


def load_causal(folder: Path) -> CausalClassifier:
    """Load what :meth:`CausalClassifier.save` wrote.

    Raises:
        ModelFolderError: when a file is missing or damaged, or this version renders prompts in another way.
    """
    config = read_config(folder / CONFIG)
    whole = bool(config["whole"])
    rendering = PromptTokens.from_document(config, load_tokenizer(str(folder)), folder / CONFIG)
    if rendering.probe() != config["probe"]:
        raise ModelFolderError(
            f"{folder}: this version of topicsmith renders prompts differently from the version that trained the "
            "model; use that version (topicsmith.json names it) or train again"
        )
    base = str(folder) if whole else base_of_adapters(config, folder)
    model = load_base(base)
    if not whole:
        model = load_adapters(model, folder / ADAPTERS)
    head = _load_head(folder / HEAD, len(rendering.form.taxonomy.topics), model) if rendering.answer == "head" else None
    return CausalClassifier(model, rendering, base, head)


def read_config(path: Path) -> dict[str, Any]:
    """Read ``causal.json``.

    Raises:
        ModelFolderError: when it is missing or not what was written.
    """
    try:
        config = read_json(path, ModelFolderError, COPY_AGAIN)
    except FileNotFoundError:
        raise ModelFolderError(f"{path}: is missing; {COPY_AGAIN}") from None
    config = checked(dict[str, Any], config, path, ModelFolderError, COPY_AGAIN)
    missing = _KEYS - set(config)
    if missing:
        raise ModelFolderError(f"{path}: lacks '{min(missing)}'; {COPY_AGAIN}")
    return config


def _load_head(path: Path, topics: int, model: Any) -> Head:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    head = new_head(model, topics)
    try:
        head.load_state_dict(load_file(path))
    except (OSError, RuntimeError, SafetensorError) as exc:
        raise ModelFolderError(f"{path}: cannot be read ({str(exc).splitlines()[0]}); copy the folder again") from None
    return head


def new_head(model: Any, topics: int) -> Head:
    """A fresh head for ``model``, on its device."""
    parameter = next(model.parameters())
    return Head(model.config.get_text_config().hidden_size, topics, bias=False).to(parameter.device)
