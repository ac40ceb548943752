"""Fixtures for judging: a taxonomy of three topics, rows, answers, and an evaluation of them."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from topicsmith.evaluation.evaluate import Identity, evaluate
from topicsmith.evaluation.results import Evaluation, Training
from topicsmith.records import Example, Prediction, TestSet, Timing
from topicsmith.taxonomy import Taxonomy, Topic

Judge = Callable[..., Evaluation]


@pytest.fixture
def taxonomy() -> Taxonomy:
    return Taxonomy((Topic("a"), Topic("b"), Topic("other")), catch_all="other")


@pytest.fixture
def make_rows() -> Callable[..., TestSet]:
    def make(
        truth: Sequence[str], groups: Sequence[str | None] | None = None, labels: Sequence[str | None] | None = None
    ) -> TestSet:
        count = len(truth)
        return TestSet(
            tuple(
                Example(f"q{i}", f"text {i}", topic, group=group, label=label)
                for i, (topic, group, label) in enumerate(
                    zip(truth, groups or [None] * count, labels or [None] * count, strict=True)
                )
            ),
            truth="given" if labels is not None else "labels",
        )

    return make


@pytest.fixture
def answer() -> Callable[[Sequence[str | None]], dict[str, Prediction]]:
    def make(topics: Sequence[str | None]) -> dict[str, Prediction]:
        return {
            f"q{i}": Prediction(topic) if topic is not None else Prediction(None, status="refused")
            for i, topic in enumerate(topics)
        }

    return make


@pytest.fixture
def judge(taxonomy: Taxonomy) -> Judge:
    def run(name: str, rows: TestSet, predictions: Mapping[str, Prediction], **more: object) -> Evaluation:
        timing = more.pop("timing", Timing(3.0, 9.0, 100.0))
        assert isinstance(timing, Timing)
        usd = more.pop("usd_per_1k", None)
        assert usd is None or isinstance(usd, float)
        assert not more
        return evaluate(
            Identity(name, "linear"), rows, predictions, taxonomy, timing, Training(1.5, None), usd_per_1k=usd
        )

    return run
