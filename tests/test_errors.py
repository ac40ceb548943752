"""The exit codes that the documentation promises."""

import inspect

import pytest

from topicsmith import errors
from topicsmith.errors import LONGEST_LINE, LONGEST_QUOTED, first_line


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.TopicsmithError, 1),
        (errors.UpstreamError, 1),
        (errors.StorageError, 1),
        (errors.ProjectError, 2),
        (errors.RunInUseError, 2),
        (errors.BudgetSpentError, 3),
    ],
)
def test_exit_codes(error: type[errors.TopicsmithError], code: int) -> None:
    assert error.exit_code == code


def test_the_tree_in_the_docstring_names_every_error() -> None:
    assert errors.__doc__ is not None
    for name, value in vars(errors).items():
        if inspect.isclass(value) and issubclass(value, Exception):
            assert f" {name} " in errors.__doc__ or f"    {name} " in errors.__doc__, name


@pytest.mark.parametrize(
    ("origin", "given"),
    [
        (None, "'topicsmith[train]'"),
        ('{"dir_info": {"editable": true}, "url": "file:///home/x/topicsmith"}', "-e '/home/x/topicsmith[train]'"),
        ('{"archive_info": {}, "url": "file:///x/t.whl"}', "'topicsmith[train] @ file:///x/t.whl'"),
    ],
)
def test_a_missing_extra_says_how_to_install_it(
    origin: str | None, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return origin

    monkeypatch.setattr("importlib.metadata.distribution", lambda _: Installed())
    message = str(errors.MissingExtraError("the encoder", "train"))
    assert message == f"the encoder needs libraries that are not installed: pip install {given}"


def test_what_a_library_says_is_quoted_by_its_first_line_and_shortened() -> None:
    assert first_line(ValueError("  one\ntwo")) == "one"
    assert first_line(ValueError("")) == "ValueError"
    assert len(first_line(ValueError("x" * 10_000))) == LONGEST_QUOTED


def test_a_message_of_pages_keeps_its_beginning_and_its_cure() -> None:
    said = str(errors.ProjectError(f"a.yaml:1: '{'x' * 20_000}' is no topic; write one of Music, Money"))
    assert said.startswith("a.yaml:1: 'xxx")
    assert said.endswith("xxx' is no topic; write one of Music, Money")
    assert len(said) < LONGEST_LINE
    assert str(errors.StorageError("short")) == "short"
    assert str(errors.TaxonomyError("x" * 1000)) == "x" * 1000
