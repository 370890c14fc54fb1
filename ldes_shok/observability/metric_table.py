"""The table of all metrics of the service: names, labels and help texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SOURCE_STATES: Final = ("starting", "connected", "disconnected", "stopped")
"""Values of the label `state`: those of `ldes_shok.sources.base.SourceState`."""

RECEIVED: Final = "received"
"""Value of the label `outcome` for every event, before it has an outcome."""

OUTCOMES: Final = ("published", "duplicate", "quarantined", "rejected")
"""The other values: those of `ldes_shok.cabinet.outcome.OutcomeKind` that are counted."""

OTHER: Final = "other"
"""Value of the label `source` for sources that are not configured: a file may name any source."""

REFUSED_LANES: Final = ("live", "replay", "body")
"""Values of the label `lane`: those of `ldes_shok.pipeline.queue.Lane`, and unread bodies."""


@dataclass(frozen=True, slots=True)
class Row:
    """One metric.

    Attributes:
        name: its name at `/metrics`.
        help: its text there.
        labels: in the order of their values.
        from_zero: whether the series of all known labels exist from the start, so that a rate sees
            the first event.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    from_zero: bool = False


@dataclass(frozen=True, slots=True)
class CounterRow(Row):
    """A metric that only rises."""


@dataclass(frozen=True, slots=True)
class GaugeRow(Row):
    """A metric with its current value."""


@dataclass(frozen=True, slots=True)
class HistogramRow(Row):
    """A metric of durations in seconds; `buckets` are upper bounds."""

    buckets: tuple[float, ...] = ()


EVENTS: Final = CounterRow(
    "ldes_shok_events_total",
    "Events by source and outcome; outcome received counts all, so received = published + "
    "duplicate + quarantined + rejected + those that wait.",
    ("source", "outcome"),
    from_zero=True,
)
CONTRADICTIONS: Final = CounterRow(
    "ldes_shok_contradictions_total",
    "Events with a reading that was published with another value, from a source that is not known "
    "to correct what it said.",
    ("source",),
    from_zero=True,
)
MEMBERS: Final = CounterRow(
    "ldes_shok_members_total",
    "Members published since the start.",
    ("stream",),
    from_zero=True,
)
NOTHING: Final = CounterRow(
    "ldes_shok_messages_without_event_total",
    "Messages that were kept and in which `decode` found no event: heartbeats, and whatever a "
    "mapping does not look for.",
    ("source",),
)
PUSHES: Final = CounterRow(
    "ldes_shok_pushes_total",
    "Requests with events, by token and by signature, and which of those of the source that was, "
    "from 1: one that stands still can go.",
    ("source", "by", "number"),
)
VISIBLE: Final = HistogramRow(
    "ldes_shok_ingest_to_visible_seconds",
    "From the receipt of an event until its members stand on a page, in seconds.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
SOURCE_STATE: Final = GaugeRow(
    "ldes_shok_source_state",
    "1 for the state a source is in.",
    ("source", "state"),
)
SOURCE_STUCK: Final = GaugeRow(
    "ldes_shok_source_stuck",
    "1 for a source that failed ingest.stuck_after_failures times in a row at the same position, "
    "until it gets past.",
    ("source",),
)
LOG_SIZE: Final = GaugeRow("ldes_shok_log_size_bytes", "Size of the log on disk, in bytes.")
LOG_MEMBERS: Final = GaugeRow(
    "ldes_shok_log_members",
    "Members in the log.",
    ("stream",),
    from_zero=True,
)
LOG_EVENTS: Final = GaugeRow(
    "ldes_shok_log_events",
    "Events in the log by source and outcome, since the log began: received = published + "
    "duplicate + quarantined + rejected, at every moment and over restarts. Source other: those "
    "of sources that are not configured, named in a file that was ingested or configured before.",
    ("source", "outcome"),
)
LOG_READABLE: Final = GaugeRow(
    "ldes_shok_log_readable",
    "1 if the figures of the log are of now, 0 if it could not be read in time.",
)
QUARANTINED: Final = GaugeRow("ldes_shok_quarantined_events", "Events in quarantine now.")
COMMIT: Final = HistogramRow(
    "ldes_shok_commit_seconds",
    "How long one commit took, in seconds.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5),
)
QUEUE: Final = GaugeRow("ldes_shok_queue_events", "Events that wait now.")
QUEUE_BYTES: Final = GaugeRow(
    "ldes_shok_queue_bytes", "Size of the events that wait now, in bytes."
)
REFUSED: Final = CounterRow(
    "ldes_shok_refused_total",
    "Submissions that found no room in time, by lane: live, replay, or body for a request whose "
    "body was not even read.",
    ("lane",),
    from_zero=True,
)
UNARCHIVED: Final = GaugeRow(
    "ldes_shok_unarchived_leaves",
    "Sealed leaves whose pages are being made; there may be more when it is 64 or above.",
)
DERIVED_BEHIND: Final = GaugeRow(
    "ldes_shok_derived_behind_seconds",
    "How long ago the events came that the service derives from now; 0 when none waits.",
)
WRITER_SILENT: Final = GaugeRow(
    "ldes_shok_writer_silent_seconds",
    "In a process that only reads: for how long the writer was not heard of when it should have "
    "been; 0 while it is.",
)
CLOCK_DOUBT: Final = GaugeRow(
    "ldes_shok_clock_doubtful",
    "1 while the clock disagrees with what is known, so that nothing is forgotten.",
)
REQUESTS: Final = CounterRow(
    "ldes_shok_http_requests_total",
    "HTTP requests by route pattern and status code.",
    ("route", "status"),
)
DISAGREEMENTS: Final = CounterRow(
    "ldes_shok_validation_disagreements_total",
    "Members that the fast validation passed and pyshacl refused; must stay 0.",
)
RECHECKS: Final = CounterRow(
    "ldes_shok_validation_rechecks_total",
    "Members that the fast validation passed and that were to be judged again by pyshacl: agreed, "
    "disagreed, or dropped because too many waited.",
    ("outcome",),
)
VALIDATION_PROBLEMS: Final = CounterRow(
    "ldes_shok_validation_problems_total",
    "How often pyshacl's process had to be started again, or gave no verdict.",
)

TABLE: Final = tuple(
    row for row in tuple(vars().values()) if isinstance(row, CounterRow | GaugeRow | HistogramRow)
)
"""Every row above, in its order at `/metrics`. Names are part of the public contract."""
