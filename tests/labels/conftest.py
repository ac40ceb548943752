"""Small tables of annotations that can be worked out by hand."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from topicsmith.labeling_settings import LabelingSettings
from topicsmith.labels.annotators.base import AnnotatorContext
from topicsmith.progress import SilentProgress
from topicsmith.records import Annotation, AnnotationStatus
from topicsmith.taxonomy import Taxonomy, Topic

Table = Callable[[Sequence[Sequence[str]]], list[Annotation]]

_REASONS: dict[str, AnnotationStatus] = {"?": "abstained", "!": "refused", "…": "pending"}


@pytest.fixture
def taxonomy() -> Taxonomy:
    return Taxonomy((Topic("A"), Topic("B"), Topic("C"), Topic("Other")), catch_all="Other")


@pytest.fixture
def table() -> Table:
    """Annotations from rows of answers, one per annotator: a topic, ? (abstained), ! (refused) or … (pending)."""

    def make(rows: Sequence[Sequence[str]]) -> list[Annotation]:
        found = []
        for at, row in enumerate(rows):
            for who, answer in enumerate(row):
                status = _REASONS.get(answer, "labelled")
                topic = answer if status == "labelled" else None
                found.append(Annotation(f"q{at}", f"model:{who}", topic, None, status))
        return found

    return make


@pytest.fixture
def context(taxonomy: Taxonomy, tmp_path: Path) -> AnnotatorContext:
    return AnnotatorContext(taxonomy, LabelingSettings(), tmp_path, tmp_path / "ledger.sqlite", SilentProgress())
