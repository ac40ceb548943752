"""From draws and answers to what they stand for."""

import pytest

from topicsmith.audit.draw import digest
from topicsmith.audit.judged import audited_rows_of
from topicsmith.audit.sample import AuditAnswer, AuditDraw, AuditRow, AuditSample, AuditStratum, Part

IDS = [f"q{n}" for n in range(10)]
PARTS: dict[str, Part] = dict.fromkeys(IDS, "test")
GROUPS = {"q0": "near", "q1": "near", "q2": "near"}


def _sample(before: tuple[str, ...] = (), taken: int = 3) -> AuditSample:
    """One stratum of ten rows in eight groups; a group of three, and singles."""
    rows = (AuditRow("q0", "", "agreed", 0.9), AuditRow("q3", "", "agreed", 0.3), AuditRow("q4", "", "agreed", 0.3))
    stratum = AuditStratum("agreed", "test", 10, 8, taken)
    return AuditSample(rows, (AuditDraw("test", 13, (stratum,), before, digest(IDS)),))


def test_a_row_stands_for_its_near_copies_and_for_others_of_its_stratum() -> None:
    answers = [AuditAnswer("q0", "A"), AuditAnswer("q3", "B"), AuditAnswer("q4", None)]
    found = audited_rows_of(_sample(), answers, PARTS, GROUPS)
    assert found is not None
    assert found.topics == ("A", "B", None)
    assert found.undecided == 1
    assert found.design.sizes.tolist() == [3.0, 1.0, 1.0]
    assert [found.ids[place] for place in found.members] == ["q0", "q1", "q2", "q3", "q4"]
    # 1 / .9 groups of three, and 1 / .3 singles twice: in proportion they share 10 rows
    share = 10 / (3 / 0.9 + 2 / 0.3)
    assert found.weights() == pytest.approx({"q0": 3 / 0.9 * share, "q3": share / 0.3, "q4": share / 0.3})
    assert found.notes == ()
    truth = found.truth(["A", "B"], [{"q0": "A", "q9": "B"}])
    assert truth.truth.tolist() == [0, 1, -1]
    assert truth.opinions[0].tolist() == [0, -1, -1, -1, -1, -1, -1, -1, -1, 1]


def test_rows_that_are_not_answered_yet_are_stood_for_by_the_others() -> None:
    found = audited_rows_of(_sample(), [AuditAnswer("q0", "A"), AuditAnswer("q3", "B")], PARTS, GROUPS)
    assert found is not None
    (stratum,) = found.design.draws[0].strata
    assert stratum.probabilities.tolist() == pytest.approx([0.9 * 2 / 3, 0.3 * 2 / 3])
    assert audited_rows_of(_sample(), [AuditAnswer("q0", "A")], PARTS, GROUPS) is None


def test_what_was_answered_before_a_draw_counts_as_it_is() -> None:
    answers = [AuditAnswer("q9", "A"), AuditAnswer("q3", "B"), AuditAnswer("q4", "A")]
    found = audited_rows_of(_sample(before=("q9",)), answers, PARTS, GROUPS)
    assert found is not None
    assert found.weights() == pytest.approx({"q9": 1.0, "q3": 4.5, "q4": 4.5})


def test_rows_that_came_later_are_taken_to_be_like_the_others_and_that_is_said() -> None:
    answers = [AuditAnswer("q0", "A"), AuditAnswer("q3", "B"), AuditAnswer("q4", "A")]
    found = audited_rows_of(_sample(), answers, {**PARTS, "new": "test", "newer": "test"}, GROUPS)
    assert found is not None
    assert sum(found.weights().values()) == pytest.approx(12.0)
    assert found.notes == ("the test rows changed since the audit was drawn; new ones are taken to be like the others",)


def test_test_rows_alone_say_nothing_of_the_others() -> None:
    answers = [AuditAnswer("q0", "A"), AuditAnswer("q3", "B"), AuditAnswer("q4", "A")]
    assert audited_rows_of(_sample(), answers, {**PARTS, "other": "other"}, GROUPS) is None
