"""Each kind of edit on a labelled BANKING77 project: rows carried over, put up and asked again, as worked out by hand.

58 intents with four rows each, six rows that are out of scope and two on which the first annotator gives no topic make
240 rows. The second annotator takes row 3 of each intent for the next intent, so that an intent is named in five rows:
its own four and row 3 of the one before. Two annotators make two calls a row.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest
import yaml

from tests.test_pipeline import run
from topicsmith.progress import SilentProgress
from topicsmith.runs import RunFolder
from topicsmith.stages.taxonomy_edit import TopicsOfProject, apply_as_it_is
from topicsmith.testing.model_server import AskedQuestion, Reply, ScriptedServer

STAGES = ["ingest", "label", "agree"]
SOURCE = Path(__file__).parent.parent.parent / "examples" / "banking77" / "taxonomy.yaml"
NAMES = [name for name in yaml.safe_load(SOURCE.read_text())["topics"] if isinstance(name, str)]
INTENTS: list[dict[str, object]] = [{"name": name, "description": f"about {name}"} for name in NAMES]
OUT: dict[str, object] = {"name": "oos", "description": "Whatever none of the listed intents covers", "catch_all": True}
ROWS = 58 * 4 + 6 + 2
CALLS = 2 * ROWS

PROJECT = """\
name: bank
traces: {path: rows.jsonl}
taxonomy: taxonomy.yaml
labeling: {annotators: ['vllm:first', 'vllm:second']}
candidates: [{name: tfidf, kind: linear}]
"""


@dataclass
class Bank:
    """The project, its server, and what models call an intent that an edit did away with."""

    folder: Path
    server: ScriptedServer
    now: dict[str, str] = field(default_factory=dict)

    def edit(self, topics: list[dict[str, object]], **more: object) -> None:
        """Write the taxonomy anew."""
        (self.folder / "taxonomy.yaml").write_text(yaml.safe_dump({"topics": topics, **more}, sort_keys=False))

    def calls(self) -> int:
        """How many calls it takes to bring the labels up to date."""
        before = self.server.calls
        run(self.folder, STAGES)
        return self.server.calls - before

    @property
    def counts(self) -> dict[str, object]:
        """What the manifest says of labelling."""
        found = json.loads((self.folder / "runs/bank/manifest.json").read_text())["stages"]["label"]["counts"]
        return {**found, "put_up_rows": sum(found["put_up"].values())}

    def topics(self) -> dict[str | None, int]:
        """The settled labels, counted."""
        return dict(pl.read_parquet(self.folder / "runs/bank/labels.parquet")["topic"].value_counts().iter_rows())


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ScriptedServer, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("bank")
    now: dict[str, str] = {}

    def answer(question: AskedQuestion) -> Reply:
        found = re.search(r"row (\d) of intent (\d+)", question.user)
        if found is None:
            none = "nothing at all" in question.user and question.model == "first"
            return Reply('{"topic": null}' if none else '{"topic": "oos"}', input_tokens=10, output_tokens=5)
        row, intent = int(found[1]), int(found[2])
        at = (intent + 1) % 58 if question.model == "second" and row == 3 else intent
        return Reply(json.dumps({"topic": now.get(NAMES[at], NAMES[at])}), input_tokens=10, output_tokens=5)

    texts = [f"row {row} of intent {at}" for at in range(58) for row in range(4)]
    texts += [f"what is the weather like {n}" for n in range(6)] + [f"nothing at all {n}" for n in range(2)]
    (folder / "rows.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (folder / "topicsmith.yaml").write_text(PROJECT)
    (folder / "taxonomy.yaml").write_text(yaml.safe_dump({"topics": [*INTENTS, OUT]}, sort_keys=False))
    with ScriptedServer(answer) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_BASE_URL", f"{server.url}/v1")
        run(folder, STAGES)
        assert server.calls == CALLS
        yield folder, server, now


@pytest.fixture
def bank(labelled: tuple[Path, ScriptedServer, dict[str, str]], tmp_path: Path) -> Bank:
    folder, server, now = labelled
    copy = tmp_path / "bank"
    shutil.copytree(folder, copy, symlinks=True)
    now.clear()
    return Bank(copy, server, now)


A, B, C = NAMES[10], NAMES[20], NAMES[21]


def but(*names: str, **changed: dict[str, object]) -> list[dict[str, object]]:
    """The topics without those of ``names``; ``changed`` by place."""
    return [changed.get(f"t{at}", topic) for at, topic in enumerate(INTENTS) if topic["name"] not in names]


Case = tuple[list[dict[str, object]], dict[str, str], int]
CASES: dict[str, Case] = {
    "renamed": ([*but(t10={**INTENTS[10], "name": "new name", "was": A}), OUT], {}, 0),
    "renamed by from": ([*but(t10={**INTENTS[10], "name": "new name", "from": A}), OUT], {}, 0),
    "merged": ([*but(C, t20={"name": "both", "description": "B or C", "was": [B, C]}), OUT], {}, 0),
    "reordered": ([OUT, *reversed(INTENTS)], {}, 0),
    "split": ([*but(A), {"name": "one", "from": A}, {"name": "other", "from": A}, OUT], {A: "one"}, 5),
    "carved out": ([*INTENTS, {"name": "one", "from": A}, OUT], {}, 5),
    "removed": ([*but(A), OUT], {A: "oos"}, 5),
    "reworded": ([*but(t10={**INTENTS[10], "description": "other words"}), OUT], {}, 5),
    # out of scope in six rows, and the two on which the first annotator gave no topic
    "added": ([*INTENTS, {"name": "weather", "description": "rain"}, OUT], {}, 8),
    "added, takes none": ([*INTENTS, {"name": "weather", "from": []}, OUT], {}, 0),
    # neighbours share row 3 of the first: 4 + 4 rows of their own and row 3 of intent 19
    "two reworded": (
        [*but(t20={**INTENTS[20], "description": "b"}, t21={**INTENTS[21], "description": "c"}), OUT], {}, 9,
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", CASES)
def test_rows_are_carried_over_put_up_and_asked_again_as_worked_out_by_hand(bank: Bank, kind: str) -> None:
    topics, now, put_up = CASES[kind]
    bank.now.update(now)
    bank.edit(topics, **({"removed": [A]} if kind == "removed" else {}))
    assert bank.calls() == 2 * put_up
    counts = bank.counts
    assert (counts["put_up_rows"], counts["carried_over"]) == (put_up, ROWS - put_up)
    assert counts["taxonomy"]["version"] == 2  # type: ignore[index]
    assert (counts["rows"], counts["pending"]) == (CALLS, 0)
    assert bank.calls() == 0
    assert len((bank.folder / "taxonomy.history").read_text().splitlines()) == 2


@pytest.mark.slow
def test_labels_go_by_the_names_of_today(bank: Bank) -> None:
    # Each intent has three rows on which both agree: its four but row 3.
    assert (bank.calls(), bank.topics()[A], bank.topics()["oos"]) == (0, 3, 6)
    bank.edit([*but(C, t20={"name": "both", "was": [B, C]}), OUT])
    assert bank.calls() == 0
    # Row 3 of B was disputed between B and C, which are one now: 3 + 1 + 3.
    assert bank.topics()["both"] == 7


@pytest.mark.slow
def test_edits_one_after_another_and_taken_back(bank: Bank) -> None:
    split: list[dict[str, object]] = [*but(A), {"name": "one", "from": A}, {"name": "other", "from": A}, OUT]
    bank.now[A] = "one"
    bank.edit(split)
    assert bank.calls() == 10
    renamed: list[dict[str, object]] = [*split[:-1], {**OUT, "name": "out of scope", "was": "oos"}]
    bank.edit(renamed)
    assert bank.calls() == 0
    bank.edit([*(topic for topic in renamed if topic["name"] != "other"), {"name": "Log in"}], removed=["other", A])
    # Nobody said 'other', and 'Log in' is new: the rows of the catch-all and those without a topic, eight.
    assert bank.calls() == 16
    bank.now.clear()
    bank.edit([*INTENTS, OUT])  # as it was at first: every question was asked before
    assert bank.calls() == 0
    assert bank.topics()[A] == 3


@pytest.mark.slow
def test_another_run_of_the_project_and_new_rows(bank: Bank) -> None:
    bank.edit([*but(t10={**INTENTS[10], "description": "other words"}), OUT])
    with (bank.folder / "rows.jsonl").open("a") as file:
        file.write('{"text": "row 0 of intent 5, again"}\n{"text": "row 0 of intent 6"}\n')
    project = (bank.folder / "topicsmith.yaml").read_text().replace("name: bank", "name: second")
    (bank.folder / "topicsmith.yaml").write_text(project)
    # Five rows of the reworded intent and the new one; the other new one has the text of a row that is carried over.
    assert bank.calls() == 2 * (5 + 1)


@pytest.mark.slow
def test_another_prompt_asks_all_of_today(bank: Bank) -> None:
    bank.edit([*but(t10={**INTENTS[10], "name": "new name", "was": A}), OUT])
    bank.now[A] = "new name"
    project = bank.folder / "topicsmith.yaml"
    project.write_text(project.read_text().replace("labeling: {", "labeling: {answer: xml, "))
    assert bank.calls() >= CALLS - 4
    assert bank.counts["carried_over"] == 0


@pytest.mark.slow
def test_a_run_that_ends_before_its_table_is_written_pays_nothing_twice(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.edit([*but(t10={**INTENTS[10], "description": "other words"}), OUT])
    before = bank.server.calls
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "write_table", _power_cut)
        with pytest.raises(OSError, match="power"):
            run(bank.folder, STAGES)
    assert bank.server.calls == before + 10
    assert bank.calls() == 0
    assert (bank.counts["put_up_rows"], bank.counts["carried_over"]) == (5, ROWS - 5)


def _power_cut(*_given: object) -> None:
    raise OSError("power")


def predictions(folder: Path) -> dict[str, tuple[str, object]]:
    """By query, the answers of the linear candidate to the test rows."""
    table = pl.read_parquet(folder / "runs/latest/predictions/tfidf.parquet").filter(pl.col("split") == "test")
    return {row[0]: (row[1], row[2]) for row in table.select("query_id", "topic", "confidence").iter_rows()}


@pytest.mark.slow
@pytest.mark.parametrize(
    "topics", ["[{name: Sound, was: Music}, Travel, Money]", "[Money, Music, Travel]"], ids=["renamed", "reordered"]
)
def test_renaming_and_reordering_changes_no_answer(small_project: Path, topics: str) -> None:
    run(small_project)
    before = predictions(small_project)
    project = small_project / "topicsmith.yaml"
    project.write_text(project.read_text().replace("[Music, Travel, Money]", topics))
    run(small_project)
    names = {"Music": "Sound"} if "Sound" in topics else {}
    # In another order the solver sums up in another order, which is seen in the sixth digit of a confidence.
    assert predictions(small_project) == {
        query_id: (names.get(topic, topic), pytest.approx(sure, abs=1e-4)) for query_id, (topic, sure) in before.items()
    }


@pytest.mark.slow
def test_a_sample_tells_that_words_alter_nothing_and_its_answers_are_not_paid_again(bank: Bank) -> None:
    bank.edit([*but(t10={**INTENTS[10], "description": "other words"}), OUT])
    topics = TopicsOfProject(bank.folder)
    effects = topics.effects(topics.now)
    assert effects is not None
    assert (effects.carried, sum(effects.put_up.values()), effects.calls) == (ROWS - 5, 5, 10)
    before = bank.server.calls
    sample = topics.sample(3, SilentProgress())
    assert bank.server.calls == before + 2 * 3
    assert (sample.of, sample.rows, sample.altered) == ("the rows of reworded topics", 3, 0)
    assert [each.rows for each in sample.answers] == [3, 3]
    assert sample.lines[-1] == "sample: the change alters no answer on these rows"
    assert bank.calls() == 2 * (5 - 3)


@pytest.mark.slow
def test_words_of_the_same_meaning_ask_nothing(bank: Bank) -> None:
    bank.edit([*but(t10={**INTENTS[10], "description": "other words"}), OUT])
    done = apply_as_it_is(TopicsOfProject(bank.folder), (A,), write=True)
    assert (done.version, done.effects and dict(done.effects.put_up)) == (2, {})
    assert bank.calls() == 0
    assert bank.counts["carried_over"] == ROWS
    # What was carried over goes on being so, and a later edit is held against the words of then.
    bank.edit([*but(t10={**INTENTS[10], "description": "third words"}), OUT])
    assert bank.calls() == 10


@pytest.mark.slow
def test_a_sample_tells_what_is_altered(bank: Bank) -> None:
    bank.edit([*but(t10={**INTENTS[10], "description": "other words"}), OUT])
    bank.now[A] = B
    sample = TopicsOfProject(bank.folder).sample(100, SilentProgress())
    # Both named A in three rows; in its row 3 the first alone, and in the row 3 before it the second alone.
    assert (sample.rows, [each.altered for each in sample.answers]) == (5, [4, 4])
