"""What the tests of reading share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from topicsmith.project import TraceSettings
from topicsmith.records import Dropped, Query, Trace
from topicsmith.traces.base import Row, TraceFormat
from topicsmith.traces.ingest import IngestSummary


@dataclass(frozen=True)
class Ingested:
    """What one call of ``ingest`` left."""

    summary: IngestSummary
    queries: list[Query]
    dropped: list[dict[str, object]]

    @property
    def texts(self) -> list[str]:
        return [query.text for query in self.queries]

    @property
    def reasons(self) -> list[tuple[str, int, str]]:
        """Source, row and reason of what was dropped."""
        return [(str(row["source"]), int(str(row["row"])), str(row["reason"])) for row in self.dropped]


Ingest = Callable[..., Ingested]


def write_lines(path: Path, rows: Sequence[object]) -> Path:
    """Write ``rows`` as JSON lines; bytes stand as they are."""
    with path.open("wb") as file:
        for row in rows:
            file.write((row if isinstance(row, bytes) else orjson.dumps(row)) + b"\n")
    return path


def read_traces(format_: TraceFormat, rows: Sequence[Mapping[str, object]], **settings: object) -> list[Trace]:
    """What ``format_`` makes of ``rows``; fails when a row is dropped."""
    model = TraceSettings.model_validate({"path": "x", **settings})
    results = list(format_.read([Row("log", number, row) for number, row in enumerate(rows, 1)], model))
    dropped = [result for result in results if isinstance(result, Dropped)]
    assert not dropped, dropped
    return [result for result in results if isinstance(result, Trace)]
