import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.discovery.clouds import CloudTexts, cloud
from topicsmith.discovery import first_taxonomy as module
from topicsmith.discovery.first_taxonomy import first_taxonomy
from topicsmith.errors import UserError
from topicsmith.progress import SilentProgress
from topicsmith.project import TraceSettings

WORDS = ("gardening", "football", "chemistry", "weather")


def logs(folder: Path, texts: Sequence[str]) -> TraceSettings:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps({"id": f"r{at}", "text": text}) + "\n" for at, text in enumerate(texts)))
    return TraceSettings.model_validate({"path": "rows.jsonl", "text": "text"})


@pytest.fixture(autouse=True)
def in_clouds(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model is read."""
    monkeypatch.setattr(module, "kept_vectors", lambda *_: CloudTexts())


def test_what_questions_have_in_common_becomes_topics_the_largest_first(tmp_path: Path) -> None:
    texts = [text for at, word in enumerate(WORDS) for text in cloud(word, 60 - 10 * at)]
    found = first_taxonomy(logs(tmp_path, texts), tmp_path, "minilm", SilentProgress())
    assert [topic.name for topic in found.taxonomy.topics] == ["Gardening", "Football", "Chemistry", "Weather", "Other"]
    assert found.taxonomy.catch_all == "Other"
    assert found.rows == (60, 50, 40, 30)
    assert found.looked_at == 180
    assert all(len(topic.examples) == 5 for topic in found.taxonomy.topics[:-1])
    assert set(found.taxonomy.topics[0].examples) <= set(texts[:60])


def test_logs_without_groups_say_so(tmp_path: Path) -> None:
    texts = [f"stray {'abcdefghij'[number % 10]}{number}x" for number in range(40)]
    with pytest.raises(UserError, match="40 different questions fall into no two groups"):
        first_taxonomy(logs(tmp_path, texts), tmp_path, "minilm", SilentProgress())
