"""What is counted, and how it is written."""

import sys

import pytest

from tests.serving.fakes import served
from topicsmith.errors import MissingExtraError
from topicsmith.serving.metrics import Metrics


def figures(metrics: Metrics) -> dict[str, float]:
    lines = (line for line in metrics.text().decode().splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_what_happens_is_counted() -> None:
    metrics = Metrics()
    metrics.watch_queue(lambda: 7, lambda: 1.0)
    metrics.request("/v1/classify", 200, 0.03)
    metrics.refused("overloaded")
    metrics.texts({"ok": 2, "review": 1})
    metrics.computed(3, 40, 0.01)
    metrics.dropped(4)
    metrics.restarted()
    metrics.reloaded("done")
    found = figures(metrics)
    assert found['topicsmith_requests_total{route="/v1/classify",status="200"}'] == 1
    assert found['topicsmith_request_seconds_bucket{le="0.05",route="/v1/classify"}'] == 1
    assert found['topicsmith_request_seconds_bucket{le="0.025",route="/v1/classify"}'] == 0
    assert found['topicsmith_refused_total{type="overloaded"}'] == 1
    assert found['topicsmith_texts_total{status="ok"}'] == 2
    assert (found["topicsmith_tokens_total"], found["topicsmith_batch_texts_sum"]) == (40, 3)
    assert (found["topicsmith_queue_tokens"], found["topicsmith_ready"]) == (7, 1)
    assert (found["topicsmith_dropped_texts_total"], found["topicsmith_restarts_total"]) == (4, 1)
    assert found['topicsmith_reloads_total{result="done"}'] == 1


def test_one_model_answers_at_a_time() -> None:
    metrics = Metrics()
    metrics.model(served("a@1"))
    metrics.model(served("b@2"))
    assert [name for name in figures(metrics) if name.startswith("topicsmith_model{")] == [
        'topicsmith_model{id="b@2",kind="fake",taxonomy="t1"}'
    ]


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(MissingExtraError, match="serve"):
        Metrics()
