"""A folder that the library argilla reads."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_httpserver import HTTPServer

from tests.export.formats.sample_rows import NASTY, TOPICS, rows_of, written

READS = """
import json, sys
from argilla import Settings
from argilla.records._io import JsonIO
settings = Settings.from_json(sys.argv[1] + "/.argilla/settings.json")
records = JsonIO._records_from_json(sys.argv[1] + "/records.json")
print(json.dumps([
    [field.name for field in settings.fields],
    settings.questions["topic"].labels,
    [[r.id, r.fields["text"], [s.value for s in r.suggestions], dict(r.metadata)] for r in records],
]))
"""


@pytest.mark.slow
def test_it_is_what_argilla_reads(tmp_path: Path, httpserver: HTTPServer) -> None:
    me = {"id": str(uuid4()), "username": "somebody", "role": "owner", "first_name": "S", "last_name": None}
    httpserver.expect_request("/api/v1/me").respond_with_json(me)  # argilla reads nothing without a server
    address = {"ARGILLA_API_URL": httpserver.url_for(""), "ARGILLA_API_KEY": "not-a-key"}
    rows = rows_of(NASTY)
    folder = written(tmp_path, "argilla", rows)
    command = [sys.executable, "-c", READS, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **address})
    assert done.returncode == 0, done.stderr[-2000:]
    fields, labels, records = json.loads(done.stdout.splitlines()[-1])
    assert (fields, labels) == (["text"], list(TOPICS))
    for record, row in zip(records, rows.table.iter_rows(named=True), strict=True):
        own, text, suggested, metadata = record
        assert (own, text, metadata["split"]) == (row["query_id"], row["text"], row["split"])
        assert suggested == ([row["topic"]] if row["topic"] else [])
