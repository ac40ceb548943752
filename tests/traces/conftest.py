"""One call that ingests a folder and reads both tables back."""

from pathlib import Path

import polars as pl
import pytest

from tests.traces.helpers import Ingest, Ingested
from topicsmith.progress import SilentProgress
from topicsmith.project import TraceSettings
from topicsmith.tables import read_queries
from topicsmith.traces.ingest import ingest


@pytest.fixture
def run(tmp_path: Path) -> Ingest:
    """Ingest what ``tmp_path`` holds, with the keys of ``traces`` as arguments."""

    def call(path: str | list[str], **settings: object) -> Ingested:
        model = TraceSettings.model_validate({"path": path, **settings})
        out = tmp_path / "out"
        out.mkdir(exist_ok=True)
        queries, dropped = out / "q.parquet", out / "d.parquet"
        summary = ingest(model, tmp_path, queries, dropped, SilentProgress())
        return Ingested(summary, read_queries(queries), pl.read_parquet(dropped).to_dicts())

    return call
