"""Tiny random models of real architectures: trained by the real classes, saved, loaded, and asked the same again.

    python -m benchmarks architectures OUT.json [--part causal|encoder] [--only NAME ...]

No network. ``causal``: probabilities in memory, of the saved folder, of the text alone, of written JSON, and of plain
forwards of the saved folder by transformers. ``encoder``: the kinds ``encoder`` and ``embedding``, in memory, saved,
each text alone, and by transformers' pipeline. Ends with 1 where one that must be right is not, where an answer
differs, or where an error is not one line. Each part is written as it goes; a part that is not run stays in OUT.json as
it was.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks._tiny_catalogue import CAUSAL, ENCODERS, MORE_ENCODERS, OTHER_CAUSAL, OTHER_ENCODERS
from benchmarks._tiny_models import Made, make
from topicsmith.classifiers.base import FitContext, FloatArray
from topicsmith.classifiers.model_folder import candidate_kind, load_classifier, save_classifier
from topicsmith.errors import TopicsmithError
from topicsmith.llm.prompts import load_prompt
from topicsmith.progress import SilentProgress
from topicsmith.records import Example, TrainSet, ValidationSet
from topicsmith.taxonomy import Taxonomy, Topic

TOLERANCE = 1e-4
MOST_REFUSED = 3
NAMES = ("History", "History and culture", "Music", "1", "10", "Other")
WORDS = ("king war", "festival museum", "guitar song", "one single", "ten dozen", "thing stuff")
FILLER = ("please tell me about", "how do i", "today my", "the a with", "what is")
LONG = "please tell me about the guitar today " * 60

Trial = Callable[[Made, Path, FitContext], dict[str, object]]


def examples(count: int) -> tuple[Example, ...]:
    """Rows of every topic in turn, of different lengths."""
    rows = []
    for index in range(count):
        topic = index % len(NAMES)
        text = " ".join([FILLER[index % len(FILLER)]] * (1 + index % 3) + [WORDS[topic]] * (1 + index % 2))
        rows.append(Example(f"row-{index}", text, NAMES[topic]))
    return tuple(rows)


TAXONOMY = Taxonomy(
    tuple(Topic(name, f"All about {words}.") for name, words in zip(NAMES, WORDS, strict=True)), "Other"
)
TRAIN = TrainSet(examples(36))
ASKED = (*dict.fromkeys(row.text for row in TRAIN), LONG, "", "the second\nline  🎸 <b> <s> </s> [SEP]")
_GIVEN: dict[str, dict[str, object]] = {
    "causal": {"answer": "label", "prompt": "v1", "epochs": 1, "batch_size": 6, "learning_rate": 2e-2, "alpha": 16},
    "encoder": {"epochs": 1, "batch_size": 6, "learning_rate": 5e-3, "device": "cpu"},
    "embedding": {"c": [1.0]},
}


def trained(kind: str, made: Made, base: Path, context: FitContext) -> tuple[Any, dict[str, object]]:
    """The classifier that was saved and loaded, and how far its probabilities are from those of the one in memory."""
    door = candidate_kind(kind)
    given = {"name": "tiny", "kind": kind, "model": str(base), **_GIVEN[kind], **made.settings}
    settings = door.Settings.model_validate(given)
    fitted = door.fit(settings, TRAIN, ValidationSet(()), context)
    before = probabilities(fitted)
    folder = context.work / "saved"
    save_classifier(fitted, kind, folder, "# tiny\n", {})
    loaded = load_classifier(folder)
    return loaded, {"saved": apart(before, probabilities(loaded)), "topics answered": answered(before)}


def probabilities(classifier: Any, texts: Sequence[str] = ASKED) -> FloatArray:
    """Of shape (texts, topics)."""
    found: FloatArray = classifier.predict(texts).probabilities
    return found


def alone(classifier: Any) -> FloatArray:
    """What it answers each text by itself."""
    return np.concatenate([probabilities(classifier, [text]) for text in ASKED])


def apart(one: FloatArray, other: FloatArray) -> float:
    """The largest difference of two probabilities."""
    return float(f"{np.abs(one - other).max():.1e}")


def answered(found: FloatArray) -> int:
    """How many topics are the likeliest of a text."""
    return len(set(found.argmax(axis=1).tolist()))


def try_causal(made: Made, base: Path, context: FitContext) -> dict[str, object]:
    """Adapters, merged and saved; scored, written and by plain forwards."""
    from topicsmith.classifiers.causal.model import CausalClassifier

    loaded, figures = trained("causal", made, base, context)
    asked, layout = probabilities(loaded), loaded.rendering.layout
    writes = CausalClassifier(loaded._model, replace(loaded.rendering, answer="json"), str(base))
    written = [item.topic for item in writes.predict(ASKED)]
    differ = sum(a != b for a, b in zip(written, [item.topic for item in loaded.predict(ASKED)], strict=True))
    return {
        **figures,
        "alone": apart(asked, alone(loaded)),
        "plain forwards": apart(asked, plainly(loaded, context.work / "saved")),
        "moved": apart(asked, plainly(loaded, base)),
        "written otherwise": differ,
        "texts altered": sum(layout.decode(list(layout.text(text))) != text for text in ASKED),
    }


@torch.inference_mode()
def plainly(classifier: Any, folder: Path) -> FloatArray:
    """The topics' probabilities by the model of ``folder`` as transformers runs it, one sequence at a time."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    tree = classifier._tree
    rows = []
    for text in ASKED:
        begin = [*classifier.rendering.prefix, *classifier.rendering.own(text)[0], *tree.start]
        logits = [
            model(input_ids=torch.tensor([[*begin, *_path(tree, branch.at)]])).logits[0, -1][list(branch.tokens)]
            for branch in tree.branches
        ]
        rows.append(tree.scores([one.double().numpy() for one in logits])[0])
    return np.array(rows)


