import pytest

from topicsmith.errors import UpstreamError
from topicsmith.labels.annotator_checks import alarms, check_some_answered
from topicsmith.records import Annotation, AnnotationStatus
from topicsmith.taxonomy import Taxonomy, Topic

TAXONOMY = Taxonomy((Topic("Science"), Topic("Arts"), Topic("Other")), catch_all="Other")
NAMES = TAXONOMY.names


def row(n: int, topic: str | None, status: AnnotationStatus = "labelled", annotator: str = "x:m") -> Annotation:
    return Annotation(str(n), annotator, topic, None, status)


def test_fault_30_two_annotators_that_agree_on_the_same_garbage_raise_an_alarm_each() -> None:
    rows = [row(n, "Other", annotator=name) for n in range(100) for name in ("a:m", "b:m")]
    assert alarms(rows, {}, TAXONOMY) == [
        f"{name}: answered 'Other' to 100 of 100 queries; check its answers before you trust its labels"
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


def served(n: int, asked: str, model: str | None) -> Annotation:
    return Annotation(str(n), f"x:{asked}", NAMES[n % 3], None, "labelled", requested_model=asked, served_model=model)


def test_fault_30_a_model_that_another_one_stands_in_for_is_named_even_for_one_row() -> None:
    rows = [served(n, "gemini-2.5-pro", "gemini-3.8-flash" if n > 6 else "gemini-2.5-pro") for n in range(10)]
    (line,) = alarms(rows, {}, TAXONOMY)
    assert line == (
        "x:gemini-2.5-pro: asked for 'gemini-2.5-pro', 3 of 10 answers come from 'gemini-3.8-flash', which may judge "
        "and cost differently; check its answers before you trust its labels"
    )


def test_fault_30_a_model_whose_version_changes_in_mid_run_is_named() -> None:
    rows = [served(n, "gpt-4o", f"gpt-4o-2024-0{5 + (n > 7)}-13") for n in range(10)]
    (line,) = alarms(rows, {}, TAXONOMY)
    assert "answered by several versions of the model: 'gpt-4o-2024-05-13' 8, 'gpt-4o-2024-06-13' 2; " in line


def test_a_date_behind_a_name_a_folder_before_it_and_our_own_methods_are_no_alarm() -> None:
    for asked, model in [
        ("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
        ("Qwen/Qwen3-4B", "qwen3-4b"),
        ("models/gemini-3.5-flash", "gemini-3.5-flash"),
        ("m", None),
    ]:
        assert alarms([served(n, asked, model) for n in range(10)], {}, TAXONOMY) == []
    own = [Annotation(str(n), "local:similarity", NAMES[n % 3], None, "labelled", requested_model="local:similarity",
                      served_model="all-MiniLM-L6-v2") for n in range(10)]  # fmt: skip
    assert alarms(own, {}, TAXONOMY) == []


def test_few_rows_an_honest_share_and_pending_rows_raise_none() -> None:
    assert alarms([row(n, "Other") for n in range(49)], {}, TAXONOMY) == []
    assert alarms([row(n, "Other" if n else "Arts") for n in range(20)] * 3, {}, TAXONOMY) == []
    assert alarms([row(n, None, "pending") for n in range(100)], {}, TAXONOMY) == []
    assert alarms([row(n, None, "abstained") for n in range(100)], {}, TAXONOMY) == []


def test_rows_that_failed_are_counted_by_reason() -> None:
    """llm_k02: three of forty rows failed, and nothing anywhere said why."""
    rows = [Annotation(f"q{n}", "a:m", "Science", None, "labelled") for n in range(37)]
    rows += [Annotation(f"f{n}", "a:m", None, None, "failed", error="a: overloaded (500)") for n in range(2)]
    rows += [Annotation("g", "a:m", None, None, "failed", error="a: no (400)")]
    assert alarms(rows, {}, TAXONOMY) == [
        "a:m: 3 rows failed (2 x a: overloaded (500); 1 x a: no (400)), and the next run asks for them again"
    ]
    check_some_answered(rows)


def test_an_annotator_whose_rows_all_failed_is_an_error_whatever_their_number() -> None:
    rows = [Annotation("q", "a:m", None, None, "failed", error="a: no (400)"),
            Annotation("q", "b:m", "Science", None, "labelled")]  # fmt: skip
    with pytest.raises(UpstreamError, match=r"^a:m: 1 row failed \(1 x a: no \(400\)\); nothing is labelled"):
        check_some_answered(rows)


def test_rows_that_a_service_will_not_take_are_told_with_its_reason() -> None:
    rows = [Annotation(f"q{n}", "a:m", "Science", None, "labelled") for n in range(9)]
    rows.append(Annotation("f", "a:m", None, None, "filtered", error="a: flagged (400)"))
    assert alarms(rows, {}, TAXONOMY) == [
        "a:m: 1 row not taken by the service (1 x a: flagged (400)); a person has to label it"
    ]
