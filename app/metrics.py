"""What is counted, in Prometheus' words; a registry of its own for each application."""

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters that the application bumps, and gauges that are read when somebody asks."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "brokergraph_http_requests",
            "HTTP requests.",
            ["method", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "brokergraph_http_request_seconds", "Time to answer.", registry=self._registry
        )
        self._commits = Counter(
            "brokergraph_ledger_commits", "Commits that changed a journal.", registry=self._registry
        )
        self._changes = Counter(
            "brokergraph_ledger_changes", "Journalled changes.", ["kind"], registry=self._registry
        )
        self._calls = Counter(
            "brokergraph_broker_calls",
            "Calls to brokers.",
            ["operation", "outcome"],
            registry=self._registry,
        )

    def request(self, method: str, status: int, seconds: float) -> None:
        """Count one answered HTTP request; an unheard-of method is no label of its own."""
        known = method if method in {"GET", "POST", "HEAD", "OPTIONS"} else "other"
        self._requests.labels(known, str(status)).inc()
        self._seconds.observe(seconds)

    def committed(self, kinds: Iterable[str]) -> None:
        """Count one commit and the changes in it."""
        self._commits.inc()
        for kind, run in groupby(kinds):
            self._changes.labels(kind).inc(sum(1 for _ in run))

    def called(self, operation: str, outcome: str) -> None:
        """Count one call to a broker."""
        self._calls.labels(operation, outcome).inc()

    def gauge(self, name: str, description: str, read: Callable[[], float]) -> None:
        """A figure that is read when somebody asks."""
        Gauge(f"brokergraph_{name}", description, registry=self._registry).set_function(read)

    def gauges(
        self, name: str, description: str, label: str, read: Callable[[], Mapping[Any, int]]
    ) -> None:
        """A figure for each value of a label, read when somebody asks."""
        self._registry.register(_Labelled(f"brokergraph_{name}", description, label, read))

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)


class _Labelled(Collector):
    def __init__(
        self, name: str, description: str, label: str, read: Callable[[], Mapping[Any, int]]
    ) -> None:
        self._name, self._description, self._label, self._read = name, description, label, read

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily(self._name, self._description, labels=[self._label])
        for value, number in self._read().items():
            family.add_metric([str(value)], number)
        yield family
