"""A discovery in its folder: what a person edits, the rows behind it, the whole record, and a page.

``proposals.yaml`` is the person's: one that was edited is never replaced unless that is asked for. ``discovery.json``
says by digest what the other files were when they were written.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
import polars as pl

from topicsmith.atomic_files import write_bytes
from topicsmith.discovery.page import render
from topicsmith.discovery.proposals_yaml import written
from topicsmith.discovery.records import Discovery, ProposedRow
from topicsmith.errors import RunStateError, UserError
from topicsmith.evaluation.serialization import to_document
from topicsmith.json_file import checked, read_json
from topicsmith.plain_files import read_plain
from topicsmith.surrogates import without_surrogates
from topicsmith.tables import frame, read_frame

PROPOSALS, ROWS, RECORD, PAGE = "proposals.yaml", "rows.parquet", "discovery.json", "discovery.html"
FOLDER = "discovery"
"""Where a run keeps its discovery."""
PROPOSED_ROWS = {
    "proposal": pl.Int64,
    "row_id": pl.String,
    "text": pl.String,
    "topic": pl.String,
    "familiarity": pl.Float64,
    "rank": pl.Int64,
}
FORMAT = 1
DISCOVER_AGAIN = "'topicsmith discover' writes it again"


@dataclass(frozen=True)
class KeptDiscovery:
    """A discovery as it lies in ``folder``; ``digest`` tells it from others."""

    folder: Path
    discovery: Discovery
    rows: tuple[ProposedRow, ...]
    digest: str


@dataclass(frozen=True)
class _Record:
    """``discovery.json``: ``proposals`` are digests of a ``proposals.yaml`` that nobody has edited."""

    format: int
    digest: str
    rows: str
    proposals: tuple[str, ...]
    discovery: Discovery


def write_discovery(
    folder: Path, discovery: Discovery, rows: Sequence[ProposedRow], *, overwrite: bool = False
) -> KeptDiscovery:
    """Write a discovery and the rows of its proposals to ``folder``, in the place of the one that is there.

    Args:
        folder: made where it is not there.
        discovery: what was found.
        rows: those of every proposal.
        overwrite: replace a ``proposals.yaml`` that a person has edited.

    Raises:
        UserError: when there is one, and ``overwrite`` is false.
        StorageError: when something cannot be written.
    """
    before = _written_before(folder, overwrite)
    plain = _clean(to_document(discovery))
    discovery = checked(Discovery, plain, "the discovery")
    digest = hashlib.sha256(orjson.dumps(plain)).hexdigest()[:16]
    table = frame([_cells(row) for row in rows], PROPOSED_ROWS)
    packed = io.BytesIO()
    table.write_parquet(packed, compression="zstd")
    text = written(discovery, digest, folder / PROPOSALS).encode()
    record = _Record(FORMAT, digest, _sha256(packed.getvalue()), (_sha256(text), *before), discovery)
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    # The record first: whatever lies beside it after a crash does not have its digests, and is told.
    write_bytes(folder / RECORD, orjson.dumps(to_document(record), option=options))
    write_bytes(folder / ROWS, packed.getvalue())
    write_bytes(folder / PROPOSALS, text)
    write_bytes(folder / PAGE, render(discovery, folder / PROPOSALS).encode())
    return KeptDiscovery(folder, discovery, tuple(ProposedRow(**row) for row in table.iter_rows(named=True)), digest)


def read_discovery(folder: Path) -> KeptDiscovery:
    """The discovery in ``folder``.

    Raises:
        RunStateError: when there is none, or a file of it is damaged or of another discovery.
    """
    record = _record(folder / RECORD)
    path = folder / ROWS
    try:
        found = _sha256(read_plain(path))
    except OSError as exc:
        raise RunStateError(f"{path}: cannot be read ({exc.strerror or exc}); {DISCOVER_AGAIN}") from None
    if found != record.rows:
        raise RunStateError(f"{path}: is not what {RECORD} was written with; {DISCOVER_AGAIN}")
    table = read_frame(path, PROPOSED_ROWS, keys=("proposal", "row_id"))
    known = {proposal.id for proposal in record.discovery.proposals}
    strange = next((number for number in table["proposal"].unique().to_list() if number not in known), None)
    if strange is not None:
        raise RunStateError(f"{path}: has rows of proposal {strange}, which is none; {DISCOVER_AGAIN}")
    rows = tuple(ProposedRow(**row) for row in table.iter_rows(named=True))
    return KeptDiscovery(folder, record.discovery, rows, record.digest)


def _record(path: Path) -> _Record:
    try:
        document = read_json(path, cure=DISCOVER_AGAIN)
    except FileNotFoundError:
        raise RunStateError(f"{path}: does not exist; 'topicsmith discover' makes it") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise RunStateError(f"{path}: written by another version of topicsmith; {DISCOVER_AGAIN}")
    return checked(_Record, document, path, cure=DISCOVER_AGAIN)


def _written_before(folder: Path, overwrite: bool) -> tuple[str, ...]:
    """The digest of the ``proposals.yaml`` that is there and may be replaced.

    Raises:
        UserError: when a person has edited it.
    """
    path = folder / PROPOSALS
    try:
        found = _sha256(read_plain(path))
    except FileNotFoundError:
        return ()
    except OSError as exc:
        raise UserError(f"{path}: cannot be read ({exc.strerror or exc}); move it away") from None
    try:
        as_written = _record(folder / RECORD).proposals
    except RunStateError:
        as_written = ()
    if found in as_written or overwrite:
        return (found,)
    raise UserError(
        f"{path}: has been edited since it was written; accept what is marked there ('topicsmith accept'), move the "
        "file away, or add '--overwrite' to lose the edits"
    )


def _cells(row: ProposedRow) -> tuple[object, ...]:
    return (row.proposal, row.row_id, without_surrogates(row.text), row.topic, row.familiarity, row.rank)


def _clean(value: object) -> object:
    """``value`` without halves of surrogate pairs, which no file can hold."""
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    return [_clean(item) for item in value] if isinstance(value, list) else value


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
