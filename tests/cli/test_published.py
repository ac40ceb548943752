import orjson
from typer.testing import CliRunner

from topicsmith.cli.main import app


def test_one_command_prints_what_differs_significantly() -> None:
    result = CliRunner().invoke(app, ["published"])
    assert result.exit_code == 0
    assert (
        "Best by accuracy: Qwen3-14B, v3; not significantly different from it: GPT-4.1-nano, v3, DistilBERT."
        in result.stdout
    )
    assert "93.4 % [91.8, 94.7]" in result.stdout


def test_as_json() -> None:
    result = CliRunner().invoke(app, ["published", "--json"])
    document = orjson.loads(result.stdout)["reading"]
    assert len(document["pairs"]) == 36
    assert document["rows"][0]["n"] == 1155
