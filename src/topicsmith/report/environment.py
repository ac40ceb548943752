"""What stand-alone pages have in common: the style sheet, the policy that lets nothing else in, and the filters."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from topicsmith.report import formatting

if TYPE_CHECKING:
    from jinja2 import Environment

_REPORT = "topicsmith.report"


@cache
def style_of(package: str = _REPORT) -> str:
    """The style sheet of the report, and behind it that of ``package``."""
    names = dict.fromkeys((_REPORT, package))
    return "".join(files(name).joinpath("templates/style.css").read_text(encoding="utf-8") for name in names)


def policy_of(style: str) -> str:
    """The policy of a page: nothing may load or run; only the style sheet in it, known by its hash, is let in."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def page_environment(package: str = _REPORT) -> "Environment":
    """Templates of ``package``, which may import those of the report; every text is escaped."""
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in dict.fromkeys((package, _REPORT))]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(_FILTERS)
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
