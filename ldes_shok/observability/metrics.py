"""Metrics for Prometheus: one registry per service."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ldes_shok.observability import metric_table as table

_COMMIT_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_VISIBLE_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """What the service counts. Safe to call from several threads."""

    content_type: Final = CONTENT_TYPE_PLAIN_0_0_4
    """Media type of what `render` gives."""

    def __init__(
        self,
        sources: Iterable[str] = (),
        streams: Iterable[str] = (),
        derived: Iterable[str] = (),
    ) -> None:
        """Start at 0.

        Args:
            sources: names whose series exist from the start, so that a rate sees the first event.
            streams: likewise, names of streams.
            derived: sources of the service's own, whose series exist once there is something.
        """
        sources = tuple(sources)
        self._sources = {*sources, *derived}
        self._registry = CollectorRegistry()
        self._events = self._counter(table.EVENTS)
        self._contradictions = self._counter(table.CONTRADICTIONS)
        self._members = self._counter(table.MEMBERS)
        self._nothing = self._counter(table.NOTHING)
        self._pushes = self._counter(table.PUSHES)
        self._visible = self._histogram(table.VISIBLE, _VISIBLE_SECONDS)
        self._source_state = self._gauge(table.SOURCE_STATE)
        self._source_stuck = self._gauge(table.SOURCE_STUCK)
        self._log_size = self._gauge(table.LOG_SIZE)
        self._log_members = self._gauge(table.LOG_MEMBERS)
        self._log_events = self._gauge(table.LOG_EVENTS)
        self._log_readable = self._gauge(table.LOG_READABLE)
        self._quarantined = self._gauge(table.QUARANTINED)
        self._commit = self._histogram(table.COMMIT, _COMMIT_SECONDS)
        self._queue = self._gauge(table.QUEUE)
        self._queue_bytes = self._gauge(table.QUEUE_BYTES)
        self._refused = self._counter(table.REFUSED)
        self._unarchived = self._gauge(table.UNARCHIVED)
        self._derived_behind = self._gauge(table.DERIVED_BEHIND)
        self._writer_silent = self._gauge(table.WRITER_SILENT)
        self._clock_doubt = self._gauge(table.CLOCK_DOUBT)
        self._requests = self._counter(table.REQUESTS)
        self._taken: Counts[tuple[str, str]] = Counts()
        self._disagreements = self._counter(table.DISAGREEMENTS)
        self._rechecks = self._counter(table.RECHECKS)
        self._validation_problems = self._counter(table.VALIDATION_PROBLEMS)
        for source in sources:
            for outcome in (table.RECEIVED, *table.OUTCOMES):
                self._events.labels(source, outcome)
            self._contradictions.labels(source)
        for lane in table.REFUSED_LANES:
            self._refused.labels(lane)
        for stream in streams:
            self._members.labels(stream)
            self._log_members.labels(stream)

    def events_received(self, source: str, count: int = 1) -> None:
        """`source` handed over `count` events: one of the service's, not what an event names."""
        self._sources.add(source)
        self._events.labels(source, table.RECEIVED).inc(count)

    def events_ended(self, source: str, outcome: str, count: int = 1) -> None:
        """`count` events of `source` ended as `outcome`, one of `table.OUTCOMES`."""
        self._events.labels(source, outcome).inc(count)

    def messages_without_event(self, source: str, count: int = 1) -> None:
        """`count` messages of `source` were kept and hold no event."""
        self._nothing.labels(source).inc(count)

    def contradicted(self, source: str, count: int = 1) -> None:
        """`count` events of `source` say otherwise what was published, and it does not correct."""
        self._contradictions.labels(source).inc(count)

    def pushed(self, source: str, by: str, number: int) -> None:
        """A request of `source` came with its token or signature (`by`) of this number."""
        self._pushes.labels(source, by, str(number)).inc()

    def members_published(self, stream: str, count: int = 1) -> None:
        """`count` members were published in `stream`."""
        self._members.labels(stream).inc(count)

    def visible_after(self, seconds: float) -> None:
        """An event's members could be read `seconds` after its receipt."""
        self._visible.observe(seconds)

    def source_is(self, source: str, state: str) -> None:
        """`source` is in `state`, one of `table.SOURCE_STATES`, and in no other."""
        for word in table.SOURCE_STATES:
            self._source_state.labels(source, word).set(1 if word == state else 0)

    def source_stuck(self, source: str, *, is_stuck: bool) -> None:
        """`source` fails again and again at one position, or does not."""
        self._source_stuck.labels(source).set(1 if is_stuck else 0)

    def log_size(self, size_bytes: int) -> None:
        """The log takes `size_bytes` on disk."""
        self._log_size.set(size_bytes)

    def log_members(self, stream: str, count: int) -> None:
        """The log holds `count` members of `stream`."""
        self._log_members.labels(stream).set(count)

    def log_events(self, tallies: Iterable[tuple[str, str, int]]) -> None:
        """The log holds so many events: all of them, by source and outcome.

        What a file named as its source, and nobody configured, is counted as `OTHER`: a label is
        not a place to write something, and there are finitely many.
        """
        counts: Counts[tuple[str, str]] = Counts()
        for source, outcome, count in tallies:
            label = source if source in self._sources else table.OTHER
            counts[label, outcome] += count
            counts[label, table.RECEIVED] += count
        self._log_events.clear()
        for (label, outcome), count in counts.items():
            self._log_events.labels(label, outcome).set(count)

    def log_readable(self, *, is_readable: bool) -> None:
        """What is said of the log was read now, or could not be."""
        self._log_readable.set(1 if is_readable else 0)

    def quarantined_events(self, count: int) -> None:
        """`count` events are in quarantine."""
        self._quarantined.set(count)

    def commit_took(self, seconds: float) -> None:
        """A commit took `seconds`."""
        self._commit.observe(seconds)

    def queue_events(self, count: int) -> None:
        """`count` events wait."""
        self._queue.set(count)

    def queue_bytes(self, size_bytes: int) -> None:
        """The events that wait have `size_bytes`."""
        self._queue_bytes.set(size_bytes)

    def refused(self, lane: str) -> None:
        """A submission found no room in time; `lane` is one of `table.REFUSED_LANES`."""
        self._refused.labels(lane).inc()

    def unarchived_leaves(self, count: int) -> None:
        """`count` sealed leaves are known to wait until their pages are stored."""
        self._unarchived.set(count)

    def derived_behind(self, seconds: float) -> None:
        """What is derived follows from events that came so many seconds ago; 0: from all."""
        self._derived_behind.set(seconds)

    def writer_silent(self, seconds: float) -> None:
        """The writer was not heard of for so long when it should have been."""
        self._writer_silent.set(seconds)

    def clock_doubtful(self, *, is_doubtful: bool) -> None:
        """The clock disagrees with what is known, or does not."""
        self._clock_doubt.set(1 if is_doubtful else 0)

    def http_request(self, route: str, status: int, count: int = 1) -> None:
        """A request was answered. `route` is the pattern, never the path: labels are finite."""
        self._requests.labels(route, str(int(status))).inc(count)

    def http_requests(self, route: str, status: int) -> Callable[[], None]:
        """Counts one more request of this route and status, each time that it is called."""
        return self._requests.labels(route, str(int(status))).inc

    def take_requests(self) -> list[tuple[str, int, int]]:
        """The requests since this was last asked, by route and status: route, status, count."""
        taken: list[tuple[str, int, int]] = []
        for metric in self._requests.collect():
            for sample in metric.samples:
                route, status = sample.labels["route"], sample.labels["status"]
                new = int(sample.value) - self._taken[route, status]
                if sample.name.endswith("_total") and new:
                    self._taken[route, status] += new
                    taken.append((route, int(status), new))
        return taken

    def validation_disagreement(self) -> None:
        """The fast validation had passed what pyshacl refused."""
        self._disagreements.inc()

    def validation_recheck(self, outcome: str) -> None:
        """A sample of what the fast validation passed ended: agreed, disagreed or dropped."""
        self._rechecks.labels(outcome).inc()

    def validation_problem(self) -> None:
        """pyshacl's process was started again, or gave no verdict."""
        self._validation_problems.inc()

    def render(self) -> bytes:
        """All series in the Prometheus text format 0.0.4, UTF-8."""
        return generate_latest(_WithoutCreated(self._registry))

    def _counter(self, what: table.Description) -> Counter:
        return Counter(what.name, what.help, what.labels, registry=self._registry)

    def _gauge(self, what: table.Description) -> Gauge:
        return Gauge(what.name, what.help, what.labels, registry=self._registry)

    def _histogram(self, what: table.Description, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(
            what.name, what.help, what.labels, buckets=buckets, registry=self._registry
        )


@dataclass(frozen=True, slots=True)
class _WithoutCreated(Collector):
    """Leaves out the `_created` series: they double the answer, and nobody here reads them.

    The library's own switch is global to the process.
    """

    registry: CollectorRegistry

    def collect(self) -> Iterable[Metric]:
        for metric in self.registry.collect():
            metric.samples = [s for s in metric.samples if not s.name.endswith("_created")]
            yield metric
