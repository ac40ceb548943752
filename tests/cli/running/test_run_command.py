"""Which stages ``--until`` and ``--only`` leave."""

import pytest

from topicsmith.cli.running.run_command import chosen_stages
from topicsmith.errors import ProjectError

NAMES = ["ingest", "label", "agree"]


def test_until_and_only() -> None:
    assert chosen_stages(NAMES, None, None) == NAMES
    assert chosen_stages(NAMES, "label", None) == ["ingest", "label"]
    assert chosen_stages(NAMES, None, "agree") == ["agree"]


@pytest.mark.parametrize(("until", "only"), [("label", "agree"), ("lable", None), (None, "lable")])
def test_what_makes_no_sense_is_refused(until: str | None, only: str | None) -> None:
    with pytest.raises(ProjectError, match=r"lable|exclusive"):
        chosen_stages(NAMES, until, only)
