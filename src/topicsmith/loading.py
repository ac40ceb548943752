"""A classifier from a run folder or a model folder, as a program uses it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from topicsmith.advice.choice import chosen_candidate
from topicsmith.classifiers.base import FittedModel, FloatArray, Predictions, Updatable
from topicsmith.classifiers.model_folder import MANIFEST, load_classifier, read_manifest
from topicsmith.classifiers.predict import predict_each
from topicsmith.errors import ModelFolderError, UserError
from topicsmith.evaluation.confidence.saved import SavedCalibration, read_calibration
from topicsmith.runs import find_run


@dataclass(frozen=True)
class Classifier:
    """A trained classifier. Texts may be a list, or a series or frame of pandas or polars; one text is a list of one.

    ``kind`` is what the project file calls its kind, ``folder`` where it was loaded from. ``calibration`` is what its
    run learnt of its confidences on validation rows; ``None`` before it was judged.
    """

    model: FittedModel
    kind: str
    folder: Path
    calibration: SavedCalibration | None = None

    @property
    def classes_(self) -> tuple[str, ...]:
        """The topics, in the order of the columns of :meth:`predict_proba`."""
        return tuple(self.model.topics)

    def predict(self, texts: Any) -> Predictions:
        """One prediction a text, in order; a text that cannot be answered has a status and no topic.

        Confidences are calibrated where the run could: of answers with a confidence of .9, nine in ten were right on
        validation rows. Probabilities are those of the model.

        Raises:
            UserError: when ``texts`` holds something that is no text, or is a frame without a column ``text``.
        """
        return self.predict_sure(texts)[0]

    def predict_sure(self, texts: Any, threshold: float | None = None) -> tuple[Predictions, list[bool]]:
        """The predictions, and which of them may stand without a person looking at them.

        Args:
            texts: as for :meth:`predict`.
            threshold: the least confidence; by default that of the run, from which at most the wished share of
                answers is wrong. Where the run could promise none, every answer stands.

        Raises:
            UserError: as :meth:`predict`.
        """
        if isinstance(self.model, Updatable):
            self.model.refresh()
        found = predict_each(self.model, texts_of(texts))
        calibrated = found if self.calibration is None else _calibrated(found, self.calibration)
        if threshold is None:
            least, stated = self.calibration.threshold if self.calibration else None, found.confidences
        else:
            least, stated = threshold, calibrated.confidences
        return calibrated, [least is None or sure is None or sure >= least for sure in stated]

    def predict_proba(self, texts: Any) -> FloatArray:
        """The probability of each topic for each text, of shape (texts, classes); zeros where a text failed.

        Raises:
            UserError: as :meth:`predict`, and when the kind gives no probabilities.
        """
        found = self.predict(texts).probabilities
        if found is None:
            raise UserError(f"a classifier of the kind '{self.kind}' gives no probabilities; use predict()")
        return found


def load(path: str | Path, candidate: str | None = None) -> Classifier:
    """Load a classifier: a model folder, or of a run folder the named candidate or the one it says to deploy.

    A project's folder stands for its latest run.

    Raises:
        ModelFolderError: when ``path`` is neither, the candidate is not in the run, or nothing is fit to be deployed.
    """
    path = Path(path)
    if (path / MANIFEST).is_file():
        return _load(path)
    if not any((path / name).is_file() for name in ("manifest.json", "topicsmith.yaml")):
        raise ModelFolderError(f"{path}: neither a run folder nor a model folder")
    run = find_run(path)
    if candidate is None:
        candidate = chosen_candidate(run, path)
    folder = run.classifier(candidate)
    if not folder.is_dir():
        have = ", ".join(sorted(p.name for p in (run.path / "classifiers").glob("[!.]*"))) or "none"
        raise ModelFolderError(f"{path}: has no candidate '{candidate}'; it has: {have}")
    return _load(folder)


def _load(folder: Path) -> Classifier:
    return Classifier(load_classifier(folder), str(read_manifest(folder)["kind"]), folder, read_calibration(folder))


def _calibrated(found: Predictions, calibration: SavedCalibration) -> Predictions:
    """``found`` with confidences as the calibration mends them."""
    stated = [each.confidence for each in found if each.confidence is not None]
    mended = iter(calibration.apply(stated).tolist())
    items = (each if each.confidence is None else replace(each, confidence=next(mended)) for each in found)
    return Predictions(tuple(items), found.probabilities)


def texts_of(data: Any, column: str = "text") -> list[str]:
    """The texts in a list, a series, or a frame with a column of them (pandas or polars); one text is a list of one.

    Raises:
        UserError: when it is a frame without that column, or holds something that is no text.
    """
    if isinstance(data, str):
        return [data]
    if hasattr(data, "columns"):
        names = [str(name) for name in data.columns]
        if column not in names:
            raise UserError(f"the frame has no column '{column}'; it has: {', '.join(names)}")
        data = data[column]
    texts = list(data)
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise UserError(f"row {row}: {text!r} is not a text; fill or drop such rows first")
    return texts
