"""Metrics for Prometheus: one registry per service."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ldes_shok.observability import metric_table as table
from ldes_shok.observability.metric_table import CounterRow, GaugeRow, HistogramRow

Kind = TypeVar("Kind", Counter, Gauge)


class Metrics:
    """The metrics of the service, by the rows of the table. Safe for several threads."""

    content_type: Final = CONTENT_TYPE_PLAIN_0_0_4
    """Media type of the output of `render`."""

    def __init__(
        self,
        sources: Iterable[str] = (),
        streams: Iterable[str] = (),
        derived: Iterable[str] = (),
    ) -> None:
        """Start at 0.

        Args:
            sources: known values of the label `source`.
            streams: known values of the label `stream`.
            derived: the service's own sources; their series appear with their first event.
        """
        known = {
            "source": tuple(sources),
            "stream": tuple(streams),
            "outcome": (table.RECEIVED, *table.OUTCOMES),
            "lane": table.REFUSED_LANES,
        }
        self._sources = {*known["source"], *derived}
        self._registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        self._taken: Counts[tuple[str, str]] = Counts()
        for row in table.TABLE:
            made = self._make(row)
            if row.from_zero:
                for labels in product(*(known[name] for name in row.labels)):
                    made.labels(*labels)

    def add(self, row: CounterRow, *labels: str, count: int = 1) -> None:
        """Add `count`."""
        _series(self._counters[row.name], labels).inc(count)

    def adding(self, row: CounterRow, *labels: str) -> Callable[[], None]:
        """Return a function that adds one: for frequent counts."""
        return _series(self._counters[row.name], labels).inc

    def set(self, row: GaugeRow, value: float, *labels: str) -> None:
        """Set a gauge to `value`; True is 1 and False 0."""
        _series(self._gauges[row.name], labels).set(value)

    def observe(self, row: HistogramRow, seconds: float) -> None:
        """Record a duration of `seconds`."""
        self._histograms[row.name].observe(seconds)

    def events_received(self, source: str, count: int = 1) -> None:
        """Count `count` events of a configured `source`, whatever source an event names."""
        self._sources.add(source)
        self.add(table.EVENTS, source, table.RECEIVED, count=count)

    def source_is(self, source: str, state: str) -> None:
        """Set the state of `source`, one of `table.SOURCE_STATES`; its other states become 0."""
        for word in table.SOURCE_STATES:
            self.set(table.SOURCE_STATE, word == state, source, word)

    def log_events(self, tallies: Iterable[tuple[str, str, int]]) -> None:
        """Set the number of all events in the log, by source and outcome.

        A source that a file names and that is not configured counts as `OTHER`: a label must have a
        finite number of values, and events must not add any.
        """
        counts: Counts[tuple[str, str]] = Counts()
        for source, outcome, count in tallies:
            label = source if source in self._sources else table.OTHER
            counts[label, outcome] += count
            counts[label, table.RECEIVED] += count
        self._gauges[table.LOG_EVENTS.name].clear()
        for labels, count in counts.items():
            self.set(table.LOG_EVENTS, count, *labels)

    def take_requests(self) -> list[tuple[str, str, int]]:
        """Return route, status and count of the requests since the last call."""
        taken: list[tuple[str, str, int]] = []
        for metric in self._counters[table.REQUESTS.name].collect():
            for sample in metric.samples:
                route, status = sample.labels["route"], sample.labels["status"]
                new = int(sample.value) - self._taken[route, status]
                if sample.name.endswith("_total") and new:
                    self._taken[route, status] += new
                    taken.append((route, status, new))
        return taken

    def render(self) -> bytes:
        """Return all series in the Prometheus text format 0.0.4, UTF-8."""
        return generate_latest(_WithoutCreated(self._registry))

    def _make(self, row: CounterRow | GaugeRow | HistogramRow) -> Counter | Gauge | Histogram:
        match row:
            case CounterRow(name, text, labels):
                counter = Counter(name, text, labels, registry=self._registry)
                return self._counters.setdefault(name, counter)
            case GaugeRow(name, text, labels):
                gauge = Gauge(name, text, labels, registry=self._registry)
                return self._gauges.setdefault(name, gauge)
            case HistogramRow(name, text, labels, _, buckets):
                histogram = Histogram(name, text, labels, buckets=buckets, registry=self._registry)
                return self._histograms.setdefault(name, histogram)


def _series(metric: Kind, labels: tuple[str, ...]) -> Kind:
    return metric.labels(*labels) if labels else metric


@dataclass(frozen=True, slots=True)
class _WithoutCreated(Collector):
    """Leaves out the `_created` series: they double the answer, and nothing here reads them.

    The library's own switch is global to the process.
    """

    registry: CollectorRegistry

    def collect(self) -> Iterable[Metric]:
        for metric in self.registry.collect():
            metric.samples = [s for s in metric.samples if not s.name.endswith("_created")]
            yield metric
