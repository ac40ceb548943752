from pathlib import Path

import orjson
import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner

from topicsmith.cli.main import app
from topicsmith.errors import ProjectError


def _bench(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["bench", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_address_with_texts_from_a_file(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/v1/classify").respond_with_json({"predictions": [{"topic": "a", "status": "ok"}]})
    lines = tmp_path / "texts.txt"
    lines.write_text("one\n\ntwo\n")
    arguments = [httpserver.url_for(""), "--texts", str(lines), "--concurrency", "1,2", "--seconds", "0.2", "-q"]
    results = orjson.loads(_bench(*arguments, "--json"))
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
        (["."], "holds no texts"),
        ([".", "--concurrency", "0"], "--concurrency '0'"),
    ],
)
def test_what_cannot_be_used_is_said(arguments: list[str], said: str) -> None:
    with pytest.raises(ProjectError, match=said):
        CliRunner().invoke(app, ["bench", *arguments], catch_exceptions=False)
