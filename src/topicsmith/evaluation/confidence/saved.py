"""What a run learnt about a classifier's confidences, kept in its model folder: ``calibration.json``.

Whoever loads the folder states confidences that can be believed, and knows from which one to answer alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from topicsmith.atomic_files import write_bytes
from topicsmith.errors import ModelFolderError
from topicsmith.evaluation.confidence.calibration import Isotonic, Platt
from topicsmith.evaluation.confidence.measure import Confidence, JudgedBy
from topicsmith.evaluation.serialization import to_document
from topicsmith.json_file import COPY_AGAIN, checked, read_json
from topicsmith.statistics.intervals import FloatArray

FILE = "calibration.json"


@dataclass(frozen=True)
class SavedCalibration:
    """How stated confidences are mended, and from which stated one at most ``wished_error`` of answers are wrong.

    One of ``platt`` and ``isotonic`` is given, or neither where mending did not help; folders of earlier versions have
    a ``temperature``. ``judged_by`` says what right meant. ``threshold`` is ``None`` where no evidence promises
    ``wished_error`` for any, or where right only meant what annotators said.
    """

    temperature: float | None = None
    isotonic: Isotonic | None = None
    wished_error: float = 0.0
    threshold: float | None = None
    platt: Platt | None = None
    judged_by: JudgedBy = "truth"

    def apply(self, stated: Sequence[float]) -> FloatArray:
        """The mended confidences, in order."""
        if self.isotonic is not None:
            return self.isotonic.apply(stated)
        if self.platt is not None:
            return self.platt.apply(stated)
        return Platt(1 / (self.temperature or 1.0), 0.0).apply(stated)


def save_calibration(folder: Path, found: Confidence) -> None:
    """Keep in the model folder what was learnt of its confidences.

    A mending that did not lower the calibration error is left out: confidences are then stated as the classifier gives
    them.
    """
    helped = found.ece.value < found.ece_before.value
    saved = SavedCalibration(
        isotonic=found.isotonic if helped else None,
        platt=found.platt if helped else None,
        wished_error=found.wished_error,
        threshold=found.threshold,
        judged_by=found.judged_by,
    )
    write_bytes(folder / FILE, orjson.dumps(to_document(saved), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def read_calibration(folder: Path) -> SavedCalibration | None:
    """What a model folder says of its confidences; ``None`` where it was never judged.

    Raises:
        ModelFolderError: when the file is damaged.
    """
    path = folder / FILE
    try:
        document = read_json(path, ModelFolderError, COPY_AGAIN)
    except FileNotFoundError:
        return None
    return checked(SavedCalibration, document, path, ModelFolderError, COPY_AGAIN)
