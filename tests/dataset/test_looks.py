from topicsmith.dataset.looks import Looks, look, looks_line

FIRST = {"tfidf": {"1": "a", "2": "b"}, "floor": {"1": "a", "2": "a"}}


def test_only_what_differs_is_another_look() -> None:
    once = look((), ["1", "2"], FIRST)
    assert [(each.rows, len(each.evaluations), len(each.candidates)) for each in once] == [(2, 1, 2)]
    assert look(once, ["2", "1"], dict(reversed(FIRST.items()))) == once  # the same again, in another order
    assert look(once, ["1", "2"], {name: {**given, "9": "z"} for name, given in FIRST.items()}) == once
    changed = look(once, ["1", "2"], {**FIRST, "tfidf": {"1": "a", "2": None}})
    assert (len(changed[0].evaluations), len(changed[0].candidates)) == (2, 3)
    fewer = look(changed, ["1", "2"], {"floor": FIRST["floor"]})
    assert (len(fewer[0].evaluations), len(fewer[0].candidates)) == (3, 3)  # looked at again, nobody new
    assert looks_line(fewer[0]).startswith("these test rows were looked at 3 times, with 3 candidates;")


def test_other_test_rows_are_counted_apart_and_stand_last() -> None:
    once = look((), ["1", "2"], FIRST)
    other = look(once, ["1"], FIRST)
    assert [each.rows for each in other] == [2, 1]
    again = look(other, ["1", "2"], {"new": {"1": "b"}})
    assert [each.rows for each in again] == [1, 2]
    assert len(again[-1].evaluations) == 2
    assert look(again, [], FIRST) == again


def test_a_first_look_needs_no_words() -> None:
    assert looks_line(None) == looks_line(Looks("d", 2)) == looks_line(look((), ["1"], FIRST)[-1]) == ""
