"""One row per query and annotator, whatever annotators do."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pytest

from topicsmith.errors import BudgetSpentError, ProjectError, UpstreamError
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.annotate import annotate, make_annotators
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.progress import SilentProgress
from topicsmith.records import Annotation, Query

_QUERIES = [Query(f"q{n}", "text", f"t{n}") for n in range(4)]


@dataclass
class _Scripted:
    name: str
    answers: Sequence[str | Exception]

    def annotate(self, queries: Sequence[Query]) -> Iterator[Annotation]:
        for answer in self.answers:
            if isinstance(answer, Exception):
                raise answer
            yield Annotation(answer, self.name, "A", None, "labelled")


def test_rows_stand_by_query_then_annotator_and_what_is_missing_is_pending() -> None:
    annotators = [_Scripted("b:late", ["q3", "q0"]), _Scripted("a:all", ["q0", "q1", "q2", "q3"])]
    found = annotate(annotators, _QUERIES, SilentProgress())
    assert [(a.query_id, a.annotator) for a in found] == [
        (f"q{n}", name) for n in range(4) for name in ("b:late", "a:all")
    ]
    assert [a.status for a in found if a.annotator == "b:late"] == ["labelled", "pending", "pending", "labelled"]


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (["q0", "q0"], "'a:x' answered the query 'q0' twice"),
        (["q9"], "'a:x' answered 'q9', which it was not asked"),
    ],
)
def test_an_annotator_that_miscounts_is_stopped(answers: list[str], message: str) -> None:
    with pytest.raises(UpstreamError, match=message):
        annotate([_Scripted("a:x", answers)], _QUERIES, SilentProgress())


@pytest.mark.slow
def test_the_error_of_one_annotator_reaches_the_caller_and_stops_the_others() -> None:
    seen = threading.Event()

    class Endless:
        name = "b:endless"

        def annotate(self, queries: Sequence[Query]) -> Iterator[Annotation]:
            try:
                while True:
                    yield Annotation(queries[0].query_id, self.name, "A", None, "labelled")
                    seen.wait(0.01)
            finally:
                seen.set()

    class Patient(Endless):
        def annotate(self, queries: Sequence[Query]) -> Iterator[Annotation]:
            for number in range(100_000):
                query = replace(queries[0], query_id=f"q{number}")
                yield Annotation(query.query_id, self.name, "A", None, "labelled")
                seen.wait(0.001)
            raise AssertionError("was not stopped")

    many = [Query(f"q{n}", "text", f"t{n}") for n in range(100_000)]
    with pytest.raises(BudgetSpentError):
        annotate([_Scripted("a:x", [BudgetSpentError("spent")]), Patient()], many, SilentProgress())
    assert [t.name for t in threading.enumerate() if t.name == "b:endless"] == []


def test_nobody_annotates_nothing() -> None:
    assert annotate([], _QUERIES, SilentProgress()) == []


def test_annotators_come_through_the_entry_points(context: AnnotatorContext) -> None:
    named = replace(context, settings=LabelingSettings(annotators=["local:keywords", "table:model"]))
    assert [annotator.name for annotator in make_annotators(named)] == ["local:keywords", "table:model"]
    unknown = replace(context, settings=LabelingSettings(annotators=["nobody:x"]))
    with pytest.raises(ProjectError, match="unknown annotator 'nobody'"):
        make_annotators(unknown)