def _path(tree: Any, at: int) -> list[int]:
    """The inputs of ``tree`` from its start to the one at ``at``."""
    tokens: list[int] = []
    while at >= 0:
        tokens.insert(0, tree.tokens[at])
        at = tree.parents[at]
    return tokens


def try_kind(kind: str) -> Trial:
    """The trial of an encoder as ``encoder`` or ``embedding``."""

    def trial(made: Made, base: Path, context: FitContext) -> dict[str, object]:
        loaded, figures = trained(kind, made, base, context)
        figures |= {"alone": apart(probabilities(loaded), alone(loaded)), "side": loaded_side(loaded)}
        return figures | ({"pipeline": by_pipeline(loaded, context.work / "saved")} if kind == "encoder" else {})

    return trial


def by_pipeline(classifier: Any, folder: Path) -> float:
    """How far the probabilities of transformers' pipeline are, which reads several texts at once."""
    from transformers import pipeline

    texts = [row.text for row in TRAIN]
    classify = pipeline("text-classification", model=str(folder), top_k=None, device="cpu")
    found = [{one["label"]: one["score"] for one in each} for each in classify(texts, batch_size=8)]
    theirs = np.array([[each[topic] for topic in classifier.topics] for each in found])
    return apart(probabilities(classifier, texts), theirs)


def loaded_side(classifier: Any) -> str:
    """Where it pads."""
    encoder = classifier.encoder
    return str(getattr(encoder, "texts", encoder).padding.side)


def outcome(made: Made, trial: Trial, causal: bool) -> dict[str, object]:
    """``right``, ``refused`` with its one line, ``wrong`` with figures, or ``broken`` with what was raised."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        base = work / made.name.replace(" ", "-")
        prompt = load_prompt("v1", work)
        texts = [part for row in TRAIN for part in prompt.render(row.text, TAXONOMY)]
        texts += [prompt.target(row, TAXONOMY) for row in TRAIN]
        said = StringIO()
        try:
            with redirect_stderr(said):
                make(made, base, texts, causal)
                context = FitContext(TAXONOMY, work / "work", work / "ledger.sqlite", work, SilentProgress())
                figures = trial(made, base, context)
        except TopicsmithError as exc:
            line = str(exc).replace(str(base), base.name)
            one = "\n" not in line and "not foreseen" not in line
            figures = {"verdict": "refused" if one else "broken", "line": line}
        except Exception as exc:  # noqa: BLE001  # what is to be found out
            figures = {"verdict": "broken", "line": f"{type(exc).__name__}: {exc}".splitlines()[0]}
        else:
            figures = {"verdict": "right" if is_right(figures) else "wrong", **figures}
    return {**figures, "seconds": round(time.perf_counter() - began, 1)}


def is_right(figures: dict[str, object]) -> bool:
    """Whether all probabilities are the same, up to the order of sums, and nothing is counted that must not be."""
    gaps = [figures[name] for name in ("saved", "alone", "plain forwards", "pipeline") if name in figures]
    counts = [figures.get(name) for name in ("written otherwise", "texts altered")]
    return all(isinstance(gap, float) and gap <= TOLERANCE for gap in gaps) and not any(counts)


PARTS: dict[str, dict[str, tuple[tuple[Made, ...], Trial, bool]]] = {
    "causal": {"right": (CAUSAL, try_causal, True), "right or refused": (OTHER_CAUSAL, try_causal, True)},
    "encoder": {
        "right": (ENCODERS, try_kind("encoder"), False),
        "at most three refused": (OTHER_ENCODERS, try_kind("encoder"), False),
        "right or refused": (MORE_ENCODERS, try_kind("encoder"), False),
        "as embedding, right or refused": (
            (*ENCODERS, *OTHER_ENCODERS, *MORE_ENCODERS), try_kind("embedding"), False,
        ),
    },
}  # fmt: skip


def complaints(lists: dict[str, dict[str, dict[str, object]]]) -> list[str]:
    """What is not as it must be, of the lists of one part."""
    found = []
    for title, members in lists.items():
        allowed = {"right"} if title == "right" else {"right", "refused"}
        found += [f"{name}: {each['verdict']}" for name, each in members.items() if each["verdict"] not in allowed]
        refused = [name for name, each in members.items() if each["verdict"] == "refused"]
        if title == "at most three refused" and len(refused) > MOST_REFUSED:
            found.append(f"{len(refused)} are refused: {', '.join(refused)}")
    return found


def main() -> None:
    """Run the parts asked for and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--part", choices=list(PARTS), nargs="*", default=list(PARTS))
    parser.add_argument("--only", nargs="*", help="names of architectures")
    options = parser.parse_args()
    torch.set_num_threads(1)  # for models this small, threads only wait for each other
    document = json.loads(options.out.read_text()) if options.out.exists() else {}
    problems = []
    for part in options.part:
        lists: dict[str, dict[str, dict[str, object]]] = document.get(part, {}) if options.only else {}
        for title, (members, trial, causal) in PARTS[part].items():
            for made in members:
                if options.only and made.name not in options.only:
                    continue
                found = lists.setdefault(title, {})[made.name] = outcome(made, trial, causal)
                print(f"{part}, {title}, {made.name}: {json.dumps(found, ensure_ascii=False)}", flush=True)
                document[part] = lists
                options.out.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        problems += complaints(lists)
    print(*problems or ["all as they must be"], sep="\n")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
