"""How Sphinx builds the site from these pages: ``make docs``."""

from topicsmith.version import __version__

project = "topicsmith"
author = "The topicsmith maintainers"
copyright = "The topicsmith maintainers, Apache-2.0"  # noqa: A001  # the name Sphinx reads
release = version = __version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]
exclude_patterns = ["site"]

html_theme = "furo"
html_title = f"topicsmith {__version__}"
html_static_path: list[str] = []
