"""The history of a taxonomy: every version it had, one a line, in a file beside its own.

``taxonomy.yaml`` has ``taxonomy.history``; topics in a project file have ``topicsmith.history``. Lines are
only ever added, and the number of a version is that of its line. Each holds the whole taxonomy, so that the history can
be read without anything else.
"""

import fcntl
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import orjson

from topicsmith.errors import RunStateError, StorageError, TaxonomyError
from topicsmith.json_file import checked, interpreting, parse_json
from topicsmith.plain_files import read_plain
from topicsmith.suggestions import did_you_mean
from topicsmith.taxonomy import Taxonomy, normalise, to_document
from topicsmith.taxonomy_changes.changes import TaxonomyDiff, TopicChange
from topicsmith.taxonomy_changes.compare import compare
from topicsmith.taxonomy_file import from_document

MENDED = "put back the line from your version control, or move the file away to begin a new history"


@dataclass(frozen=True)
class TaxonomyVersion:
    """A version: its ``number`` from 1, when it was first seen, by what, and what changed since the one before.

    ``digest`` tells it from other contents. ``same_meaning`` are topics that a person said to mean what they meant,
    though they were worded anew.
    """

    number: int
    digest: str
    time: str
    document: dict[str, object]
    where: str
    changes: tuple[TopicChange, ...] = ()
    same_meaning: tuple[str, ...] = ()
    by: Literal["run", "apply"] = "run"

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """The topics of this version.

        Raises:
            RunStateError: when they are not those of the digest.
        """
        with interpreting(self.where, cure=MENDED):
            found = from_document(self.document, Path(self.where))
        if found.version_digest != self.digest:
            raise RunStateError(f"{self.where}: the taxonomy is not the one of its digest {self.digest}; {MENDED}")
        return found

    @property
    def name(self) -> str:
        """How the version is called where people read it."""
        return f"version {self.number} ({self.digest[:8]})"


@dataclass(frozen=True)
class _Line:
    """A version as it stands in the file."""

    digest: str
    time: str
    by: Literal["run", "apply"]
    changes: tuple[TopicChange, ...]
    same_meaning: tuple[str, ...]
    taxonomy: dict[str, object]


def history_path(topics_file: Path) -> Path:
    """Where the history of the taxonomy in ``topics_file`` is kept: under no suffix that logs are searched for."""
    return topics_file.with_name(f"{topics_file.stem}.history")


def read_history(path: Path) -> tuple[TaxonomyVersion, ...]:
    """Every version, oldest first; none where there is no history yet. A last line that was torn off is left out.

    Raises:
        RunStateError: naming the line that cannot be read.
    """
    try:
        data = read_plain(path)
    except FileNotFoundError:
        return ()
    except OSError as exc:
        raise RunStateError(f"{path}: cannot be read ({exc.strerror or exc}); {MENDED}") from None
    *lines, _torn = data.split(b"\n")
    found: list[TaxonomyVersion] = []
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        entry = checked(_Line, parse_json(line, where, cure=MENDED), where, cure=MENDED)
        found.append(
            TaxonomyVersion(
                number, entry.digest, entry.time, entry.taxonomy, where, entry.changes, entry.same_meaning, entry.by
            )
        )
    return tuple(found)


def record(
    path: Path,
    taxonomy: Taxonomy,
    *,
    same_meaning: Sequence[str] = (),
    by: Literal["run", "apply"] = "run",
) -> tuple[TaxonomyVersion, ...]:
    """The history with ``taxonomy`` as its last version, added durably where it is another than the last one.

    Several processes may do so at a time.

    Raises:
        TaxonomyError: when the taxonomy does not say what became of a topic, or takes rows from one that never was.
        RunStateError: when the history cannot be read.
        StorageError: when it cannot be written.
    """
    versions = read_history(path)
    if versions and versions[-1].digest == taxonomy.version_digest:
        return versions
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            versions = read_history(path)
            if versions and versions[-1].digest == taxonomy.version_digest:
                return versions
            added = next_version(versions, taxonomy, same_meaning, by)
            file.truncate(_whole_lines(path))
            file.write(_line(added) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as exc:
        raise StorageError(
            f"{path}: the version of the taxonomy cannot be kept: {exc.strerror or exc}; free space, or make the "
            "folder writable"
        ) from exc
    return (*versions, added)


def next_version(
    versions: Sequence[TaxonomyVersion],
    taxonomy: Taxonomy,
    same_meaning: Sequence[str] = (),
    by: Literal["run", "apply"] = "run",
) -> TaxonomyVersion:
    """The version that ``taxonomy`` would be after ``versions``; nothing is written.

    Raises:
        TaxonomyError: as :func:`record`.
    """
    check_sources(versions, taxonomy)
    changes = compare(versions[-1].taxonomy, taxonomy, same_meaning).changes if versions else ()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    number = versions[-1].number + 1 if versions else 1
    document = to_document(taxonomy)
    return TaxonomyVersion(number, taxonomy.version_digest, now, document, "", changes, tuple(same_meaning), by)


def check_sources(versions: Sequence[TaxonomyVersion], taxonomy: Taxonomy) -> None:
    """Whether every name under ``from`` is, or was, a topic; without a history nobody can tell.

    Raises:
        TaxonomyError: naming the first that never was one.
    """
    if not versions:
        return
    unknown = [
        (index, topic.name, source)
        for index, topic in enumerate(taxonomy.topics)
        for source in topic.sources or ()
        if taxonomy.match(source) is None or not _ever(versions[-1:], source)
    ]
    for index, name, source in unknown:
        if not _ever(versions[::-1], source) and normalise(source) not in map(normalise, taxonomy.names):
            known = {*versions[-1].taxonomy.names, *taxonomy.names}
            raise TaxonomyError(
                f"'{name}' takes rows 'from: {source}', which never was a topic; "
                f"{did_you_mean(source, known)}take it out, or name the topic as it was called",
                ("topics", index, "from"),
            )


def _ever(versions: Sequence[TaxonomyVersion], name: str) -> bool:
    """Whether one of ``versions`` had a topic of that name, or former name."""
    form = normalise(name)
    return any(
        form == normalise(each)
        for version in versions
        for topic in version.taxonomy.topics
        for each in (topic.name, *topic.was)
    )


def steps_since(versions: Sequence[TaxonomyVersion], before: Taxonomy, today: Taxonomy) -> tuple[TaxonomyDiff, ...]:
    """How ``before`` became ``today``, one diff for each version that came between; a single one without a history."""
    digests = [version.digest for version in versions]
    if before.version_digest == today.version_digest:
        return ()
    if before.version_digest in digests and digests[-1] == today.version_digest:
        start = len(digests) - 1 - digests[::-1].index(before.version_digest)
        pairs = zip(versions[start:], versions[start + 1 :], strict=False)
        return tuple(compare(old.taxonomy, new.taxonomy, new.same_meaning) for old, new in pairs)
    return (compare(before, today),)


def _line(version: TaxonomyVersion) -> bytes:
    return orjson.dumps(
        {
            "digest": version.digest,
            "time": version.time,
            "by": version.by,
            "changes": [asdict(change) for change in version.changes],
            "same_meaning": version.same_meaning,
            "taxonomy": version.document,
        }
    )


def _whole_lines(path: Path) -> int:
    """How many bytes of the file are whole lines: what a power cut tore off is written again, not kept in halves."""
    data = read_plain(path)
    return data.rfind(b"\n") + 1
