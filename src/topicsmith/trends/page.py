"""The page of trends: one HTML file with everything in it, no script, every foreign text escaped."""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from topicsmith.report.page import content_policy, page_environment, page_style
from topicsmith.trends import figures
from topicsmith.trends.results import TrendsReport
from topicsmith.version import __version__

if TYPE_CHECKING:
    from jinja2 import Template


def render(report: TrendsReport, run: str, where: str, rows: str) -> str:
    """The page of ``report``; the same report gives the same bytes.

    Args:
        report: what is shown.
        run: the run's name.
        where: the run as the user wrote it, for commands.
        rows: where the table of rows behind alarms lies.
    """
    style = _style()
    far = not report.without_far
    return _template().render(
        report=report,
        run=run,
        where=where,
        rows=rows,
        topics=figures.topic_figures(report),
        far=figures.far_plot(report) if far else None,
        strangeness=figures.strangeness_plot(report) if far else None,
        words=figures.alarm_words,
        style=style,
        policy=content_policy(style),
        version=__version__,
    )


@cache
def _style() -> str:
    return page_style() + files("topicsmith.trends").joinpath("templates/trends.css").read_text(encoding="utf-8")


@cache
def _template() -> "Template":
    return page_environment("topicsmith.trends").get_template("trends.html")
