"""The page: one HTML file with everything in it, no script, every foreign text escaped."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from topicsmith.report import formatting
from topicsmith.report.content import ReportContent
from topicsmith.report.figures.catalogue import figures_of
from topicsmith.report.figures.row_figures import candidate_colour
from topicsmith.report.tables.catalogue import tables_of
from topicsmith.version import __version__

if TYPE_CHECKING:
    from jinja2 import Environment, Template


def render(content: ReportContent) -> str:
    """The page of ``content``; the same content gives the same bytes."""
    style = page_style()
    return _template().render(
        content=content,
        best=content.best,
        tables=tables_of(content),
        figures=figures_of(content),
        style=style,
        policy=content_policy(style),
        version=__version__,
    )


def content_policy(style: str) -> str:
    """What a page lets in: nothing may load or run, only its style sheet, known by its hash."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def page_style() -> str:
    """The style sheet of every page."""
    return files("topicsmith.report").joinpath("templates/style.css").read_text(encoding="utf-8")


@cache
def _template() -> "Template":
    return page_environment().get_template("page.html")


def page_environment(package: str = "topicsmith.report") -> "Environment":
    """What renders pages from the templates of ``package`` and the macros of the report: all texts escaped."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in dict.fromkeys((package, "topicsmith.report"))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
    environment.globals["colour"] = candidate_colour
    return environment


_FILTERS: Mapping[str, object] = {
    "percent": formatting.percent,
    "count": formatting.count,
    "score": formatting.score,
    "number": formatting.number,
    "ms": formatting.milliseconds,
    "usd": formatting.usd,
    "seconds": formatting.seconds,
    "interval": formatting.interval,
    "score_interval": formatting.score_interval,
    "cell": formatting.cell,
    "shown": formatting.shown,
    "breakable": formatting.breakable,
}
