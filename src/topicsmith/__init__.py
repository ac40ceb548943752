"""topicsmith: from conversation logs to a topic classifier you own.

>>> import topicsmith as ts
>>> classifier = ts.load("runs/latest")  # doctest: +SKIP
>>> classifier.predict(["how do black holes form?"]).topics  # doctest: +SKIP
['Science']
"""

from typing import TYPE_CHECKING

from topicsmith.errors import TopicsmithError, UserError
from topicsmith.version import __version__

if TYPE_CHECKING:
    from topicsmith.api import Run, agreement, label, read_project, read_run, run
    from topicsmith.classifiers.base import Predictions
    from topicsmith.loading import Classifier, load
    from topicsmith.taxonomy import Taxonomy, Topic

_PLACES = {
    **dict.fromkeys(("Run", "agreement", "label", "read_project", "read_run", "run"), "topicsmith.api"),
    **dict.fromkeys(("Classifier", "Predictions"), "topicsmith.classifiers.base"),
    "load": "topicsmith.loading",
    **dict.fromkeys(("Taxonomy", "Topic"), "topicsmith.taxonomy"),
}

__all__ = [
    "Classifier",
    "Predictions",
    "Run",
    "Taxonomy",
    "Topic",
    "TopicsmithError",
    "UserError",
    "__version__",
    "agreement",
    "label",
    "load",
    "read_project",
    "read_run",
    "run",
]


def __getattr__(name: str) -> object:
    """Import what is asked for when it is first used, so that ``import topicsmith`` stays light."""
    if name not in _PLACES:
        raise AttributeError(f"module 'topicsmith' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
