"""The first stage: conversation logs in, queries and what was dropped out."""

import hashlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from topicsmith.errors import RunStateError, TraceError
from topicsmith.progress import Progress
from topicsmith.project import TraceSettings
from topicsmith.records import Dropped
from topicsmith.tables import DROPPED, QUERIES, dropped_row, frame, query_row
from topicsmith.traces.files.sources import Found, find_sources
from topicsmith.traces.files.table_writer import PART_ROWS, InBackground, Parts, write_table
from topicsmith.traces.near_duplicates.minhash import Grouper
from topicsmith.traces.prepare import Preparer, quick_table
from topicsmith.traces.reading import QuickBatch, Reader
from topicsmith.traces.sampling import Sample, make_sample, value_at
from topicsmith.traces.token_counts import QUICK, tokenizer

_LARGEST = 10
_WORKSPACE = ".ingest-"
_WHOLE = 256 * 2**20  # bytes up to which a file's fingerprint reads all of it
_BLOCKS = 64
_BLOCK = 2**20
_BATCH = {"position": pl.Int64, **QUERIES}


@dataclass(frozen=True)
class LargeGroup:
    """A set of near-copies: how many queries it has, and one of them, shortened."""

    count: int
    text: str


@dataclass(frozen=True)
class IngestSummary:
    """What came in.

    ``traces`` are conversations read, ``queries`` those kept, ``dropped`` the others by reason, ``sampled_out`` those
    that the sample left out; ``formats`` says for each source what it was taken for and why. ``groups`` counts sets
    of near-copies with at least two members; ``unwrapped`` questions that stood inside a template, by its name.
    """

    traces: int
    queries: int
    dropped: Mapping[str, int]
    formats: Mapping[str, str]
    tokenizer: str
    replaced_characters: int
    redacted: Mapping[str, int]
    groups: int
    largest_groups: tuple[LargeGroup, ...]
    grouped_queries: int = 0
    sampled_out: int = 0
    metadata_fields_cut: int = 0
    unwrapped: Mapping[str, int] = field(default_factory=dict)


def ingest(settings: TraceSettings, folder: Path, queries: Path, dropped: Path, progress: Progress) -> IngestSummary:
    """Read the traces that ``settings`` name, relative to ``folder``, into the tables ``queries`` and ``dropped``.

    Memory is bounded whatever the input: rows stream through, tables are written in parts beside their place. One
    process at a time may write into a folder, as the lock of a run folder sees to.

    Raises:
        TraceError: when an input cannot be read, or no query was found in any.
        ProjectError: when the tokenizer cannot be had.
        RunStateError: when something that ingest did not make bears the name of its working folder.
    """
    for left in queries.parent.glob(f"{_WORKSPACE}*"):  # by a run that was killed
        if left.is_symlink() or not left.is_dir():
            raise RunStateError(
                f"{left}: is no folder that ingest made, but has the name of one; move it away, run again"
            )
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=_WORKSPACE, dir=queries.parent) as name:
        workspace = Path(name)
        reader = Reader(find_sources(settings.path, folder, workspace), settings)
        preparer = Preparer(settings, tokenizer(settings.tokenizer, folder))
        grouper = Grouper()
        with InBackground(lambda part: grouper.add(part["text"].to_list())) as grouping:
            parts = Parts(workspace / "queries", QUERIES, grouping.put)
            collected = _Collected(parts, Parts(workspace / "dropped", DROPPED))
            for source, why in reader.formats.items():
                progress.say(f"{source}: read as {why}")
            _collect(reader, preparer, settings, collected, progress)
        if not collected.kept:
            raise TraceError(_nothing(collected))
        groups = _finish(parts, grouper, workspace, queries)
        write_table(dropped, DROPPED, collected.dropped.scan())
        return IngestSummary(
            traces=collected.found + collected.reasons.total(),
            queries=collected.kept,
            dropped=dict(collected.reasons.most_common()),
            formats=reader.formats,
            tokenizer=settings.tokenizer,
            replaced_characters=preparer.replaced,
            redacted=dict(preparer.redacted),
            groups=groups.count,
            largest_groups=groups.largest,
            grouped_queries=groups.members,
            sampled_out=collected.found - collected.kept,
            metadata_fields_cut=preparer.cut,
            unwrapped=dict(preparer.unwrapped.most_common()),
        )


class _Collected:
    """The rows of both tables as they come, and their counts."""

    def __init__(self, queries: Parts, dropped: Parts) -> None:
        self.queries = queries
        self.dropped = dropped
        self.reasons: Counter[str] = Counter()
        self.first: Dropped | None = None
        self.found = 0
        self.kept = 0

    def drop(self, dropped: Dropped) -> None:
        self.reasons[dropped.reason] += 1
        self.first = self.first or dropped
        self.dropped.add(dropped_row(dropped))

    def keep_batch(self, batch: QuickBatch, preparer: Preparer) -> None:
        """The queries of a batch, in the order of its rows."""
        rows: list[tuple[object, ...]] = []
        for position, trace in batch.parsed:
            query = trace if isinstance(trace, Dropped) else preparer.query(trace)
            if isinstance(query, Dropped):
                self.drop(query)
            else:
                rows.append((position, *query_row(query)))
        told = quick_table(batch.told)
        table = pl.concat([told, frame(rows, _BATCH)]).sort("position").drop("position")
        self.found += table.height
        self.kept += table.height
        if table.height:
            self.queries.add_table(table)

    def keep(self, row: tuple[object, ...]) -> None:
        self.kept += 1
        self.queries.add(row)


