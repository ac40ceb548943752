"""A ledger that commit a9429ae wrote opens, and nothing in it is asked or paid for again."""

import json
import shutil
from pathlib import Path

from tests.faults.labelling import annotator, queries
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer

LEDGER = Path(__file__).parents[1] / "llm" / "ledger" / "data" / "a9429ae"


def never(question: AskedQuestion) -> Reply:
    raise AssertionError(f"asked again: {question.user}")


def test_a_ledger_of_an_earlier_version_is_paid_for(tmp_path: Path) -> None:
    """It holds answers, a refusal, a topic off the list, and answers cut off that were asked for once more."""
    shutil.copy(LEDGER / "ledger.sqlite", tmp_path / "ledger.sqlite")
    then = json.loads((LEDGER / "ledger.json").read_text())
    with ScriptedServer(never) as server:
        for scheme, said in then.items():
            found = annotator(server.url, tmp_path, scheme).annotate(queries(6))
            assert sorted([a.query_id, a.topic, a.status] for a in found) == said
        assert server.calls == 0
