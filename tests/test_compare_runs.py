"""Two runs side by side."""

import json
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

from tests.cli.test_main import topicsmith
from tests.mutated_json import mutations
from tests.test_pipeline import run
from topicsmith.compare_runs import Difference, compare_runs
from topicsmith.errors import RunStateError
from topicsmith.pipeline import run_path, run_stages, stage_names
from topicsmith.progress import SilentProgress
from topicsmith.project_file import read_project
from topicsmith.runs import Manifest, RunFolder, find_run, open_run
from topicsmith.statistics.paired import mcnemar_exact


def run_named(folder: Path, name: str) -> RunFolder:
    project = read_project(folder)
    with open_run(run_path(project, name)) as opened:
        run_stages(project, opened, SilentProgress(), stage_names())
    return find_run(folder / "runs" / name)


@pytest.mark.slow
def test_two_runs_that_differ_in_one_setting_name_it(small_project: Path) -> None:
    first = run_named(small_project, "first")
    project = small_project / "topicsmith.yaml"
    project.write_text(project.read_text().replace("kind: linear}", "kind: linear, c: 0.001}"))
    second = run_named(small_project, "second")
    found = compare_runs(first, second)
    assert found.settings == (Difference("candidates.tfidf.c", 1.0, 0.001),)
    assert found.data == ()
    assert (found.labels.queries, found.labels.different) == (180, 0)
    tfidf, floor = found.scores
    assert (tfidf.candidate, floor.candidate) == ("tfidf", "floor")
    assert (floor.rows, floor.only_first, floor.only_second, floor.changed) == (54, 0, 0, False)
    # by hand: the rows that one of the two had right
    truth = dict(pl.read_parquet(first.file("queries.parquet")).select("query_id", "topic").iter_rows())
    right = [
        {row["query_id"] for row in pl.read_parquet(r.predictions("tfidf")).filter(pl.col("split") == "test").to_dicts()
         if row["topic"] == truth[row["query_id"]]}
        for r in (first, second)
    ]  # fmt: skip
    assert (tfidf.only_first, tfidf.only_second) == (len(right[0] - right[1]), len(right[1] - right[0]))
    p = mcnemar_exact(len(right[0] - right[1]), len(right[1] - right[0]))
    assert tfidf.p_adjusted == pytest.approx(min(1.0, 2 * p))  # Holm: the smaller of two, the floor's being 1

    shown = topicsmith("compare", first.path, second.path)
    assert shown.returncode == 0, shown.stderr
    assert "  candidates.tfidf.c: 1.0 -> 0.001\n" in shown.stdout
    assert "data: the same counts\n" in shown.stdout
    assert "labels: 0 of 180 shared queries differ\n" in shown.stdout
    assert "  floor: " in shown.stdout
    document = json.loads(topicsmith("compare", first.path, second.path, "--json").stdout)
    assert document["comparison"]["settings"] == [{"name": "candidates.tfidf.c", "first": 1.0, "second": 0.001}]


@pytest.mark.slow
def test_other_rows_other_labels_and_settings_that_were_not_kept(small_project: Path) -> None:
    first = run_named(small_project, "first")
    rows = small_project / "rows.jsonl"
    lines = rows.read_text().splitlines()[:-20]
    rows.write_text("\n".join(lines).replace('"first": "Music"', '"first": "Travel"') + "\n")
    second = run_named(small_project, "second")
    second.file("settings.json").unlink()
    found = compare_runs(first, second)
    assert found.settings is None
    assert found.data[0] == Difference("queries", 180, 160)
    assert found.labels.queries == 160
    assert found.labels.different > 0
    assert found.labels.labelled_second < found.labels.labelled_first


def test_a_run_without_scores_is_named(small_project: Path) -> None:
    run(small_project, ["ingest", "label", "agree", "split"])
    folder = find_run(small_project)
    folder.write_json("choice.json", {"candidate": None, "reason": "", "next_step": ""})
    with pytest.raises(RunStateError, match="was not evaluated; 'topicsmith run' does it"):
        compare_runs(folder, folder)


@pytest.mark.parametrize("name", ["evaluations.json", "choice.json", "settings.json", "manifest.json"])
@pytest.mark.slow
def test_security_k20_a_run_mutated_in_any_document_is_compared_or_one_line(small_project: Path, name: str) -> None:
    run(small_project)
    folder = find_run(small_project)
    if not folder.file(name).is_file():
        pytest.fail(f"no {name}")
    for mutated in [*mutations(folder.read_json(name))][::5]:
        folder.file(name).write_bytes(mutated)
        with suppress(RunStateError):
            Manifest(folder)
            compare_runs(folder, folder)
