"""Figures for Prometheus; none of them has a text, a key or an address in it."""

from collections.abc import Callable, Mapping

from topicsmith.errors import MissingExtraError
from topicsmith.serving.records import ServedModel

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """What the server counts.

    Raises:
        MissingExtraError: when the library that writes them is not installed.
    """

    def __init__(self) -> None:
        try:
            import prometheus_client as prometheus
        except ImportError:
            raise MissingExtraError("'topicsmith serve'", "serve") from None
        self.registry = registry = prometheus.CollectorRegistry()
        self._text = prometheus.generate_latest
        count, spread, gauge = prometheus.Counter, prometheus.Histogram, prometheus.Gauge
        self._requests = count(
            "topicsmith_requests", "Requests by route and status.", ["route", "status"], registry=registry
        )
        self._refused = count("topicsmith_refused", "Requests that were refused, by type.", ["type"], registry=registry)
        self._seconds = spread(
            "topicsmith_request_seconds",
            "From a request to its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._texts = count("topicsmith_texts", "Texts answered, by status.", ["status"], registry=registry)
        self._batch_texts = spread("topicsmith_batch_texts", "Texts in a batch.", buckets=_TEXTS, registry=registry)
        self._batch_seconds = spread(
            "topicsmith_batch_seconds", "Seconds a batch took.", buckets=_SECONDS, registry=registry
        )
        self._tokens = count("topicsmith_tokens", "Tokens computed, about.", registry=registry)
        self._dropped = count("topicsmith_dropped_texts", "Accepted texts that nobody waited for.", registry=registry)
        self._restarts = count("topicsmith_restarts", "How often the model's process was replaced.", registry=registry)
        self._reloads = count("topicsmith_reloads", "Models loaded anew, by result.", ["result"], registry=registry)
        self._queue = gauge("topicsmith_queue_tokens", "Tokens accepted and not answered, about.", registry=registry)
        self._ready = gauge("topicsmith_ready", "Whether requests are taken.", registry=registry)
        self._model = gauge("topicsmith_model", "Which answers.", ["id", "kind", "taxonomy"], registry=registry)

    def watch_queue(self, tokens: Callable[[], float], ready: Callable[[], float]) -> None:
        """Read these two whenever somebody asks."""
        self._queue.set_function(tokens)
        self._ready.set_function(ready)

    def model(self, model: ServedModel) -> None:
        """Another model answers from now on."""
        self._model.clear()
        self._model.labels(model.id, model.kind, model.taxonomy or "").set(1)

    def computed(self, texts: int, tokens: int, seconds: float) -> None:
        """A batch was computed."""
        self._batch_texts.observe(texts)
        self._batch_seconds.observe(seconds)
        self._tokens.inc(tokens)

    def request(self, route: str, status: int, seconds: float) -> None:
        """A request got its answer."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def refused(self, type_: str) -> None:
        """A request was refused."""
        self._refused.labels(type_).inc()

    def texts(self, by_status: Mapping[str, int]) -> None:
        """Texts were answered."""
        for status, number in by_status.items():
            self._texts.labels(status).inc(number)

    def dropped(self, texts: int) -> None:
        """Texts were given up before they were computed."""
        self._dropped.inc(texts)

    def restarted(self) -> None:
        """The model's process was replaced."""
        self._restarts.inc()

    def reloaded(self, result: str) -> None:
        """A model was loaded anew, or refused."""
        self._reloads.labels(result).inc()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return self._text(self.registry)
