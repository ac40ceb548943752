"""Answers given under earlier versions of the topics, and which of them still stand."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.taxonomy_changes.test_compare import taxonomy_of
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.carry_over.earlier_answers import (
    ASKED_BEFORE,
    AskedNow,
    WithEarlierAnswers,
    asked_under,
    earlier_answers,
    keep_taxonomies,
    with_earlier,
)
from topicsmith.records import Annotation, Query, Usage
from topicsmith.runs import RunFolder
from topicsmith.tables import ANNOTATIONS, QUERIES, annotation_row, query_row
from topicsmith.taxonomy import Taxonomy, Topic, to_document

OLD = taxonomy_of("A", "B", "Other", catch_all="Other")
NEW = taxonomy_of(Topic("A2", was=("A",)), Topic("B", "about b"), "Other", catch_all="Other")
SETTINGS = LabelingSettings(annotators=["vllm:m", "table:t"])
QUERIES_OLD = [Query("1", "one", "1"), Query("2", "two", "2"), Query("3", "one", "3")]


def now(taxonomy: Taxonomy, settings: LabelingSettings = SETTINGS, prompt: str = "p") -> AskedNow:
    return AskedNow(taxonomy, (), asked_under(settings, prompt, taxonomy))


def labelled(folder: Path, *, named_by: str | None = OLD.version_digest, under: str | None = "") -> RunFolder:
    """A run whose three queries one model answered under the old topics, two of the same text."""
    run = RunFolder(folder)
    folder.mkdir()
    run.write_table("queries.parquet", [query_row(query) for query in QUERIES_OLD], QUERIES)
    asked = now(OLD).under["vllm:m"] if under == "" else under
    rows = [
        Annotation(query_id, "vllm:m", topic, None, "labelled", usage=usage, asked_under=asked, named_by=named_by)
        for query_id, topic, usage in (
            ("1", "A", Usage(9, 1, cost_usd=0.5)),
            ("2", "B", Usage(9, 1, cost_usd=0.5)),
            ("3", "A", Usage(0, 0, cost_usd=0.0)),
        )
    ]
    run.write_table("annotations.parquet", [annotation_row(row) for row in rows], ANNOTATIONS)
    return run


def test_paid_annotators_have_a_hash_of_what_their_answers_rest_on() -> None:
    under = now(OLD).under
    assert set(under) == {"vllm:m"}
    assert under["vllm:m"].startswith(f"{OLD.digest}:")
    assert now(OLD, prompt="q").under != under
    assert now(OLD, SETTINGS.model_copy(update={"answer": "xml"})).under != under
    assert now(OLD, SETTINGS.model_copy(update={"budget_usd": 3.0})).under == under
    adjudicated = LabelingSettings(annotators=["table:t", "vllm:m"], adjudicator="vllm:judge")
    assert set(now(OLD, adjudicated).under) == {"vllm:m", "vllm:judge"}


def test_what_stands_goes_by_todays_names_and_the_rest_is_put_up(tmp_path: Path) -> None:
    run = labelled(tmp_path / "run")
    keep_taxonomies(run, now(OLD), [])
    more = [*QUERIES_OLD, Query("4", "one", "4"), Query("5", "new", "5")]
    found = earlier_answers(run, more, now(NEW))
    kept = found.kept["vllm:m"]
    assert {query_id: answer.topic for query_id, answer in kept.items()} == {"1": "A2", "3": "A2", "4": "A2"}
    assert [kept[query_id].usage.cost_usd for query_id in ("1", "3", "4")] == [0.5, 0.0, 0.0]
    assert dict(found.put_up) == {"2": "'B' was reworded"}
    assert (found.carried, found.reasons) == (3, {"'B' was reworded": 1})


def test_nothing_stands_where_the_question_is_today_s_or_was_another(tmp_path: Path) -> None:
    run = labelled(tmp_path / "run")
    keep_taxonomies(run, now(OLD), [])
    assert earlier_answers(run, QUERIES_OLD, now(OLD)).carried == 0  # the ledger has these
    other = earlier_answers(run, QUERIES_OLD, now(NEW, prompt="another"))
    assert (other.carried, dict(other.put_up)) == (0, {})


def test_names_that_nobody_knows_any_more_are_not_guessed(tmp_path: Path) -> None:
    run = labelled(tmp_path / "run", named_by="0" * 16)
    assert earlier_answers(run, QUERIES_OLD, now(NEW)).carried == 0


@pytest.mark.parametrize(("asked", "carried"), [(OLD, 2), (taxonomy_of("X", "Y"), 0)])
def test_a_run_of_an_earlier_version_of_topicsmith(tmp_path: Path, asked: Taxonomy, carried: int) -> None:
    run = labelled(tmp_path / "run", named_by=None, under=None)
    run.write_json(ASKED_BEFORE, to_document(asked))
    assert earlier_answers(run, QUERIES_OLD, now(NEW)).carried == carried


class Asked:
    """Answers 'B', and notes whom it was asked about."""

    name = "vllm:m"

    def __init__(self) -> None:
        self.queries: list[str] = []
        self.stopped = False

    def annotate(self, queries: Sequence[Query]) -> Iterator[Annotation]:
        self.queries += [query.query_id for query in queries]
        yield from (Annotation(query.query_id, self.name, "B", None, "labelled") for query in queries)

    def stop(self) -> None:
        self.stopped = True


def test_an_annotator_is_asked_about_what_it_has_no_answer_to() -> None:
    inner, kept = Asked(), Annotation("1", "vllm:m", "A2", None, "labelled", asked_under="then")
    annotator = WithEarlierAnswers(inner, {"1": kept}, "today")
    answers = {answer.query_id: (answer.topic, answer.asked_under) for answer in annotator.annotate(QUERIES_OLD)}
    assert answers == {"1": ("A2", "then"), "2": ("B", "today"), "3": ("B", "today")}
    assert inner.queries == ["2", "3"]
    assert list(annotator.annotate(QUERIES_OLD[:1])) == [kept]
    assert inner.queries == ["2", "3"]
    annotator.stop()
    assert inner.stopped


def test_annotators_that_cost_nothing_are_left_as_they_are(tmp_path: Path) -> None:
    given = Asked()
    given.name = "table:t"
    run = labelled(tmp_path / "run")
    keep_taxonomies(run, now(OLD), [])
    first, second = with_earlier([Asked(), given], earlier_answers(run, QUERIES_OLD, now(NEW)), now(NEW))
    assert (type(first), second) == (WithEarlierAnswers, given)


def test_taxonomies_are_kept_that_the_table_goes_by(tmp_path: Path) -> None:
    run = labelled(tmp_path / "run")
    keep_taxonomies(run, now(OLD), [])
    keep_taxonomies(run, now(NEW), [Annotation("1", "vllm:m", "A", None, "labelled", named_by=OLD.version_digest)])
    third = replace(NEW, removed=("Z",))
    keep_taxonomies(run, now(third), [Annotation("1", "x", "A2", None, "labelled", named_by=NEW.version_digest)])
    assert set(run.read("asked_taxonomies.json", dict[str, object])) == {NEW.version_digest, third.version_digest}
