from pathlib import Path

import orjson
import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner

from topicsmith.classifiers.base import FitContext
from topicsmith.classifiers.model_folder import candidate_kind, save_classifier
from topicsmith.cli.bench import _tokens_by_prompt
from topicsmith.cli.main import app
from topicsmith.errors import ProjectError
from topicsmith.progress import SilentProgress
from topicsmith.records import Example, Query, TrainSet, ValidationSet
from topicsmith.runs import RunFolder
from topicsmith.tables import QUERIES, SPLITS, query_row
from topicsmith.taxonomy import Taxonomy, Topic


def _bench(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["bench", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.slow
def test_an_address_with_texts_from_a_file(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/classify").respond_with_json({"predictions": [{"topic": "a", "status": "ok"}]})
    lines = tmp_path / "texts.txt"
    lines.write_text("one\n\ntwo\n")
    arguments = [
        httpserver.url_for(""),
        "--texts",
        str(lines),
        "--concurrency",
        "1,2",
        "--seconds",
        "0.2",
        "--at-most",
        "0.2",
        "-q",
    ]
    results = orjson.loads(_bench(*arguments, "--json"))["results"]
    assert [(r["loop"], r["concurrency"], r["failures"]) for r in results] == [
        ("closed", 1, {}),
        ("open", 1, {}),
        ("closed", 2, {}),
        ("open", 2, {}),
    ]
    sent = {orjson.loads(request.data)["texts"][0] for request, _ in httpserver.log}
    assert sent == {"one", "two"}
    table = _bench(*arguments)
    assert table.startswith("loop")
    assert "none of" in table


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["http://127.0.0.1:9"], "--texts is needed with an address"),
        (["."], "contains no texts"),
        ([".", "--concurrency", "0"], "--concurrency '0'"),
    ],
)
def test_what_cannot_be_used_is_said(arguments: list[str], said: str) -> None:
    with pytest.raises(ProjectError, match=said):
        CliRunner().invoke(app, ["bench", *arguments], catch_exceptions=False)


def test_tokens_are_told_by_prompt_version(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"format": 1, "stages": {}, "files": {}}')
    board = [
        {"candidate": "qwen-v3", "prompt": "v3", "output_tokens_mean": 120.25},
        {"candidate": "tfidf", "prompt": None, "output_tokens_mean": None},
        {"candidate": "qwen-v1", "prompt": "v1", "output_tokens_mean": 11.0},
    ]
    (tmp_path / "leaderboard.json").write_bytes(orjson.dumps(board))
    lines = _tokens_by_prompt(tmp_path)
    assert [line.split() for line in lines[2:]] == [["v1", "11.0", "qwen-v1"], ["v3", "120.2", "qwen-v3"]]
    assert _tokens_by_prompt(None) == []


def test_a_classifier_of_a_run_is_measured_and_its_figures_stay(tmp_path: Path) -> None:
    """A model folder in the shape of a run: the majority kind needs no training library."""
    run = RunFolder(tmp_path)
    rows = tuple(Example(f"q{i}", f"text {i}", "a" if i else "b") for i in range(5))
    taxonomy = Taxonomy((Topic("a"), Topic("b")))
    context = FitContext(taxonomy, tmp_path, tmp_path / "ledger.sqlite", tmp_path, SilentProgress())
    kind = candidate_kind("majority")
    settings = kind.Settings(name="most", kind="majority")
    classifier = kind.fit(settings, TrainSet(rows), ValidationSet(()), context)
    save_classifier(classifier, "majority", run.classifier("most"), "# card\n", {})
    run.manifest.write_text('{"format": 1, "stages": {}, "files": {}}')
    run.write_json("leaderboard.json", [{"candidate": "most", "prompt": None, "output_tokens_mean": None}])
    run.write_json("choice.json", {"candidate": "most", "reason": "the only one", "next_step": ""})
    run.write_table("queries.parquet", [query_row(Query(r.query_id, r.text, "t")) for r in rows], QUERIES)
    run.write_table("splits.parquet", [(r.query_id, "test", None, 1) for r in rows], SPLITS)
    results = orjson.loads(
        _bench(str(tmp_path), "--concurrency", "1", "--seconds", "0.1", "--precision", "1", "-q", "--json")
    )["results"]
    assert results[0]["texts_per_s"] > 0
    assert results[0]["memory_mb"] > 10
    assert orjson.loads((tmp_path / "bench.json").read_bytes()) == {"most": results}


@pytest.mark.slow
def test_an_addresss_figures_are_kept_as_those_of_the_candidate_that_stands_behind_it(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/v1/classify").respond_with_json({"predictions": [{"topic": "a", "status": "ok"}]})
    run = RunFolder(tmp_path)
    run.manifest.write_text('{"format": 1, "stages": {}, "files": {}}')
    run.write_json("leaderboard.json", [{"candidate": "most", "prompt": "v1", "output_tokens_mean": 7.0}])
    run.write_table("queries.parquet", [query_row(Query("q", "text", "t"))], QUERIES)
    run.write_table("splits.parquet", [("q", "test", None, 1)], SPLITS)
    arguments = [httpserver.url_for(""), "--texts", str(tmp_path), "--concurrency", "1", "--seconds", "0.1",
                 "--at-most", "0.1", "-q"]  # fmt: skip
    table = _bench(*arguments)
    assert table.splitlines()[-1].split() == ["v1", "7.0", "most"]
    assert not run.file("bench.json").exists()  # nobody said what stands behind the address
    results = orjson.loads(_bench(*arguments, "--candidate", "most", "--json"))["results"]
    assert orjson.loads(run.file("bench.json").read_bytes()) == {"most": results}
    assert results[0]["memory_mb"] is None or results[0]["memory_mb"] > 10  # the server is on this machine
    with pytest.raises(ProjectError, match="--candidate 'least' is not in the run; it has: most"):
        CliRunner().invoke(app, ["bench", *arguments, "--candidate", "least"], catch_exceptions=False)


def test_an_address_where_nothing_listens_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("one\n")
    arguments = ["bench", "http://127.0.0.1:9/", "--texts", str(tmp_path / "texts.txt"), "-q"]
    with pytest.raises(ProjectError, match=r"127\.0\.0\.1:9/: nothing answers there; start the server, or correct"):
        CliRunner().invoke(app, arguments, catch_exceptions=False)
