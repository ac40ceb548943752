from topicsmith.labels.alarms import alarms
from topicsmith.records import Annotation, AnnotationStatus
from topicsmith.taxonomy import Taxonomy, Topic

TAXONOMY = Taxonomy((Topic("Science"), Topic("Arts"), Topic("Other")), catch_all="Other")
NAMES = TAXONOMY.names


def row(n: int, topic: str | None, status: AnnotationStatus = "labelled", annotator: str = "x:m") -> Annotation:
    return Annotation(str(n), annotator, topic, None, status)


def test_fault_30_two_annotators_that_agree_on_the_same_garbage_raise_an_alarm_each() -> None:
    rows = [row(n, "Other", annotator=name) for n in range(100) for name in ("a:m", "b:m")]
    assert alarms(rows, {}, TAXONOMY) == [
        f"{name}: answered 'Other' to 100 of 100 queries; look at its answers before you believe its labels"
        for name in ("a:m", "b:m")
    ]


def test_fault_30_gold_rows_show_answers_that_vary_but_are_wrong() -> None:
    gold = {str(n): NAMES[n % 3] for n in range(60)}
    wrong = [row(n, NAMES[(n + 1) % 3]) for n in range(60)]
    (line,) = alarms(wrong, gold, TAXONOMY)
    assert line.startswith("x:m: right on 0 of 60 rows whose topic is known, where always 'Science' would be on 20; ")
    right = [row(n, NAMES[n % 3]) for n in range(60)]
    assert alarms(right, gold, TAXONOMY) == []


def test_an_annotator_that_cannot_be_read_is_named() -> None:
    rows = [row(n, NAMES[n % 3]) for n in range(70)] + [row(n, None, "unparsable") for n in range(70, 100)]
    assert alarms(rows, {}, TAXONOMY)[0].startswith("x:m: gave no topic for 30 of 100 queries, 30 of them 'unparsable'")


def test_few_rows_an_honest_share_and_pending_rows_raise_none() -> None:
    assert alarms([row(n, "Other") for n in range(49)], {}, TAXONOMY) == []
    assert alarms([row(n, "Other" if n else "Arts") for n in range(20)] * 3, {}, TAXONOMY) == []
    assert alarms([row(n, None, "pending") for n in range(100)], {}, TAXONOMY) == []
    assert alarms([row(n, None, "abstained") for n in range(100)], {}, TAXONOMY) == []
