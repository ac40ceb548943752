"""The texts behind confusions."""

from collections.abc import Callable

from topicsmith.report.confusions import read_confusions
from topicsmith.report.reading import read
from topicsmith.runs import RunFolder


def test_texts_stand_in_the_order_of_their_ids(run: RunFolder) -> None:
    found = read_confusions(run, read(run, "evaluations.json"), "minilm")
    assert [(c.truth, c.predicted, c.count, c.of) for c in found] == [
        ("Banking", "Travel", 6, 50),
        ("Banking", "Other", 3, 50),
        ("Other", "no answer", 1, 8),
    ]
    assert found[1].texts == (
        "اريد تحويل المال",
        "how do I move my savings abroad?",
        "a cheap flight for my bank holiday",
    )
    assert read_confusions(run, read(run, "evaluations.json"), "tfidf") == ()


def test_without_queries_there_are_no_texts(without: Callable[[str], RunFolder]) -> None:
    run = without("queries.parquet")
    found = read_confusions(run, read(run, "evaluations.json"), "minilm")
    assert [c.texts for c in found] == [(), (), ()]
