from pathlib import Path

import pytest

from topicsmith.costs.expected_rows import expected_power, expected_power_line, expected_test_rows
from topicsmith.labeling_settings import LabelingSettings
from topicsmith.project import BalanceSettings, Project, SplitSettings, TargetSettings, TraceSettings
from topicsmith.records import Query
from topicsmith.statistics.power import mcnemar_power
from topicsmith.taxonomy import Taxonomy, Topic


def _project(**labeling: object) -> Project:
    settings = LabelingSettings(**labeling)  # type: ignore[arg-type]  # the test names its keys
    taxonomy = Taxonomy((Topic("a"), Topic("b")))
    return Project(
        Path(),
        "p",
        TraceSettings(path="x"),
        taxonomy,
        settings,
        SplitSettings(),
        BalanceSettings(),
        (),
        TargetSettings(),
    )


def _queries(n: int, **more: object) -> list[Query]:
    return [Query(str(i), "text", "t", **more) for i in range(n)]  # type: ignore[arg-type]  # the test names its keys


def test_test_rows_are_the_projects_share_of_what_has_a_label() -> None:
    given = _queries(1000, topic="a")
    assert expected_test_rows(_project(), given, 1000) == 150
    two = {"annotators": ["local:keywords", "local:similarity"]}
    assert expected_test_rows(_project(**two), _queries(1000), 1000) == round(150 * 0.778)
    assert expected_test_rows(_project(**two), given, 1000) == 150
    assert expected_test_rows(_project(**two, labels="weighted"), _queries(1000), 1000) == 150
    assert expected_test_rows(_project(), given, 8000) == 1200  # more are to come than lie there
    assert expected_test_rows(_project(), [], 0) == 0


def test_near_copies_count_once_and_named_test_rows_as_they_are() -> None:
    copies = [Query(str(i), "text", "t", topic="a", group=str(i // 5)) for i in range(1000)]
    assert expected_test_rows(_project(), copies, 1000) == 30
    named = [*_queries(900, topic="a", split="train"), *_queries(100, topic="a", split="test")]
    assert expected_test_rows(_project(), named, 1000) == 100


def test_what_the_rows_will_tell() -> None:
    found = expected_power(300)
    assert [each.difference for each in found] == [0.02, 0.03, 0.05]
    assert found[1].power == pytest.approx(mcnemar_power(300, 0.1286, 0.03), abs=1e-3)
    line = expected_power_line(found)
    assert line.startswith("With 300 unrelated test rows two candidates 2, 3 and 5 points apart are told apart in ")
    assert line.endswith("supposing 85 % accuracy and a correlation of 0.5 between errors)")
    assert expected_power(0) == ()
    assert expected_power_line(()) == ""
