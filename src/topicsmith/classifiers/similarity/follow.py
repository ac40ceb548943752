"""Noticing that the taxonomy's file was saved."""

import threading
from pathlib import Path

from topicsmith.errors import TaxonomyError, TopicsmithError
from topicsmith.taxonomy import Taxonomy
from topicsmith.taxonomy_file import parse_taxonomy
from topicsmith.yaml_file import read_document


class FollowedFile:
    """A taxonomy's file, or a project's with the topics in it, that is read again when it changed.

    Half-written or faulty versions are passed over, since editors write in several steps: the last good taxonomy stays
    in force, and :attr:`problem` says why until a good one stands there.
    """

    def __init__(self, path: Path) -> None:
        """Follow ``path``; nothing is read yet."""
        self.path = path
        self.problem: str | None = None
        self._seen: tuple[int, ...] | None = None
        self._lock = threading.Lock()

    def changed(self) -> Taxonomy | None:
        """The taxonomy in the file, if the file is another than at the last call and can be read."""
        with self._lock:
            try:
                state = self.path.stat()
            except OSError as error:
                self.problem, self._seen = f"{self.path}: {error.strerror or error}; the last topics stand", None
                return None
            seen = (state.st_mtime_ns, state.st_size, state.st_ino)
            if seen == self._seen:
                return None
            self._seen = seen
            try:
                document = read_document(self.path, TaxonomyError)
                inside = isinstance(document.value, dict) and isinstance(document.value.get("taxonomy"), dict)
                found = parse_taxonomy(document, ("taxonomy",) if inside else ())
            except TopicsmithError as error:
                self.problem = f"{error}; the last topics stand"
                return None
            self.problem = None
            return found
