"""The numbers of this process that Prometheus reads: their one registry, and what bot and workers both count.

Every name of ours begins with `aliendreams_`. Labels take few values that are known beforehand: backends,
lanes, kinds of end, never a job or a member. docs/WATCHING.md has the table, and a test holds it to this.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

PREFIX = "aliendreams"
REGISTRY = CollectorRegistry()

disable_created_metrics()  # type: ignore[no-untyped-call]
ProcessCollector(registry=REGISTRY)

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
"""Bounds of histograms: from a pick-up to an hour of waiting."""


def counter(name: str, about: str, labels: Sequence[str] = ()) -> Counter:
    """A number that only grows; `_total` is added to its name."""
    return Counter(name, about, labels, namespace=PREFIX, registry=REGISTRY)


def gauge(name: str, about: str, labels: Sequence[str] = ()) -> Gauge:
    """A number as it is now."""
    return Gauge(name, about, labels, namespace=PREFIX, registry=REGISTRY)


def histogram(name: str, about: str, labels: Sequence[str] = ()) -> Histogram:
    """Seconds that something took."""
    return Histogram(name, about, labels, namespace=PREFIX, registry=REGISTRY, buckets=SECONDS)


def family(name: str, about: str, labels: Sequence[str] = ()) -> GaugeMetricFamily:
    """A gauge that a collector makes when it is asked."""
    return GaugeMetricFamily(f"{PREFIX}_{name}", about, labels=labels)


@contextmanager
def collected(collector: Collector) -> Iterator[None]:
    """Ask a collector, too, while the block runs."""
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)


def text() -> bytes:
    """All of it, in Prometheus' format. Any thread may ask."""
    return generate_latest(REGISTRY)


REDIS_AWAY = counter("redis_away_seconds", "Seconds for which Redis did not answer this process.")
LOOP_LATE = gauge(
    "event_loop_late_seconds", "How late the event loop came to its last beat; it beats each second."
)
LOGGED = counter("log_records", "Lines logged, by level, from warnings on.", ["level"])


class Counting(logging.Handler):
    """Counts what is logged from warnings on."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """One more."""
        LOGGED.labels(record.levelname.lower()).inc()
