"""The candidates as evaluations and leaderboard tell them."""

from collections.abc import Callable

from topicsmith.report.judged import read_candidates
from topicsmith.report.reading import Node, read
from topicsmith.runs import RunFolder


def test_order_is_the_leaderboards_and_ranks_count_from_one(run: RunFolder) -> None:
    rows = run.read_json("evaluations.json")
    assert isinstance(rows, list)
    found = read_candidates(Node(rows[::-1]), read(run, "leaderboard.json"))
    assert [(c.rank, c.name, c.tied_with_best) for c in found] == [
        (1, "minilm", False),
        (2, "tfidf", True),
        (3, "majority", False),
    ]
    assert found[1].comparison is not None
    assert found[1].comparison.rows_to_tell == 2300
    assert found[0].confusion is not None
    assert found[0].confusion.columns[-1] == "no answer"
    assert found[0].bias is not None


def test_validation_rows_are_not_shown(run: RunFolder) -> None:
    rows = run.read_json("evaluations.json")
    assert isinstance(rows, list)
    extra = {**rows[0], "split": "validation", "candidate": "elsewhere"}
    assert len(read_candidates(Node([*rows, extra]), read(run, "leaderboard.json"))) == 3


def test_the_leaderboard_alone_is_enough(without: Callable[[str], RunFolder]) -> None:
    run = without("evaluations.json")
    found = read_candidates(read(run, "evaluations.json"), read(run, "leaderboard.json"))
    assert (found[0].name, found[0].accuracy.value, found[0].accuracy.low) == ("minilm", 0.82, 0.733)
    assert found[1].tied_with_best
    assert found[0].by_topic == ()
