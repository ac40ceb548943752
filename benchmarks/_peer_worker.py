"""One peer fits and answers, in an environment of its own: nothing of the package is imported here.

    python _peer_worker.py PEER TASK.json

``TASK.json`` has ``model`` (a folder with all-MiniLM-L6-v2), ``texts`` with ``labels``, ``test`` and ``pairs``. The
last line printed is JSON: the answers, and the seconds of fitting and of answering.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Answering = Callable[[list[str]], list[str]]


def setfit(task: dict[str, Any]) -> Answering:
    """Sentence pairs, then a logistic head; as many rounds of pairs as ``pairs`` allows, at most its paper's 20."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments  # type: ignore[import-not-found]  # the peer's environment has it

    model = SetFitModel.from_pretrained(task["model"])
    rounds = max(1, min(20, task["pairs"] // (2 * len(task["texts"]))))
    arguments = TrainingArguments(batch_size=16, num_epochs=1, num_iterations=rounds, report_to="none")
    rows = Dataset.from_dict({"text": task["texts"], "label": task["labels"]})
    Trainer(model=model, args=arguments, train_dataset=rows).train()
    return lambda texts: [str(label) for label in model.predict(texts)]


def adaptive(task: dict[str, Any]) -> Answering:
    """Prototypes with a head that is trained as examples are added."""
    from adaptive_classifier import AdaptiveClassifier  # type: ignore[import-not-found]  # the peer's environment has it

    made = AdaptiveClassifier(task["model"], device="cpu")
    made.add_examples(task["texts"], task["labels"])
    return lambda texts: [found[0][0] for found in made.predict_batch(texts, k=1)]


def gliclass(task: dict[str, Any]) -> Answering:
    """The architecture of gliclass-small with weights made at random: how long it takes, not what it says."""
    from gliclass import GLiClassModel, GLiClassModelConfig, ZeroShotClassificationPipeline  # type: ignore[import-not-found]  # the peer's environment has it
    from transformers import AutoTokenizer, DebertaV2Config

    tokenizer = AutoTokenizer.from_pretrained(task["model"])
    sizes = {"hidden_size": 768, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 3072}
    relative = {"relative_attention": True, "position_buckets": 256, "pos_att_type": ["p2c", "c2p"]}
    encoder = DebertaV2Config(
        vocab_size=len(tokenizer), **sizes, **relative, norm_rel_ebd="layer_norm", share_att_key=True
    )
    config = GLiClassModelConfig(
        encoder_config=encoder, encoder_model=task["model"], max_num_classes=200, class_token_index=len(tokenizer)
    )
    tokenizer.add_special_tokens({"additional_special_tokens": ["<<LABEL>>", "<<SEP>>", "<<EXAMPLE>>"]})
    model = GLiClassModel(config)
    model.resize_token_embeddings(len(tokenizer))
    names = sorted(set(task["labels"]))
    pipeline = ZeroShotClassificationPipeline(
        model.eval(),
        tokenizer,
        max_classes=200,
        classification_type="single-label",
        device="cpu",
        max_length=2048,
        progress_bar=False,
    )
    return lambda texts: [found[0]["label"] for found in pipeline(texts, names, batch_size=8)]


PEERS = {"setfit": setfit, "adaptive-classifier": adaptive, "gliclass": gliclass}


def main() -> None:
    """Do one task."""
    task = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    started = time.perf_counter()
    answering = PEERS[sys.argv[1]](task)
    fitted = time.perf_counter()
    answers = answering(task["test"])
    ended = time.perf_counter()
    print(json.dumps({"answers": answers, "fit_s": fitted - started, "answer_s": ended - fitted}))


if __name__ == "__main__":
    main()
