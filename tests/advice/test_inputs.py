from topicsmith.advice.inputs import Facts


def test_reads_what_the_documents_hold() -> None:
    facts = Facts.read(
        {
            "topics": [{"topic": "a", "train": 900}, {"topic": "b", "train": 100}],
            "tokens": {"query": {"n": 200, "over_512": 3}},
        },
        {
            "rate": {"value": 0.778},
            "by_topic": [{"topic": "a", "rate": {"value": 0.9}}, {"topic": "b", "rate": None}],
            "disagreements": [
                {"first": "x", "second": "y", "first_topic": "b", "second_topic": "a", "count": 5},
                {"first": "x", "second": "y", "first_topic": "a", "second_topic": "b", "count": 2},
            ],
        },
    )
    assert facts.labelled_rows == 1000
    assert facts.share_over_512 == 3 / 200
    assert facts.agreement_rate == 0.778
    assert facts.topic_agreement == {"a": 0.9}
    assert facts.disagreements == {("a", "b"): 7}


def test_what_is_lacking_stays_unknown() -> None:
    facts = Facts.read({}, None)
    assert facts.labelled_rows == 0
    assert facts.share_over_512 is None
    assert facts.agreement_rate is None
