"""A run's encoder as a folder of the kind ``onnx``, held against the trained one on validation rows."""

import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from topicsmith.advice.wording import percent
from topicsmith.classifiers.base import FittedModel, FloatArray, Predictions
from topicsmith.classifiers.model_card import card_text
from topicsmith.classifiers.model_folder import MANIFEST, read_manifest, save_classifier
from topicsmith.classifiers.onnx.graph import need_exporter
from topicsmith.classifiers.onnx.model import CALIBRATION, OnnxClassifier, read_model
from topicsmith.classifiers.onnx.parts import Traceable
from topicsmith.classifiers.onnx.write import Precision, write_files
from topicsmith.classifiers.predict import BATCH, predict_each
from topicsmith.disk_errors import disk_errors
from topicsmith.errors import ModelFolderError, ProjectError
from topicsmith.loading import Classifier
from topicsmith.progress import Progress
from topicsmith.statistics.intervals import Interval, wilson

KIND = "onnx"
EXACT = 1e-4
"""What probabilities may differ by in single precision, and in either precision alone and in company."""
_ALONE = 64  # rows that are also asked alone
_OWN = ("kind", "version", "topics", "files")  # what saving writes anew


@dataclass(frozen=True)
class OnnxCheck:
    """The exported classifier against the trained one, on validation rows.

    ``changed`` of them get another answer; ``share`` is that with its interval. ``largest`` is the largest difference
    of a probability, ``alone`` the largest between the same text alone and in company. ``crossed`` are rows whose
    confidence lies on the other side of the run's threshold; ``None`` where it has none.
    """

    rows: int
    changed: int
    share: Interval
    largest: float
    alone: float
    crossed: int | None


def export_onnx(
    classifier: Classifier,
    texts: Sequence[str],
    out: Path,
    precision: Precision,
    most_changed: float,
    progress: Progress,
) -> OnnxCheck:
    """Write ``classifier`` to the folder ``out`` for onnxruntime, all of it or nothing.

    Args:
        classifier: a trained one of a kind that is an encoder.
        texts: of validation rows, on which both are asked.
        out: an earlier export there is replaced.
        precision: of the products.
        most_changed: the share of ``texts`` that may get another answer.
        progress: where to tell how far it is.

    Raises:
        MissingExtraError: when a library is missing.
        ModelFolderError: when the kind has no such network, or it cannot be written.
        ProjectError: when there is nothing to check on, or the answers differ by more than is allowed.
        StorageError: when the disk is full or failing.
    """
    need_exporter()
    model = classifier.model
    if not isinstance(model, Traceable):
        raise ModelFolderError(
            f"{classifier.folder}: is of the kind '{classifier.kind}', which has no network for onnxruntime; "
            "name a candidate of the kind 'encoder' or 'embedding' with '--candidate'"
        )
    if not texts:
        raise ProjectError(f"{classifier.folder}: its run has no validation rows, so the export cannot be checked")
    with _workspace(out) as folder:
        with disk_errors(out):
            write_files(model.onnx_parts(), model.topics, folder, precision)
            if (classifier.folder / CALIBRATION).is_file():
                (folder / CALIBRATION).write_bytes((classifier.folder / CALIBRATION).read_bytes())
        exported = read_model(folder)
        check = compare(classifier, exported, texts, progress)
        _hold(classifier.folder.name, check, precision, most_changed)
        about = _about(read_manifest(classifier.folder), check, precision)
        save_classifier(exported, KIND, out, card_text(KIND, exported.topics, about), about)
    return check


@contextmanager
def _workspace(out: Path) -> Iterator[Path]:
    """A folder beside ``out``, on whose disk there must be room anyway."""
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        place = TemporaryDirectory(prefix=".export-", dir=out.parent)
    with place as name:
        yield Path(name)


