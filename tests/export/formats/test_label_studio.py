"""Tasks and the configuration that they fit into."""

import json
from pathlib import Path
from xml.etree import ElementTree

from tests.export.formats.sample_rows import NASTY, TOPICS, rows_of, written
from topicsmith.export.formats.label_studio import labelling_config


def test_label_studio_tasks_fit_their_configuration(tmp_path: Path) -> None:
    rows = rows_of(NASTY)
    folder = written(tmp_path, "label-studio", rows)
    config = ElementTree.parse(folder / "config.xml").getroot()
    choices = config.find("Choices")
    assert choices is not None
    assert [choice.get("value") for choice in choices] == list(TOPICS)
    assert (folder / "config.xml").read_text() == labelling_config(rows)
    tasks = json.loads((folder / "tasks.json").read_text())
    for task, row in zip(tasks, rows.table.iter_rows(named=True), strict=True):
        assert task["data"]["text"] == row["text"]
        if row["topic"] is None:
            assert "predictions" not in task
            continue
        [prediction] = task["predictions"]
        [result] = prediction["result"]
        assert (result["from_name"], result["to_name"]) == (choices.get("name"), choices.get("toName"))
        assert result["value"] == {"choices": [row["topic"]]}
        assert prediction["score"] == 0.5
