"""What ``topicsmith compare`` prints of a comparison."""

from topicsmith.cli.compare import _lines
from topicsmith.compare_runs import Difference, LabelComparison, RunComparison, ScoreComparison
from topicsmith.statistics.intervals import Interval


def test_every_difference_is_a_line() -> None:
    accuracy = Interval(0.9, 0.85, 0.94, 200)
    found = RunComparison(
        data=(Difference("queries", 1000, 2000),),
        settings=(Difference("split.test", 0.15, 0.3), Difference("candidates.new", None, "x" * 80)),
        labels=LabelComparison(900, 12, 800, 810),
        choices=Difference("what to deploy", "tfidf", None),
        scores=(
            ScoreComparison("tfidf", accuracy, accuracy, 150, 3, 20, 0.001, True),
            ScoreComparison("new", None, accuracy, 0, None, None, None, None),
            ScoreComparison("floor", accuracy, accuracy, 0, None, None, None, None),
        ),
    )
    assert _lines(found) == [
        "data",
        "  queries: 1,000 -> 2,000",
        "settings",
        "  split.test: 0.15 -> 0.3",
        f"  candidates.new: none -> {'x' * 57}...",
        "labels: 12 of 900 shared queries differ",
        "what to deploy: tfidf -> nothing yet",
        "scores",
        (
            "  tfidf: 90.0 % [85.0, 94.0] -> 90.0 % [85.0, 94.0]; on 150 shared rows different (right only before 3, "
            "only after 20, p 0.001)"
        ),
        "  new: not there -> 90.0 % [85.0, 94.0]",
        "  floor: 90.0 % [85.0, 94.0] -> 90.0 % [85.0, 94.0]; no test row is shared",
    ]
