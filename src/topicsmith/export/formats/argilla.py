"""Argilla 2's dataset on disk: ``records.json`` and the settings of a dataset with one question, ``topic``.

A question has one suggestion: the label, or what the classifier answered. What each annotator said is metadata.
"""

from pathlib import Path
from typing import Any

import orjson

from topicsmith.export.formats import RowFormat
from topicsmith.export.rows import ANNOTATOR, ExportRows

_FIELD = "text"
_QUESTION = "topic"


def _write(rows: ExportRows, path: Path) -> None:
    (path / ".argilla").mkdir(parents=True)
    (path / ".argilla" / "settings.json").write_bytes(orjson.dumps(_settings(rows), option=orjson.OPT_INDENT_2))
    (path / ".argilla" / "dataset.json").write_bytes(orjson.dumps({"name": rows.name, "status": "ready"}))
    records = [_record(row, rows) for row in rows.table.iter_rows(named=True)]
    (path / "records.json").write_bytes(orjson.dumps(records))


def _settings(rows: ExportRows) -> dict[str, Any]:
    labels = [{"value": topic, "text": topic, "description": None} for topic in rows.topics]
    question = {
        "name": _QUESTION,
        "title": "Which topic is it?",
        "description": None,
        "required": True,
        "settings": {"type": "label_selection", "options": labels, "visible_options": None},
    }
    return {
        "guidelines": "Choose the topic of the text.",
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
        "fields": [
            {
                "name": _FIELD,
                "title": "Text",
                "required": True,
                "description": None,
                "settings": {"type": "text", "use_markdown": False},
            }
        ],
        "questions": [question],
        "metadata": [],
        "vectors": [],
    }


def _record(row: dict[str, Any], rows: ExportRows) -> dict[str, Any]:
    agent = rows.candidate or "topicsmith"
    score = row["confidence"] if row["confidence"] is not None else row.get("score")
    suggestion = {"value": row["topic"], "score": score, "agent": agent}
    more = {key: value for key, value in row.items() if value is not None and _is_metadata(key)}
    return {
        "id": row["query_id"],
        "fields": {_FIELD: row["text"]},
        "metadata": more,
        "suggestions": {} if row["topic"] is None else {_QUESTION: suggestion},
        "responses": {},
        "vectors": {},
        "status": "pending",
    }


def _is_metadata(column: str) -> bool:
    return column in {"split", "origin", "true_topic", "given_topic", "status"} or column.startswith(ANNOTATOR)


FORMAT = RowFormat("argilla", _write, folder=True, hint="argilla.Dataset.from_disk('PATH') reads it")
