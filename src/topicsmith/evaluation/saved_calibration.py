"""What a run learnt about a classifier's confidences, kept in its model folder: ``calibration.json``.

Whoever loads the folder states confidences that can be believed, and knows from which one to answer alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from topicsmith.atomic_files import write_bytes
from topicsmith.errors import ModelFolderError
from topicsmith.evaluation.calibration import Isotonic, Temperature
from topicsmith.evaluation.confidence import Confidence
from topicsmith.evaluation.serialization import from_document, to_document
from topicsmith.statistics.intervals import FloatArray

FILE = "calibration.json"


@dataclass(frozen=True)
class SavedCalibration:
    """How stated confidences are mended, and from which stated one at most ``wished_error`` of answers are wrong.

    Either ``temperature`` or ``isotonic`` is given, or neither where mending did not help. ``threshold`` is ``None``
    where the validation rows cannot promise ``wished_error`` for any.
    """

    temperature: float | None = None
    isotonic: Isotonic | None = None
    wished_error: float = 0.0
    threshold: float | None = None

    def apply(self, stated: Sequence[float]) -> FloatArray:
        """The mended confidences, in order."""
        if self.isotonic is not None:
            return self.isotonic.apply(stated)
        return Temperature(self.temperature or 1.0).apply_to_confidence(stated)


def save_calibration(folder: Path, found: Confidence) -> None:
    """Keep in the model folder what was learnt of its confidences.

    A mending that did not lower the calibration error on the test rows is left out: confidences are then stated as the
    classifier gives them. Validation rows may be easier than real ones, where they are those that annotators agree on.
    """
    helped = found.ece < found.ece_before
    saved = SavedCalibration(
        found.temperature if helped else None,
        found.isotonic if helped else None,
        found.wished_error,
        found.threshold,
    )
    write_bytes(folder / FILE, orjson.dumps(to_document(saved), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def read_calibration(folder: Path) -> SavedCalibration | None:
    """What a model folder says of its confidences; ``None`` where it was never judged.

    Raises:
        ModelFolderError: when the file is damaged.
    """
    path = folder / FILE
    try:
        document = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except orjson.JSONDecodeError as exc:
        raise ModelFolderError(f"{path}: not JSON ({exc}); copy the folder again") from None
    return from_document(SavedCalibration, document, path)
