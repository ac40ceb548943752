"""What the child answers, asked within this process."""

from topicsmith.classifiers.torch_common.template_child import LONGEST, answer


def test_every_conversation_has_an_outcome_of_its_own() -> None:
    asked = {"template": "{{ 1 // messages }}", "values": {}, "conversations": [1, 0]}
    assert answer(asked)["outcomes"] == [
        {"text": "1"},
        {"error": "ZeroDivisionError: integer division or modulo by zero"},
    ]


def test_a_template_that_does_not_compile_has_one_error() -> None:
    (found,) = answer({"template": "{% if %}", "values": {}, "conversations": [1, 0]})["outcomes"]
    assert found["error"].startswith("TemplateSyntaxError: ")


def test_security_k18_length_is_bounded_while_it_grows() -> None:
    template = "{% for i in range(99999) %}{{ 'aaaaaaaaaaaaaaaaaaaa' }}{% endfor %}"
    (found,) = answer({"template": template, "values": {}, "conversations": [[]]})["outcomes"]
    assert found == {"error": f"renders more than {LONGEST:,} characters"}
