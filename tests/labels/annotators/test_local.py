"""Annotators without keys."""

from dataclasses import replace

import pytest

from topicsmith.errors import ProjectError
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.labels.annotators.local import make
from topicsmith.records import Query
from topicsmith.taxonomy import Taxonomy, Topic

_TOPICS = (Topic("Weather", "rain and sun"), Topic("Food", "something to eat"))
_QUERIES = [Query(f"q{n}", text, f"t{n}") for n, text in enumerate(["sun or rain?", "EAT", "xyzzy plugh"])]


@pytest.mark.parametrize("method", ["keywords", "similarity"])
def test_answers_are_topics_in_order_and_the_same_each_time(context: AnnotatorContext, method: str) -> None:
    annotator = make(method, replace(context, taxonomy=Taxonomy(_TOPICS)))
    found = list(annotator.annotate(_QUERIES))
    assert [a.topic for a in found[:2]] == ["Weather", "Food"]
    assert found == list(annotator.annotate(_QUERIES))
    assert {(a.annotator, a.requested_model) for a in found} == {(f"local:{method}", f"local:{method}")}
    assert {a.latency_s for a in found} == {None}


def test_the_two_methods_are_different_models(context: AnnotatorContext) -> None:
    served = {a.served_model for m in ("keywords", "similarity") for a in make(m, context).annotate(_QUERIES)}
    assert served == {"tf-idf words", "sentence-transformers/all-MiniLM-L6-v2"}


def test_what_fits_nowhere_abstains_or_goes_to_the_catch_all(context: AnnotatorContext) -> None:
    without = make("keywords", replace(context, taxonomy=Taxonomy(_TOPICS)))
    assert [(a.topic, a.status) for a in without.annotate(_QUERIES)][2] == (None, "abstained")
    other = Taxonomy((*_TOPICS, Topic("Other", "eat sun rain")), catch_all="Other")
    found = [a.topic for a in make("keywords", replace(context, taxonomy=other)).annotate(_QUERIES)]
    assert found == ["Weather", "Food", "Other"]


def test_an_unknown_method_is_an_error_before_any_query(context: AnnotatorContext) -> None:
    with pytest.raises(ProjectError, match="unknown annotator 'local:magic'; known: local:keywords, local:similarity"):
        make("magic", context)
