"""Templates of others: what they render, and that none of them takes the process."""

import time

import pytest

from topicsmith.classifiers.torch_common.templates import WALL_S, Rendered, render
from topicsmith.errors import ModelFolderError

ONE = [[{"role": "user", "content": "hello"}]]


def test_texts_come_in_the_order_of_the_conversations() -> None:
    two = [*ONE, [{"role": "user", "content": "bye"}]]
    found = render("{{ bos }}{% generation %}{{ messages[0].content }}{% endgeneration %}", "m", two, {"bos": "<s>"})
    assert found == (Rendered("<s>hello"), Rendered("<s>bye"))


def test_additions_of_transformers_are_there() -> None:
    template = "{% for m in messages %}{{ m|tojson }}{% break %}{% endfor %}{{ strftime_now('%Y')|length }}{{ tools }}"
    assert render(template, "m", ONE, {"tools": None}) == (Rendered('{"role": "user", "content": "hello"}4None'),)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ 1/0 }}", "ZeroDivisionError"),
        ("{{ 'a' * 3000000000 }}", "MemoryError"),
        ("{{ 'a' * 300000000 * 10 }}", "MemoryError"),
        ("{% include '/etc/passwd' %}", "no loader"),
        ("{% import 'os' as os %}", "no loader"),
        ("{% extends 'x' %}", "no loader"),
        ("{{ 1 + 'a' }}", "TypeError"),
        ("{{ messages[0].content.nothing.more }}", "UndefinedError"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "RecursionError"),
        ("{{ ''.__class__.__mro__ }}", "SecurityError"),
        ("{{ raise_exception('not for you') }}", "not for you"),
        ("{{ '%s' % messages.append(1) }}", "SecurityError"),
        ("{{ 'a' * 300000 }}", "more than 262,144 characters"),
        ("{{ range(10**9)|list }}", "OverflowError"),
        ("{{ '\\ud800' }}", "UnicodeEncodeError"),
        ("\ud800", "UnicodeEncodeError"),
        ("{{ open", "TemplateSyntaxError"),
        ("{{ " + "(" * 100_000 + "1" + ")" * 100_000 + " }}", ""),
    ],
)
@pytest.mark.slow
def test_security_k18_whatever_a_template_raises_is_its_own_failure(template: str, said: str) -> None:
    told = _failure(template)
    assert said in told
    assert "\n" not in told


def _failure(template: str) -> str:
    """What is said of a template that has to fail."""
    try:
        (found,) = render(template, "m", ONE, {})
    except ModelFolderError as error:
        return str(error)
    assert found.text is None
    return found.error


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ a }}{% endfor %}{% endfor %}".replace("{{ a }}", ""),
        "{% set n = namespace(t='a') %}{% for i in range(99) %}{% set n.t = n.t + n.t %}{% endfor %}{{ n.t }}",
        "{{ 9 ** (9 ** 9) }}",
        "{{ '%99999999999d' % 1 }}",
    ],
    ids=["nested loops", "doubled strings", "a power of powers", "a wide field"],
)
@pytest.mark.slow
def test_security_k18_a_template_that_hangs_or_grows_is_ended(template: str) -> None:
    begun = time.monotonic()
    assert any(word in _failure(template) for word in ("its chat template takes too", "MemoryError", "OverflowError"))
    assert time.monotonic() - begun < WALL_S


@pytest.mark.parametrize("template", [3, ["a"], {"a": 1}, True, None])
def test_security_k18_a_template_of_another_type_is_told(template: object) -> None:
    with pytest.raises(ModelFolderError, match=r"^m: its chat template "):
        render(template, "m", ONE, {})


def test_fault_75_the_child_sees_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    import json
    import subprocess

    seen: list[dict[str, str]] = []

    def run(*_: object, env: dict[str, str], **__: object) -> subprocess.CompletedProcess[bytes]:
        seen.append(env)
        return subprocess.CompletedProcess([], 0, json.dumps({"outcomes": [{"text": "x"}]}).encode(), b"")

    monkeypatch.setenv("OPENAI_API_KEY", "0123456789")
    monkeypatch.setattr(subprocess, "run", run)
    assert render("a template nobody else asks for", "m", ONE, {}) == (Rendered("x"),)
    assert "0123456789" not in str(seen)
