"""The exit codes that the documentation promises."""

import inspect

import pytest

from topicsmith import errors


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


def test_a_missing_extra_says_how_to_install_it() -> None:
    message = str(errors.MissingExtraError("the encoder", "train"))
    assert message == "the encoder needs libraries that are not installed: pip install 'topicsmith[train]'"
