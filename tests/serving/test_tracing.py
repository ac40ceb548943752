"""Spans only where they are asked for and can be made."""

import sys

import pytest

from topicsmith.serving.tracing import Tracing


def test_nothing_is_traced_unless_asked_for() -> None:
    tracing = Tracing({})
    assert tracing.state == "off"
    with tracing.request("GET", "/x", {}) as span:
        span.set(a=1)
    tracing.close()


def test_the_standard_switch_turns_it_off() -> None:
    assert Tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}).state == "off"


def test_without_the_libraries_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    assert "telemetry" in Tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}).state


def test_a_span_has_its_route_and_status_and_its_callers_number() -> None:
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    tracing = Tracing({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1"})
    assert tracing.state == "on"
    provider = tracing._provider
    provider.shutdown()
    provider._active_span_processor._span_processors = ()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with tracing.request("POST", "/v1/classify", {"traceparent": caller, "authorization": "Bearer x"}) as span:
        span.set(http__response__status_code=200)
    (found,) = kept.get_finished_spans()
    assert found.name == "POST /v1/classify"
    assert dict(found.attributes or {}) == {
        "http.request.method": "POST",
        "http.route": "/v1/classify",
        "http.response.status_code": 200,
    }
    assert found.context is not None
    assert f"{found.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
