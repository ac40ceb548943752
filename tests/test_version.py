"""The version is one that installers understand."""

import re

from topicsmith import __version__


def test_the_version_has_three_numbers() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
