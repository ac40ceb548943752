"""What the test rows of a run can tell of two candidates, from how often its candidates differ row by row."""

from collections.abc import Sequence
from statistics import median

from topicsmith.report.view_model import Candidate
from topicsmith.statistics.paired import LEVEL
from topicsmith.statistics.power import ASKED_DIFFERENCES, PairPower, mcnemar_power, power_text


def row_power(candidates: Sequence[Candidate]) -> tuple[PairPower, ...]:
    """How often candidates 2, 3 and 5 points apart are told apart on these rows.

    Near-copies count once, as in the test. The share of rows on which only one of two is right is the median over the
    comparisons with the best, baselines left out; nothing where there is none. Differences larger than that share are
    left out.
    """
    compared = [c for c in candidates if c.comparison is not None and not c.is_baseline]
    if not compared:
        return ()
    rows = compared[0].accuracy.groups or compared[0].n
    apart = median(min(1.0, (c.comparison.only_best + c.comparison.only_this) / rows) for c in compared if c.comparison)
    return tuple(
        PairPower(rows, difference, apart, LEVEL, mcnemar_power(rows, apart, difference))
        for difference in ASKED_DIFFERENCES
        if difference <= apart
    )


def row_power_line(candidates: Sequence[Candidate]) -> str:
    """The same in one sentence; empty where nothing can be said."""
    found = row_power(candidates)
    if not found:
        return ""
    told = power_text(found, f"only one of two is right on {100 * found[0].discordant:.1f} % of rows, as measured here")
    return f"{told[0].upper()}{told[1:]}."
