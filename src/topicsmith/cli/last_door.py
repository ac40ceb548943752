"""What happens to errors nobody raised on purpose."""

from topicsmith.disk_errors import in_our_words
from topicsmith.errors import ProjectError, StorageError, TopicsmithError

_KINDS: tuple[tuple[type[Exception], type[TopicsmithError], str], ...] = (
    (MemoryError, StorageError, "there is not enough memory; give it less at once, or take a larger machine"),
    (RecursionError, ProjectError, "a document is nested too deeply to be read; with '--debug' you see which"),
)


def known(error: Exception) -> TopicsmithError | None:
    """What a failure of the disk, of the memory or of a hostile document is in our own words; ``None`` for others.

    Libraries raise these wherever they read or write, so they are told apart here, by what they are.
    """
    if isinstance(error, TopicsmithError):
        return error
    found = in_our_words(error)
    if found is not None:
        return found
    return next((make(words) for kind, make, words in _KINDS if isinstance(error, kind)), None)
