"""What is tried of an encoder before it is trained: padding, length, and that it can be run at all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.classifiers.encoder.tiny_architectures import tiny_architecture
from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.embedding import EmbeddingSettings
from topicsmith.classifiers.encoder.settings import EncoderSettings
from topicsmith.classifiers.model_folder import load_classifier
from topicsmith.classifiers.train import train_candidate
from topicsmith.errors import ModelFolderError, ProjectError
from topicsmith.records import Example, TrainSet, ValidationSet

UNLIMITED = {"model_max_length": int(1e30)}
NO_PAD = {"pad_token": None, "eos_token": "[SEP]"}
LONG = "please tell me about the guitar " * 40
Make = Callable[..., Path]


@pytest.fixture
def make(tiny: Path, tmp_path: Path) -> Make:
    def one(kind: str, tokens: dict[str, Any] | None = None, **changed: object) -> Path:
        return tiny_architecture(kind, tiny, tmp_path / "base", tokens, **changed)

    return one


def fit(kind: str, base: Path, rows: TrainSet, context: FitContext, folder: Path, **more: Any) -> Any:
    """Train, save and load one candidate; the record and what was loaded."""
    settings: Any = (
        EmbeddingSettings(name="c", kind="embedding", model=str(base), c=[1.0])
        if kind == "embedding"
        else EncoderSettings(name="c", kind="encoder", model=str(base), epochs=1, device="cpu", **more)
    )
    record = train_candidate(settings, rows, ValidationSet(()), context, folder)
    return record, load_classifier(folder)


def company_matters(classifier: Any, texts: list[str]) -> float:
    """The largest difference between probabilities of texts together and alone."""
    together = classifier.predict(texts).probabilities
    alone = np.concatenate([classifier.predict([text]).probabilities for text in texts])
    return float(np.abs(together - alone).max())


def try_it(kind: str, base: Path, rows: TrainSet, context: FitContext, folder: Path) -> str:
    """``ok``, or the one line with which it is refused."""
    try:
        _, classifier = fit(kind, base, rows, context, folder)
    except (ModelFolderError, ProjectError) as exc:
        return str(exc)
    assert company_matters(classifier, [*[row.text for row in rows][:6], LONG, ""]) < 1e-4
    return "ok"


@pytest.mark.slow
@pytest.mark.parametrize("tokens", [UNLIMITED, {**UNLIMITED, **NO_PAD}], ids=["pads", "no pad token"])
@pytest.mark.parametrize("kind", ["encoder", "embedding"])
@pytest.mark.parametrize(
    "base",
    ["xlnet", "data2vec-text", "roberta-prelayernorm", "xmod", "albert", "xlm", "t5", "gpt2", "qwen2",
     "roberta", "xlm-roberta", "camembert", "distilbert", "mpnet", "longformer", "modernbert", "electra",
     "deberta", "deberta-v2", "nomic_bert", "eurobert"],
)  # fmt: skip
def test_training_k14_every_architecture_is_right_or_refused_in_one_line(
    base: str, kind: str, tokens: dict[str, Any], make: Make, train_set: TrainSet, context: FitContext, tmp_path: Path
) -> None:
    found = try_it(kind, make(base, tokens), train_set, context, tmp_path / "m")
    assert "\n" not in found
    if (base, kind) == ("t5", "encoder") and "pad_token" in tokens:  # its head counts end tokens, and pads are some
        assert "(t5): texts of 3 and 11 tokens were tried alone and together, padded on either side" in found
        assert found.endswith("choose another 'model', such as a BERT or RoBERTa")
    else:
        assert found == "ok"


@pytest.mark.parametrize(
    ("base", "tokens", "changed", "side"),
    [("xlnet", UNLIMITED, {}, "left"), ("qwen2", {}, {"pad_token_id": 5}, "right"),
     ("gpt2", {**UNLIMITED, **NO_PAD}, {"pad_token_id": None}, "right"), ("qwen2", NO_PAD, {}, "right"),
     ("qwen2", {"padding_side": "left"}, {}, "left"), ("bert", {"padding_side": "left"}, {}, "right")],
)  # fmt: skip
def test_training_k3_and_k10_padding_is_where_the_model_reads_past_it(
    base: str, tokens: dict[str, Any], changed: dict[str, Any], side: str,
    make: Make, train_set: TrainSet, context: FitContext, tmp_path: Path,
) -> None:  # fmt: skip
    _, classifier = fit("encoder", make(base, tokens, **changed), train_set, context, tmp_path / "m")
    assert company_matters(classifier, [row.text for row in train_set]) < 1e-5
    encoder = classifier.encoder
    assert encoder.padding.side == encoder.tokenizer.padding_side == side
    assert encoder.padding.id == encoder.tokenizer.pad_token_id
    if base in {"qwen2", "gpt2"}:
        assert classifier.model.config.pad_token_id == encoder.padding.id


@pytest.mark.parametrize("base", ["data2vec-text", "roberta-prelayernorm", "xmod", "roberta"])
@pytest.mark.parametrize("kind", ["encoder", "embedding"])
def test_training_k9_the_longest_text_is_what_the_model_reads(
    base: str, kind: str, make: Make, train_set: TrainSet, context: FitContext, tmp_path: Path
) -> None:
    rows = TrainSet((*train_set.examples, Example("long", LONG, "Music")))
    record, classifier = fit(kind, make(base, UNLIMITED), rows, context, tmp_path / "m")
    assert (record.notes["max tokens"], record.notes["training texts beyond max tokens"]) == (64, 1)
    assert classifier.predict([LONG]).items[0].status == "ok"


def test_training_k9_more_tokens_than_a_probe_could_read_are_refused(
    make: Make, train_set: TrainSet, context: FitContext, tmp_path: Path
) -> None:
    base = make("data2vec-text", UNLIMITED)
    with pytest.raises(ProjectError, match="'max_tokens: 66' is more than the 64 tokens"):
        fit("encoder", base, train_set, context, tmp_path / "m", max_tokens=66)


def test_training_k3_an_architecture_whose_answers_depend_on_company_is_refused(
    make: Make, train_set: TrainSet, context: FitContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import BertModel

    plain = BertModel.forward

    def blind(self: Any, *given: Any, attention_mask: object = None, **more: Any) -> Any:
        return plain(self, *given, **more)

    monkeypatch.setattr(BertModel, "forward", blind)
    with pytest.raises(ModelFolderError, match=r"\(bert\): texts of 3 and 11 tokens .* would depend on its company"):
        fit("embedding", make("bert"), train_set, context, tmp_path / "m")


LATER = "a text of 64 tokens was tried twice, with others in between, and was answered otherwise"
EMPTY = "an empty text was tried and cannot be read (too short)"
STEP = "a step of training on texts of 2 to 11 tokens was tried and cannot be done (a multiple of 64, please)"


def drifting(calls: list[int], ids: Any, _: bool) -> float:
    """Every answer to a long text is a little larger than the one before."""
    calls += [1] if ids.shape[1] == 64 else []
    return 1 + 0.01 * len(calls) * int(ids.shape[1] == 64)


def breaks_on_short(_: list[int], ids: Any, __: bool) -> float:
    if ids.shape[1] < 3:
        raise ValueError("too short\nfor this architecture.")
    return 1.0


def breaks_in_training(_: list[int], __: Any, training: bool) -> float:
    if training:
        raise ValueError("a multiple of 64, please\nor else.")
    return 1.0


@pytest.mark.parametrize(
    ("behaviour", "kinds", "line"),
    [(drifting, ["encoder", "embedding"], LATER), (breaks_on_short, ["encoder", "embedding"], EMPTY),
     (breaks_in_training, ["encoder"], STEP)],
)  # fmt: skip
def test_training_k14_what_would_break_later_is_refused_before_in_one_line(
    behaviour: Callable[..., float], kinds: list[str], line: str,
    make: Make, train_set: TrainSet, context: FitContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from transformers import BertModel

    plain, calls = BertModel.forward, list[int]()
    base = make("bert")

    def odd(self: Any, input_ids: Any, **more: Any) -> Any:
        factor = behaviour(calls, input_ids, self.training)
        found = plain(self, input_ids, **more)
        found.last_hidden_state = found.last_hidden_state * factor
        if found.pooler_output is not None:
            found.pooler_output = found.pooler_output * factor
        return found

    monkeypatch.setattr(BertModel, "forward", odd)
    for kind in kinds:
        with pytest.raises(ModelFolderError) as caught:
            fit(kind, base, train_set, context, tmp_path / "m")
        assert str(caught.value) == f"'{base}' (bert): {line}; choose another 'model', such as a BERT or RoBERTa"


@pytest.mark.parametrize("kind", ["encoder", "embedding"])
@pytest.mark.parametrize("base", ["bert", "qwen2"])
def test_training_k10_a_padding_token_that_the_model_has_no_row_for_is_not_used(
    base: str, kind: str, make: Make, train_set: TrainSet, context: FitContext, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    folder = make(base)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = len(tokenizer)
    tokenizer.add_special_tokens({"pad_token": "[ADDED]"})
    tokenizer.save_pretrained(folder)
    assert tokenizer.pad_token_id == rows
    _, classifier = fit(kind, folder, train_set, context, tmp_path / "m")
    texts = classifier.encoder if kind == "encoder" else classifier.encoder.texts
    assert texts.padding.id == texts.tokenizer.pad_token_id < rows
    assert company_matters(classifier, [*[row.text for row in train_set][:6], LONG, ""]) < 1e-5


@pytest.mark.parametrize("labels", [2, 3, 5])
@pytest.mark.parametrize("base", ["bert", "roberta", "distilbert"])
def test_training_k11_the_head_of_a_fine_tuned_base_is_left_out_and_that_is_said(
    base: str, labels: int, make: Make, train_set: TrainSet, context: FitContext, tmp_path: Path, listener: Any
) -> None:
    from transformers import AutoModelForSequenceClassification

    from topicsmith.classifiers.encoder.model import new_model

    folder = make(base)
    classifier = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=labels)
    for name, parameter in classifier.named_parameters():
        if "classifier" in name:
            parameter.data.fill_(7.0)
    classifier.save_pretrained(folder)
    model = new_model(str(folder), ["a", "b", "c"], "model", 0.1)
    heads = [weight for name, weight in model.named_parameters() if model.depth_of(name) == 0 and weight.ndim > 1]
    assert heads
    assert max(float(weight.detach().abs().max()) for weight in heads) < 0.5
    record, _ = fit("encoder", folder, train_set, context, tmp_path / "m")
    assert str(record.notes["head"]).startswith("fresh; that of the base model")
    assert any("fresh; that of the base model" in line for line in listener.lines)


@pytest.mark.parametrize(
    ("base", "told"),
    [("distilbert", {"problem_type": "multi_label_classification"}), ("xlnet", {"use_mems_eval": True}),
     ("distilbert", {"problem_type": "regression", "num_labels": 1}), ("gpt2", {"use_cache": True}),
     ("distilbert", {"return_dict": False}), ("distilbert", {"output_attentions": True}),
     ("distilbert", {"output_hidden_states": True})],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["encoder", "embedding"])
def test_training_k11_what_a_base_was_told_to_answer_is_left_out_too(
    kind: str, base: str, told: dict[str, object], make: Make, train_set: TrainSet, context: FitContext, tmp_path: Path
) -> None:
    from transformers import pipeline

    folder = make(base)
    config = folder / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | told))
    _, classifier = fit(kind, folder, train_set, context, tmp_path / "m")
    if kind == "encoder":
        texts = [row.text for row in train_set][:5]
        alone = pipeline("text-classification", model=str(tmp_path / "m"), top_k=None)(texts)
        theirs = [
            [{one["label"]: one["score"] for one in each}[topic] for topic in classifier.topics] for each in alone
        ]
        assert np.allclose(classifier.predict(texts).probabilities, theirs, atol=1e-5)


@pytest.mark.parametrize(
    ("base", "frozen", "learns"),
    [("gpt2", {"wte", "wpe", "h.0"}, {"h.1", "ln_f"}), ("xlm", {"embeddings", "attentions.0", "ffns.0"}, {"ffns.1"}),
     ("t5", {"shared", "encoder.block.0"}, {"encoder.block.1", "decoder.block.0.layer.1"}),
     ("distilbert", {"embeddings", "layer.0"}, {"layer.1"}), ("modernbert", {"embeddings", "layers.0"}, {"layers.1"})],
)  # fmt: skip
def test_training_k12_layers_are_frozen_by_modules(base: str, frozen: set[str], learns: set[str], make: Make) -> None:
    from topicsmith.classifiers.encoder.model import new_model

    model = new_model(str(make(base)), ["a", "b"], "model", 0.1)
    model.freeze(1)
    by_name = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
    for part in frozen:
        assert {learnt for name, learnt in by_name.items() if f".{part}." in name} == {False}, part
    for part in learns:
        assert {learnt for name, learnt in by_name.items() if f".{part}." in name} == {True}, part


@pytest.mark.parametrize("freeze", [2, 1, "half"])
def test_training_k12_shared_layers_cannot_be_frozen(
    freeze: Any, make: Make, train_set: TrainSet, context: FitContext, tmp_path: Path
) -> None:
    with pytest.raises(ProjectError, match=rf"'freeze: {freeze}': the 2 layers of this encoder \(albert\) share"):
        fit("encoder", make("albert"), train_set, context, tmp_path / "m", freeze=freeze)


def test_training_k12_the_card_says_how_many_weights_were_frozen(
    tiny: Path, train_set: TrainSet, context: FitContext, tmp_path: Path
) -> None:
    record, classifier = fit("encoder", tiny, train_set, context, tmp_path / "m", freeze=1)
    counts = [int(part.replace(",", "")) for part in str(record.notes["frozen weights"]).split(" of ")]
    assert counts[1] == sum(parameter.numel() for parameter in classifier.model.parameters())
    assert 0 < counts[0] < counts[1]
    assert str(record.notes["frozen weights"]) in (tmp_path / "m" / "README.md").read_text()


def test_training_k14_an_embedding_of_t5_is_its_encoder_half(
    make: Make, train_set: TrainSet, context: FitContext, tmp_path: Path
) -> None:
    record, classifier = fit("embedding", make("t5"), train_set, context, tmp_path / "m")
    assert record.notes["base model"] == "the encoder half alone, of an encoder and a decoder"
    assert "AutoModelForTextEncoding.from_pretrained(" in (tmp_path / "m" / "README.md").read_text()
    assert type(classifier.encoder.network).__name__ == "T5EncoderModel"


def test_training_k14_an_architecture_that_cannot_be_run_is_refused_in_one_line(
    make: Make, train_set: TrainSet, context: FitContext, tmp_path: Path
) -> None:
    with pytest.raises(ModelFolderError, match=r"\(xmod\): texts of 3 and 11 tokens were tried .* cannot be run so \("):
        fit("embedding", make("xmod", default_language=None), train_set, context, tmp_path / "m")
