"""The files that ``topicsmith init`` writes, as package data."""

from importlib.resources import files


def read_template(name: str) -> str:
    """The text of the template called ``name``."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