def _collect(
    reader: Reader, preparer: Preparer, settings: TraceSettings, collected: _Collected, progress: Progress
) -> None:
    sample = make_sample(settings.sample) if settings.sample is not None else None
    path = settings.sample.by if settings.sample is not None else None
    with progress.task("reading traces", unit="rows") as task:
        quick = sample is None and not settings.redact and settings.tokenizer == QUICK
        quick = quick and settings.unwrap in ("default", "none")
        for trace in reader.traces(task.advance, quick):
            if isinstance(trace, QuickBatch):
                collected.keep_batch(trace, preparer)
                continue
            query = trace if isinstance(trace, Dropped) else preparer.query(trace)
            if isinstance(query, Dropped):
                collected.drop(query)
                continue
            collected.found += 1
            if sample is None:
                collected.keep(query_row(query))
                continue
            stratum = value_at(trace.metadata, path) if path and not isinstance(trace, Dropped) else ""
            sample.offer(query.query_id, stratum, query_row(query))
            if sample.full():
                break
    for row in _sampled(sample):
        collected.keep(row)
    collected.queries.flush()
    collected.dropped.flush()


def _sampled(sample: Sample | None) -> Iterator[tuple[object, ...]]:
    return iter(()) if sample is None else sample.rows()


def _nothing(collected: _Collected) -> str:
    first = collected.first
    if first is None:
        return "no traces were found; check 'traces.path'"
    count = collected.reasons.total()
    detail = f" ({first.detail})" if first.detail else ""
    return (
        f"{first.source}:{first.row}: none of {count} traces has a question; here: {first.reason}{detail}; "
        "check 'traces.path' and 'traces.format'"
    )


@dataclass(frozen=True)
class _Groups:
    count: int
    members: int
    largest: tuple[LargeGroup, ...]


def _finish(parts: Parts, grouper: Grouper, workspace: Path, queries: Path) -> _Groups:
    """Give every query its group and a name of its own, and write the table."""
    representatives = grouper.groups()
    occurrences = _occurrences(parts)
    names = Parts(workspace / "names", {})
    for start in range(0, len(representatives), PART_ROWS):
        here = slice(start, start + PART_ROWS)
        group = pl.Series(grouper.names_of(representatives[here]), dtype=pl.String)
        names.append(pl.DataFrame({"group": group, "occurrence": occurrences[here]}))
    numbered = pl.format("{}-{}", "query_id", "occurrence")
    table = pl.concat([parts.scan().drop("group"), names.scan()], how="horizontal")
    write_table(
        queries,
        QUERIES,
        table.with_columns(query_id=pl.when(pl.col("occurrence") > 1).then(numbered).otherwise("query_id")),
    )
    return _count(representatives, parts)


def _occurrences(parts: Parts) -> NDArray[np.int64]:
    """For each query the how-manieth of its name it is, from 1."""
    ids = np.concatenate(
        [np.array([int(name, 16) for name in column], dtype=np.uint64) for column in parts.column("query_id")]
    )
    order = np.argsort(ids, kind="stable")
    starts = np.concatenate(([True], ids[order[1:]] != ids[order[:-1]]))
    places = np.arange(len(ids))
    result = np.empty(len(ids), dtype=np.int64)
    result[order] = places - np.maximum.accumulate(np.where(starts, places, 0)) + 1
    return result


def _count(representatives: NDArray[np.int64], parts: Parts) -> _Groups:
    sizes = np.bincount(representatives, minlength=len(representatives))
    several = np.flatnonzero(sizes > 1)
    largest = several[np.argsort(-sizes[several], kind="stable")][:_LARGEST]
    wanted = dict.fromkeys(largest.tolist(), "")
    start = 0
    for texts in parts.column("text"):
        for position in wanted:
            if start <= position < start + len(texts):
                wanted[position] = str(texts[position - start])[:200]
        start += len(texts)
    shown = tuple(LargeGroup(int(sizes[position]), text) for position, text in wanted.items())
    return _Groups(len(several), int(sizes[several].sum()), shown)


def input_fingerprint(settings: TraceSettings, folder: Path) -> object:
    """What the input files are now: names, sizes and hashes of their content, as plain data.

    Of a file beyond 256 MiB the hash covers 64 blocks of 1 MiB spread over it and its time of change. Standard input
    and ``hf://`` are known by their name only, since looking would consume or download them.
    """
    patterns = [settings.path] if isinstance(settings.path, str) else list(settings.path)
    remote = [pattern for pattern in patterns if pattern == "-" or pattern.startswith("hf://")]
    local = [pattern for pattern in patterns if pattern not in remote]
    found = find_sources(local, folder, folder) if local else Found((), ())
    files = [{"name": item.name, "size": item.path.stat().st_size, "hash": _hash(item.path)} for item in found.sources]
    return {"files": files, "remote": remote, "refused": [item.source for item in found.refused]}


def _hash(path: Path) -> str:
    status = path.stat()
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        if status.st_size <= _WHOLE:
            while block := file.read(_BLOCK):
                digest.update(block)
        else:
            digest.update(str(status.st_mtime_ns).encode())
            for index in range(_BLOCKS):
                file.seek(index * (status.st_size - _BLOCK) // (_BLOCKS - 1))
                digest.update(file.read(_BLOCK))
    return digest.hexdigest()
