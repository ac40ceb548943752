"""Figures over the size of the model."""

from dataclasses import asdict, replace

import pytest

from topicsmith.costs.cost import CandidateCost, Serving, TrainingCost
from topicsmith.loadtest.run import LoadResult
from topicsmith.report.content import ReportContent, read_content
from topicsmith.report.figures import model_size
from topicsmith.report.figures.xy import Plot
from topicsmith.runs import RunFolder


@pytest.fixture
def content(run: RunFolder) -> ReportContent:
    paid = TrainingCost("machine", 0.1, "", hosted_usd=2.0, parameters=22_700_000)
    unpaid = TrainingCost("machine", None, "", parameters=1_000_000)
    costs = [
        CandidateCost("minilm", 0.0, 0.1, Serving("machine", 0.031, 0.0155), paid),
        CandidateCost("tfidf", 0.0, None, None, unpaid),
    ]
    run.write_json("costs.json", [asdict(cost) for cost in costs])
    load = LoadResult("closed", 50, None, 100, 100, {}, 1.0, 100.0, 400.0, 500.0, 600.0, None, None)
    run.write_json("bench.json", {"minilm": [asdict(load)], "tfidf": [asdict(replace(load, concurrency=10))]})
    return read_content(run, "my-topics")


def heights(plot: Plot, label: str) -> list[float]:
    return [y for line in plot.lines if line.label == label for _, y, _, _ in line.dots]


def test_training_cost_stands_over_size_with_the_published_one_flat_up_to_14b(content: ReportContent) -> None:
    plot = model_size.training_figure(content)
    assert [point.name for point in plot.points] == ["minilm"]  # the other's training has no price
    assert [line.shape for line in plot.lines] == ["square", "ring"]
    published = heights(plot, "published")
    assert len(published) == 4  # 0.6B, 4B, 14B, 32B
    assert published[0] == published[1] == published[2] > published[3]  # from the top: 32B costs more
    (estimated,) = plot.lines[1].dots
    assert estimated[0] == plot.points[0].x
    assert estimated[1] < plot.points[0].y  # $2 stands above $0.10


def test_serving_stands_by_prompt_and_our_load_tests_beside(content: ReportContent) -> None:
    made = model_size.serving_figures(content)
    assert [line.label for line in made.throughput.lines] == ["published, v1", "published, v3"]
    assert [len(line.dots) for line in made.throughput.lines] == [2, 3]
    assert [point.name for point in made.throughput.points] == ["minilm"]  # tfidf was not tested at 50
    assert [point.name for point in made.cost.points] == ["minilm", "tfidf"]
    v3 = heights(made.throughput, "published, v3")
    assert v3 == sorted(v3)  # larger models answer fewer: further from the top
    assert heights(made.latency, "published, v3") == sorted(heights(made.latency, "published, v3"), reverse=True)
