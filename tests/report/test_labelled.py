"""How labels came about, as the agreement and quality documents tell it."""

from topicsmith.report.labelled import estimate, matrix, read_labelling
from topicsmith.report.parts import Estimate
from topicsmith.report.reading import Node, read
from topicsmith.runs import RunFolder


def test_a_figure_may_be_bare_or_with_its_interval() -> None:
    assert estimate(Node(0.5)) == Estimate(0.5)
    assert estimate(Node({"value": 0.5, "low": 0.4, "high": 0.6, "n": 9})) == Estimate(0.5, 0.4, 0.6, 9)
    assert estimate(Node({"value": None, "low": None})) is None
    assert estimate(Node()) is None


def test_labelling(run: RunFolder) -> None:
    labelling = read_labelling(read(run, "manifest.json"), read(run, "agreement.json"), read(run, "label_quality.json"))
    assert labelling is not None
    assert labelling.rate == Estimate(0.75, 0.722, 0.776, 1000, "Wilson")
    assert labelling.outcome == (("agreed", 750), ("disagreed", 240), ("abstained", 10), ("pending", 0))
    assert [a.usd_per_1k for a in labelling.annotators] == [0.45, 2.17]
    assert labelling.pairs[0].matrix is not None
    assert labelling.pairs[0].matrix.counts[0] == (300, 20, 5, 45)
    assert labelling.disagreements[0].count == 60
    assert labelling.quality is not None
    assert dict(labelling.quality.annotators)["anthropic:claude-sonnet-5-5"].value == 0.817


def test_given_topics_need_no_agreement() -> None:
    manifest = Node({"stages": {"agree": {"counts": {"given": 12}}}})
    labelling = read_labelling(manifest, Node(), Node())
    assert labelling is not None
    assert labelling.origins == (("given", 12),)
    assert labelling.annotators == ()
    assert labelling.quality is None


def test_a_matrix_that_does_not_fit_its_names_is_left_out() -> None:
    assert matrix(Node([[1, 2], [3, 4]]), ("a", "b"), ("a", "b", "c")) is None
    assert matrix(Node(), (), ()) is None
