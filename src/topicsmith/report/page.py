"""The page: one HTML file with everything in it, no script, every foreign text escaped."""

from functools import cache
from typing import TYPE_CHECKING

from topicsmith.report.content import ReportContent
from topicsmith.report.environment import page_environment, policy_of, style_of
from topicsmith.report.figures.catalogue import figures_of
from topicsmith.report.figures.row_figures import candidate_colour
from topicsmith.report.tables.catalogue import tables_of
from topicsmith.version import __version__

if TYPE_CHECKING:
    from jinja2 import Template


def render(content: ReportContent) -> str:
    """The page of ``content``; the same content gives the same bytes."""
    style = style_of()
    return _template().render(
        content=content,
        best=content.best,
        tables=tables_of(content),
        figures=figures_of(content),
        style=style,
        policy=policy_of(style),
        version=__version__,
    )


@cache
def _template() -> "Template":
    environment = page_environment()
    environment.globals["colour"] = candidate_colour
    return environment.get_template("page.html")
