"""Label Studio's JSON import: tasks, each with a prediction to confirm or correct, and the labelling configuration."""

from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import orjson

from topicsmith.export.formats import RowFormat
from topicsmith.export.rows import ExportRows


def _write(rows: ExportRows, path: Path) -> None:
    tasks = [_task(row, rows) for row in rows.table.iter_rows(named=True)]
    path.mkdir()
    (path / "tasks.json").write_bytes(orjson.dumps(tasks, option=orjson.OPT_INDENT_2))
    (path / "config.xml").write_text(labelling_config(rows), encoding="utf-8")


def _task(row: dict[str, Any], rows: ExportRows) -> dict[str, Any]:
    task: dict[str, Any] = {"data": {key: value for key, value in row.items() if value is not None}}
    if row["topic"] is not None:
        result = {"from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": [row["topic"]]}}
        prediction: dict[str, Any] = {"model_version": rows.candidate or "topicsmith", "result": [result]}
        score = row["confidence"] if row["confidence"] is not None else row.get("score")
        if score is not None:
            prediction["score"] = score
        task["predictions"] = [prediction]
    return task


def labelling_config(rows: ExportRows) -> str:
    """The configuration of a project that these tasks fit into."""
    choices = "\n".join(f"    <Choice value={quoteattr(topic)}/>" for topic in rows.topics)
    return (
        '<View>\n  <Text name="text" value="$text"/>\n  <Choices name="topic" toName="text" choice="single">\n'
        f"{choices}\n  </Choices>\n</View>\n"
    )


FORMAT = RowFormat(
    "label-studio",
    _write,
    folder=True,
    hint="paste PATH/config.xml as the labelling configuration of a Label Studio project, then import PATH/tasks.json",
)
