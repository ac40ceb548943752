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
    from topicsmith.loading import load

__all__ = ["TopicsmithError", "UserError", "__version__", "load"]


def __getattr__(name: str) -> object:
    """Import :func:`load` when it is first used, so that ``import topicsmith`` stays light."""
    if name == "load":
        from topicsmith.loading import load

        return load
    raise AttributeError(f"module 'topicsmith' has no attribute {name!r}")
