"""What the server counts, for Prometheus. Labels are routes, statuses and model names: nothing a client chooses."""

from typing import final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_SENTENCES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


@final
class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "regard_requests", "Answered requests.", ("route", "method", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "regard_request_seconds", "From arrival to answer.", ("route",), buckets=_SECONDS, registry=self.registry
        )
        self.sentences = Counter("regard_sentences", "Translated sentences.", ("model",), registry=self.registry)
        self.tokens = Counter(
            "regard_source_tokens", "Source tokens of translated sentences.", ("model",), registry=self.registry
        )
        self.batch = Histogram(
            "regard_batch_sentences", "Sentences per batch.", buckets=_SENTENCES, registry=self.registry
        )
        self.dropped = Counter(
            "regard_dropped", "Accepted requests that were not answered.", ("why",), registry=self.registry
        )
        self.refused = Counter("regard_refused", "Requests refused because of too much work.", registry=self.registry)
        self.waiting = Gauge(
            "regard_waiting_tokens",
            "Accepted work that is not answered yet, in tokens times beam.",
            registry=self.registry,
        )
        self.tasks = Gauge(
            "regard_tasks", "Tasks of the event loop, this request's among them.", registry=self.registry
        )
        self.reloads = Counter("regard_reloads", "Models loaded again.", ("model", "outcome"), registry=self.registry)

    def text(self) -> bytes:
        """The page that Prometheus reads."""
        return generate_latest(self.registry)
