"""Whether another wording alters answers, told by a sample."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.labels.carry_over.test_earlier_answers import NEW, OLD, SETTINGS, labelled, now
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.labels.carry_over.earlier_answers import keep_taxonomies
from topicsmith.labels.carry_over.effects import edit_effects
from topicsmith.labels.carry_over.wording_sample import WordingSample, sample_answers
from topicsmith.progress import SilentProgress
from topicsmith.testing.model_server import ScriptedServer

SAYS: dict[str, str] = {}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    with ScriptedServer(lambda question: SAYS["all"]) as found:
        monkeypatch.setenv("VLLM_BASE_URL", f"{found.url}/v1")
        yield found


def sampled(folder: Path, size: int, put_up: Mapping[str, str] | None = None) -> WordingSample:
    run = labelled(folder / "run")
    keep_taxonomies(run, now(OLD), [])
    _, earlier = edit_effects(run, SETTINGS, "p", NEW, ())
    settings = SETTINGS.model_copy(update={"annotators": ["vllm:m"]})
    asking = AnnotatorContext(NEW, settings, folder, folder / "ledger.sqlite", SilentProgress())
    return sample_answers(asking, run, earlier.put_up if put_up is None else put_up, earlier.steps, size)


def test_rows_of_reworded_topics_are_asked_about_and_what_is_altered_is_counted(
    tmp_path: Path, server: ScriptedServer
) -> None:
    SAYS["all"] = '{"topic": "B"}'
    found = sampled(tmp_path, 10)
    assert (found.of, found.rows, found.altered, server.calls) == ("the rows of reworded topics", 1, 0, 1)
    assert found.lines == [
        "sample: 1 of the rows of reworded topics",
        "  vllm:m: 0 of 1 answers are others now, at most 79.3 % of such rows (95 %)",
        "sample: the change alters no answer on these rows",
    ]


def test_altered_answers_are_counted_under_the_names_of_today(tmp_path: Path, server: ScriptedServer) -> None:
    SAYS["all"] = '{"topic": "A2"}'
    # Nothing is reworded: the three rows are those that go on. Two said 'A', which is 'A2' now, one said 'B'.
    found = sampled(tmp_path, 10, {})
    assert (found.of, found.rows, found.altered) == ("the rows whose topics go on", 3, 1)
    assert server.calls == 2  # two rows have one text
    assert found.lines[1].startswith("  vllm:m: 1 of 3 answers are others now, at most")


def test_nobody_to_ask_is_said() -> None:
    assert WordingSample("rows", 3, ()).lines == [
        "sample: nobody can be asked: labels come from columns or from the data, which know no descriptions"
    ]
    assert WordingSample("rows", 0, ()).lines == [
        "sample: no row that was labelled before can be asked again under today's topics"
    ]
