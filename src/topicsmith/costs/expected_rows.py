"""How many test rows a run will have before any is labelled, and what they will tell of two candidates."""

from collections.abc import Sequence

from topicsmith.costs.estimate import DISAGREED_SHARE
from topicsmith.project import Project
from topicsmith.records import Query
from topicsmith.statistics.power import (
    ASKED_DIFFERENCES,
    USUAL_ACCURACY,
    USUAL_CORRELATION,
    PairPower,
    power_text,
    usual_power,
)


def expected_test_rows(project: Project, queries: Sequence[Query], rows: int) -> int:
    """How many unrelated rows the candidates will be judged on, of ``rows`` queries like ``queries``.

    Near-copies count once. Test rows are those the input names, otherwise the project's share; without given topics
    and without an adjudicator, the share on which several annotators will agree.
    """
    if not queries:
        return 0
    named = any(query.split is not None for query in queries)
    tests = [query for query in queries if query.split == "test" or not named]
    groups = len({query.group or query.query_id for query in tests})
    share = 1.0 if named else project.split.test
    given = any(query.topic is not None for query in queries)
    labeling = project.labeling
    disputed = not given and labeling.labels == "agreed" and len(labeling.annotators) > 1
    return round(groups * share * (1 - DISAGREED_SHARE if disputed else 1.0) * rows / len(queries))


def expected_power(test_rows: int) -> tuple[PairPower, ...]:
    """How often candidates 2, 3 and 5 points apart will be told apart; nothing without a test row."""
    return tuple(usual_power(test_rows, difference) for difference in ASKED_DIFFERENCES) if test_rows else ()


def expected_power_line(found: Sequence[PairPower]) -> str:
    """What the test rows will tell, in one line with what is supposed; empty without a test row."""
    if not found:
        return ""
    supposed = (
        f"supposing {100 * USUAL_ACCURACY:g} % accuracy and a correlation of {USUAL_CORRELATION:g} between errors"
    )
    told = power_text(found, supposed)
    return told[0].upper() + told[1:]
