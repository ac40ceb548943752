"""The files of the tables."""

import csv
import json
from pathlib import Path

from topicsmith.report.content import read_content
from topicsmith.report.tables.catalogue import tables_of, write_tables
from topicsmith.runs import RunFolder


def test_every_table_is_written_twice(run: RunFolder, tmp_path: Path) -> None:
    content = read_content(run, "my-topics")
    written = write_tables(content, tmp_path / "tables")
    assert written == sorted(path.name for path in (tmp_path / "tables").iterdir())
    assert len(written) == 2 * len(tables_of(content))
    assert {"leaderboard.csv", "confusion.json", "stages.csv", "published.json"} <= set(written)
    fewer = write_tables(read_content(run, "my-topics", published=False), tmp_path / "tables")
    assert fewer == sorted(path.name for path in (tmp_path / "tables").iterdir())
    assert "published.json" not in fewer


def test_formulas_are_defused_in_csv_and_exact_in_json(run: RunFolder, tmp_path: Path) -> None:
    write_tables(read_content(run, "my-topics"), tmp_path)
    formula = '=HYPERLINK("http://127.0.0.1/","x")'
    with (tmp_path / "confusions.csv").open(newline="") as file:
        cells = next(row for row in csv.DictReader(file) if row["predicted"] == "Travel" and row["truth"] == "Banking")
    assert cells["example_3"] == "'" + formula
    rows = json.loads((tmp_path / "confusions.json").read_text())
    assert rows[0]["example_3"] == formula


def test_the_leaderboard_has_the_interval_and_the_tie(run: RunFolder, tmp_path: Path) -> None:
    write_tables(read_content(run, "my-topics"), tmp_path)
    rows = json.loads((tmp_path / "leaderboard.json").read_text())
    assert [(r["candidate"], r["accuracy"], r["accuracy_low"], r["tied_with_best"]) for r in rows] == [
        ("minilm", 0.82, 0.733, True), ("tfidf", 0.8, 0.711, True), ("majority", 0.5, 0.404, False),
    ]  # fmt: skip
