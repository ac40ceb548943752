import pytest

from topicsmith.llm.parsing.plain_answers import REFUSAL, bare, is_short, label_lines, read_value, sections


def test_sections_hold_their_values() -> None:
    text = '[[ ## thought ## ]]\nwell[[ ## args ## ]]\n{"q": 1}\n[[ ## completed ## ]]'
    found = sections(text, ["args"])
    assert found is not None
    assert found.values == {"thought": "well", "args": {"q": 1}, "completed": ""}
    assert sections(text, ["topic"]) is None
    assert sections(text + "[[ ## args ## ]] 2", ["args"]) is None  # twice: which one?


@pytest.mark.parametrize(
    ("text", "values", "repairs"),
    [
        ("Topic: Science", {"topic": "Science"}, ("label_line",)),
        ("**Topic:** Science", {"topic": "Science"}, ("label_line",)),
        ('- topic = "Life Science."', {"topic": "Life Science."}, ("label_line",)),
        ("Topic: A\nTopic: B", {"topic": "B"}, ("label_line", "lines_differ")),
        ("Topic: A\nThat is all.", {"topic": "A"}, ("label_line", "line_not_last")),
        ("Topic: it is hard to say which one fits here", None, ()),
        ("The topic is Science", None, ()),
        ("Topic:", None, ()),
    ],
)
def test_lines_with_a_label(text: str, values: dict[str, str] | None, repairs: tuple[str, ...]) -> None:
    found = label_lines(text, ["topic"])
    assert (found.values if found else None, found.repairs if found else ()) == (values, repairs)


def test_every_field_needs_its_line() -> None:
    assert label_lines("Topic: A", ["topic", "subtopic"]) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [("Science", "Science"), (" `Science`. ", "Science"), ("```\nScience\n```", "Science"), ("I cannot", None),
     ("This one is really about the Sciences", None), ("Science...", None), ("{Science}", None), ("", None)],
)  # fmt: skip
def test_a_name_that_stands_alone(text: str, name: str | None) -> None:
    found = bare(text, ["topic"])
    assert (found.values["topic"] if found else None) == name
    assert bare(text, ["topic", "subtopic"]) is None


def test_short_is_at_most_five_words_on_one_line() -> None:
    assert is_short("one two three four five")
    assert not is_short("one two three four five six")
    assert not is_short("one\ntwo")
    assert not is_short("null")
    assert not is_short("!!")


@pytest.mark.parametrize(
    "text", ["I'm sorry, no", "Sorry, ...", "I cannot do that", "Unfortunately, I", "I’m unable to"]
)
def test_fault_22_refusals_are_known_by_their_beginning(text: str) -> None:
    assert REFUSAL.match(text)


@pytest.mark.parametrize("text", ["Science", "Apologies as a genre", "I can classify this", "sorrynot"])
def test_what_is_no_refusal(text: str) -> None:
    assert not REFUSAL.match(text)


def test_values_that_are_json_are_read() -> None:
    assert read_value(' {"a": 1} ') == {"a": 1}
    assert read_value("plain") == "plain"
    assert read_value("{not json") == "{not json"