def compare(classifier: Classifier, exported: OnnxClassifier, texts: Sequence[str], progress: Progress) -> OnnxCheck:
    """Ask both ``texts``, and some of them the exported one alone."""
    before = _asked(classifier.model, texts, "asking the trained one", progress)
    after = _asked(exported, texts, "asking the exported one", progress)
    some = np.unique(np.linspace(0, len(texts) - 1, min(_ALONE, len(texts))).astype(int))
    alone = np.concatenate([_numbers(predict_each(exported, [texts[row]])) for row in some])
    changed = sum(first != second for first, second in zip(before.topics, after.topics, strict=True))
    least = classifier.calibration.threshold if classifier.calibration is not None else None
    return OnnxCheck(
        rows=len(texts),
        changed=changed,
        share=wilson(changed, len(texts)),
        largest=_difference(_numbers(before), _numbers(after)),
        alone=_difference(_numbers(after)[some], alone),
        crossed=None if least is None else sum(a != b for a, b in zip(*_standing(before, after, least), strict=True)),
    )


def is_export(folder: Path) -> bool:
    """Whether ``folder`` is one that an earlier export wrote."""
    return (folder / MANIFEST).is_file() and read_manifest(folder)["kind"] == KIND


def changed_text(check: OnnxCheck) -> str:
    """How many answers changed, with the interval, in words."""
    share = check.share
    return (
        f"{check.changed:,} of {check.rows:,} validation rows ({percent(share.value)}, 95 %: {percent(share.low)} to "
        f"{percent(share.high)})"
    )


def _asked(model: FittedModel, texts: Sequence[str], title: str, progress: Progress) -> Predictions:
    parts = []
    with progress.task(title, len(texts), "texts") as task:
        for start in range(0, len(texts), BATCH):
            parts.append(predict_each(model, texts[start : start + BATCH]))
            task.advance(len(parts[-1]))
    numbers = np.concatenate([_numbers(part) for part in parts])
    return Predictions(tuple(item for part in parts for item in part), numbers)


def _numbers(found: Predictions) -> FloatArray:
    assert found.probabilities is not None  # these kinds give them; a text that failed has zeros
    return found.probabilities


def _difference(first: FloatArray, second: FloatArray) -> float:
    return float(np.abs(first - second).max())


def _standing(before: Predictions, after: Predictions, least: float) -> tuple[list[bool], list[bool]]:
    first, second = ([sure is not None and sure >= least for sure in each.confidences] for each in (before, after))
    return first, second


def _hold(name: str, check: OnnxCheck, precision: Precision, most_changed: float) -> None:
    """Refuse what answers otherwise than the trained one by more than is allowed."""
    if check.alone > EXACT:
        raise ProjectError(
            f"{name}: in {precision} a text is answered otherwise alone and in company (probabilities differ by "
            f"{check.alone:.1e}, more than {EXACT:g}); serve the trained one itself"
        )
    if precision == "fp32" and check.largest > EXACT:
        raise ProjectError(
            f"{name}: in {precision} probabilities differ by up to {check.largest:.1e} from those of the trained one, "
            f"more than {EXACT:g}; serve the trained one itself"
        )
    if check.changed > most_changed * check.rows:
        cure = "use '--precision fp32', or allow more" if precision == "int8" else "serve the trained one itself"
        raise ProjectError(
            f"{name}: in {precision} {changed_text(check)} are answered otherwise, more than '--most-changed "
            f"{100 * most_changed:g}%' allows; {cure}"
        )


def _about(manifest: Mapping[str, object], check: OnnxCheck, precision: Precision) -> dict[str, object]:
    """What the trained one's folder says of itself, and what became of it."""
    about = {key: value for key, value in manifest.items() if key not in _OWN}
    low, high = check.share.low, check.share.high
    about["exported"] = {
        "precision": precision,
        "from kind": manifest["kind"],
        "validation rows asked": check.rows,
        "answers changed": check.changed,
        "share changed, 95 %": [round(low, 5), round(high, 5)],
        "largest difference of a probability": float(f"{check.largest:.3g}"),
        "largest difference alone and in company": float(f"{check.alone:.3g}"),
        **({} if check.crossed is None else {"rows on the other side of the threshold": check.crossed}),
        "python": platform.python_version(),
        **{library: version(library) for library in ("onnx", "onnxruntime", "tokenizers", "torch")},
    }
    return about
