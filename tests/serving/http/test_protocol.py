"""The protocol's parts that need no socket; the rest is in tests/faults/test_serving.py (fault 46)."""

import sys

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from topicsmith.errors import MissingExtraError
from topicsmith.serving.http.protocol import limited_protocol
from topicsmith.serving.records import Limits


def test_it_is_uvicorns_protocol_with_limits() -> None:
    limits = Limits(header_bytes=7)
    made = limited_protocol(limits)
    assert issubclass(made, HttpToolsProtocol)
    assert made.limits == limits  # type: ignore[attr-defined]


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn.protocols.http.httptools_impl", None)
    with pytest.raises(MissingExtraError, match="serve"):
        limited_protocol(Limits())
