"""The page of trends: one HTML file with everything in it, no script, every foreign text escaped."""

import shlex

from topicsmith.report.environment import page_environment, policy_of, style_of
from topicsmith.report.figures.row_figures import candidate_colour
from topicsmith.trends import figures
from topicsmith.trends.results import TrendsReport
from topicsmith.version import __version__

_PACKAGE = "topicsmith.trends"


def render(report: TrendsReport, run: str, where: str, rows: str) -> str:
    """The page of ``report``; the same report gives the same bytes.

    Args:
        report: what is shown.
        run: the run's name.
        where: the run as the user wrote it, for commands.
        rows: where the table of rows behind alarms lies.
    """
    style = style_of(_PACKAGE)
    far = not report.without_far
    environment = page_environment(_PACKAGE)
    environment.globals["colour"] = candidate_colour  # the report's macros ask for it
    return environment.get_template("trends.html").render(
        report=report,
        run=run,
        discover=discover_command(where, rows),
        topics=figures.topic_figures(report),
        far=figures.far_plot(report) if far else None,
        strangeness=figures.strangeness_plot(report) if far else None,
        words=figures.alarm_words,
        style=style,
        policy=policy_of(style),
        version=__version__,
    )


def discover_command(run: str, rows: str) -> str:
    """What says which topics are among the rows behind alarms, as a shell takes it.

    >>> discover_command("my topics", "rows.parquet")
    "topicsmith discover 'my topics' --rows rows.parquet"
    """
    return f"topicsmith discover {shlex.quote(run)} --rows {shlex.quote(rows)}"
