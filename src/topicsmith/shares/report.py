"""Everything that is said of the topic shares of a run or of newly classified rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from topicsmith.errors import UserError
from topicsmith.runs import RunFolder
from topicsmith.shares.answers_file import read_answers_file
from topicsmith.shares.grouping import group_names
from topicsmith.shares.measure import ShareSettings, topic_shares
from topicsmith.shares.resampling import DRAWS
from topicsmith.shares.results import ShareTable
from topicsmith.shares.rows import ShareRows
from topicsmith.shares.run_rows import RunRows, Traffic, run_rows
from topicsmith.shares.shift import ShiftTest, shift_test

ALL = "all"

Judge = Literal["known topics", "audited rows", "given topics", "agreed labels", "nobody"]
"""Whose word the shares rest on."""


@dataclass(frozen=True)
class SharesReport:
    """Topic shares: of all rows in ``overall``, of each group in ``groups`` where ``by`` says what they are grouped by.

    ``traffic`` is where the rows come from, ``answered_by`` the candidate, or the labels, that say what each is about,
    ``judged_by`` whose word the shares of all rows rest on, ``basis`` the same
    as a sentence, ``judged`` how many test rows have a truth; ``left_out`` counts rows without a text.
    """

    traffic: str
    answered_by: str
    judged_by: Judge
    basis: str
    judged: int
    left_out: int
    overall: ShareTable
    by: str | None
    groups: tuple[ShareTable, ...]
    shifts: tuple[ShiftTest, ...]
    notes: tuple[str, ...]


def shares_report(
    run: RunFolder, where: Path, answers: Path | None = None, candidate: str | None = None, by: str | None = None
) -> SharesReport:
    """The topic shares of the rows in ``answers``, or of the run's own queries.

    Args:
        run: the run that judged the classifier.
        where: the run as the user wrote it.
        answers: a file that ``topicsmith classify`` wrote.
        candidate: whose answers they are; by default that of the run's choice.
        by: ``day``, ``week``, ``month`` or a column.

    Raises:
        UserError: when something is missing, cannot be read or grouped.
    """
    rows, traffic = counted_rows(run, where, answers, candidate)
    return report_of(rows, traffic, by, None if by is None else group_names(traffic.counted, by), own=answers is None)


def counted_rows(run: RunFolder, where: Path, answers: Path | None, candidate: str | None) -> tuple[RunRows, Traffic]:
    """The rows to be counted and those that judge them; the arguments are those of :func:`shares_report`.

    Raises:
        UserError: when something is missing or cannot be read, or there is nothing to count.
    """
    rows = run_rows(run, where, candidate)
    traffic = rows.traffic(labels=candidate is None) if answers is None else read_answers_file(answers, rows)
    if not len(traffic.rows):
        raise UserError(f"{traffic.name}: holds no row with a text; there is nothing to count")
    return rows, traffic


def report_of(
    rows: RunRows, traffic: Traffic, by: str | None, names: Sequence[str] | None, own: bool, draws: int = DRAWS
) -> SharesReport:
    """The topic shares of ``traffic``, of all its rows and of those of each name.

    Args:
        rows: the run.
        traffic: the rows to be counted.
        by: what ``names`` are.
        names: the group of each row.
        own: whether the rows are the run's own.
        draws: how many draws the intervals of groups rest on.
    """
    settings = ShareSettings(same_truth=traffic.same_truth)
    overall = topic_shares(rows.topics, traffic.judged, traffic.rows, settings, ALL)
    own_name = None if names is None else np.array(names)
    groups = [] if own_name is None else [(str(n), traffic.rows.taken(own_name == n)) for n in np.unique(own_name)]
    of_group = replace(settings, draws=draws)
    tables = tuple(topic_shares(rows.topics, traffic.judged, part, of_group, name) for name, part in groups)
    judge = _judge(overall, rows)
    return SharesReport(
        traffic=traffic.name,
        answered_by=traffic.answered_by,
        judged_by=judge,
        basis=_basis(judge, rows, overall),
        judged=len(rows.judged),
        left_out=traffic.left_out,
        overall=overall,
        by=by,
        groups=tables,
        shifts=tuple(_shifts(rows, traffic, groups, own=own)),
        notes=traffic.notes,
    )


def _judge(table: ShareTable, rows: RunRows) -> Judge:
    if table.method == "known":
        return "known topics"
    if table.method in {"prediction-powered", "em with audited rows"}:
        return "audited rows"
    if table.method == "em":
        return "given topics" if rows.truth == "given" else "agreed labels"
    return "nobody"


def _basis(judge: Judge, rows: RunRows, table: ShareTable) -> str:
    """Whose word the shares rest on, and what they therefore are shares of."""
    judged = f"{len(rows.judged):,} test rows"
    if judge == "known topics":
        return "counted: the input gives the topic of every row"
    if judge == "audited rows":
        also = "" if table.method == "prediction-powered" else f" and {judged} whose topics the input gives"
        return f"about the truth: corrected by {table.audited:,} audited rows{also}"
    if judge == "given topics":
        return f"about the truth: corrected by how {judged} are answered whose topics the input gives"
    if judge == "agreed labels":
        silent = rows.tables.sets.test.unlabelled
        without = f"; {silent:,} more have no label" if silent else ""
        return (
            f"as the annotators would label, not about the truth: corrected by how {judged} are answered on which they "
            f"agree{without}. A person's word on a random sample tells the truth"
        )
    return f"as the classifier answers, not corrected: {table.shares[0].why}"


def _shifts(rows: RunRows, traffic: Traffic, groups: list[tuple[str, ShareRows]], own: bool) -> list[ShiftTest]:
    """Validation against test rows by their truth, test rows against the traffic, and the groups with each other."""
    validation, test = rows.split("validation"), rows.split("test")
    found = []
    if validation.known.any() and test.known.any():
        found.append(shift_test({"validation": validation, "test": test}, "truth"))
    if not own:
        found.append(shift_test({"test": test, "traffic": traffic.rows}, "answers"))
    if len(groups) > 1:
        known = all(part.known.all() for _, part in groups)
        found.append(shift_test(dict(groups), "truth" if known else "answers"))
    return found
