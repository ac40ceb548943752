"""The taxonomy of the experiment."""

from tests.llm.conftest import taxonomy

__all__ = ["taxonomy"]
