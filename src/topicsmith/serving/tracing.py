"""Spans and figures for OpenTelemetry, where an address for them is configured and the library is installed."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_OFF = "OTEL_SDK_DISABLED"


class RequestSpan(Protocol):
    """What is told of one request."""

    def set(self, **attributes: str | int | float | bool) -> None:
        """Note ``attributes``: never a text, a topic's words or a key."""


class _Nothing:
    def set(self, **attributes: str | int | float | bool) -> None:
        pass


class _Told:
    def __init__(self, span: Any) -> None:
        self._span = span

    def set(self, **attributes: str | int | float | bool) -> None:
        for name, value in attributes.items():
            self._span.set_attribute(name.replace("__", "."), value)


class Tracing:
    """Spans of requests, or nothing: ``state`` says which and why."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """As the standard variables of ``environment`` say."""
        self._tracer: Any = None
        self._provider: Any = None
        self._extract: Any = None
        self.state = "off"
        if environment.get(_OFF, "").lower() == "true" or not any(environment.get(name) for name in ENDPOINTS):
            return
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.propagate import extract
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError:
            self.state = "asked for, but its libraries are not installed: add the extra 'telemetry'"
            return
        name = environment.get("OTEL_SERVICE_NAME", "topicsmith")
        self._provider = TracerProvider(resource=Resource.create({"service.name": name}))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("topicsmith.serving")
        self._extract = extract
        self.state = "on"

    @contextmanager
    def request(self, method: str, route: str, headers: Mapping[str, str]) -> Iterator[RequestSpan]:
        """A span over one request, below the caller's where ``traceparent`` names one."""
        if self._tracer is None:
            yield _Nothing()
            return
        from opentelemetry.trace import SpanKind

        context = self._extract({name: headers[name] for name in ("traceparent", "tracestate") if name in headers})
        attributes = {"http.request.method": method, "http.route": route}
        with self._tracer.start_as_current_span(
            f"{method} {route}", context=context, kind=SpanKind.SERVER, attributes=attributes, record_exception=False
        ) as span:
            yield _Told(span)

    def close(self) -> None:
        """Send what is left; an address that does not answer is not waited for long."""
        if self._provider is not None:
            self._provider.force_flush(2000)
