"""Every metric of the service, in one table: its name, its labels, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SOURCE_STATES: Final = ("starting", "connected", "disconnected", "stopped")
"""Values of the label `state`, the words of `ldes_shok.sources.base.SourceState`."""

RECEIVED: Final = "received"
"""Value of the label `outcome` that counts every event, before it has an outcome."""

OUTCOMES: Final = ("published", "duplicate", "quarantined", "rejected")
"""The other values, the words of `ldes_shok.cabinet.outcome.OutcomeKind` that are counted."""

OTHER: Final = "other"
"""Value of the label `source` for all that is not configured: a file may name any source."""

REFUSED_LANES: Final = ("live", "replay", "body")
"""Values of the label `lane`: the words of `ldes_shok.pipeline.queue.Lane`, and bodies unread."""


class MetricKind(StrEnum):
    """How a metric moves."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Description:
    """One line of the table: what is at `/metrics`, under which name."""

    name: str
    kind: MetricKind
    labels: tuple[str, ...]
    help: str


EVENTS: Final = Description(
    "ldes_shok_events_total",
    MetricKind.COUNTER,
    ("source", "outcome"),
    "Events by source and outcome; outcome received counts all, so received = published + "
    "duplicate + quarantined + rejected + those that wait.",
)
CONTRADICTIONS: Final = Description(
    "ldes_shok_contradictions_total",
    MetricKind.COUNTER,
    ("source",),
    "Events with a reading that was published with another value, from a source that is not known "
    "to correct what it said.",
)
MEMBERS: Final = Description(
    "ldes_shok_members_total", MetricKind.COUNTER, ("stream",), "Members published since the start."
)
NOTHING: Final = Description(
    "ldes_shok_messages_without_event_total",
    MetricKind.COUNTER,
    ("source",),
    "Messages that were kept and in which `decode` found no event: heartbeats, and whatever a "
    "mapping does not look for.",
)
PUSHES: Final = Description(
    "ldes_shok_pushes_total",
    MetricKind.COUNTER,
    ("source", "by", "number"),
    "Requests with events, by token and by signature, and which of those of the source that was, "
    "from 1: one that stands still can go.",
)
VISIBLE: Final = Description(
    "ldes_shok_ingest_to_visible_seconds",
    MetricKind.HISTOGRAM,
    (),
    "From the receipt of an event until its members stand on a page, in seconds.",
)
SOURCE_STATE: Final = Description(
    "ldes_shok_source_state",
    MetricKind.GAUGE,
    ("source", "state"),
    "1 for the state a source is in.",
)
SOURCE_STUCK: Final = Description(
    "ldes_shok_source_stuck",
    MetricKind.GAUGE,
    ("source",),
    "1 for a source that failed ingest.stuck_after_failures times in a row at the same position, "
    "until it gets past.",
)
LOG_SIZE: Final = Description(
    "ldes_shok_log_size_bytes", MetricKind.GAUGE, (), "Size of the log on disk, in bytes."
)
LOG_MEMBERS: Final = Description(
    "ldes_shok_log_members", MetricKind.GAUGE, ("stream",), "Members in the log."
)
LOG_EVENTS: Final = Description(
    "ldes_shok_log_events",
    MetricKind.GAUGE,
    ("source", "outcome"),
    "Events in the log by source and outcome, since the log began: received = published + "
    "duplicate + quarantined + rejected, at every moment and over restarts. Source other: those "
    "of sources that are not configured, named in a file that was ingested or configured before.",
)
LOG_READABLE: Final = Description(
    "ldes_shok_log_readable",
    MetricKind.GAUGE,
    (),
    "1 if the figures of the log are of now, 0 if it could not be read in time.",
)
QUARANTINED: Final = Description(
    "ldes_shok_quarantined_events", MetricKind.GAUGE, (), "Events in quarantine now."
)
COMMIT: Final = Description(
    "ldes_shok_commit_seconds", MetricKind.HISTOGRAM, (), "How long one commit took, in seconds."
)
QUEUE: Final = Description("ldes_shok_queue_events", MetricKind.GAUGE, (), "Events that wait now.")
QUEUE_BYTES: Final = Description(
    "ldes_shok_queue_bytes", MetricKind.GAUGE, (), "Size of the events that wait now, in bytes."
)
REFUSED: Final = Description(
    "ldes_shok_refused_total",
    MetricKind.COUNTER,
    ("lane",),
    "Submissions that found no room in time, by lane: live, replay, or body for a request whose "
    "body was not even read.",
)
UNARCHIVED: Final = Description(
    "ldes_shok_unarchived_leaves",
    MetricKind.GAUGE,
    (),
    "Sealed leaves whose pages are being made; there may be more when it is 64 or above.",
)
DERIVED_BEHIND: Final = Description(
    "ldes_shok_derived_behind_seconds",
    MetricKind.GAUGE,
    (),
    "How long ago the events came that the service derives from now; 0 when none waits.",
)
WRITER_SILENT: Final = Description(
    "ldes_shok_writer_silent_seconds",
    MetricKind.GAUGE,
    (),
    "In a process that only reads: for how long the writer was not heard of when it should have "
    "been; 0 while it is.",
)
CLOCK_DOUBT: Final = Description(
    "ldes_shok_clock_doubtful",
    MetricKind.GAUGE,
    (),
    "1 while the clock disagrees with what is known, so that nothing is forgotten.",
)
REQUESTS: Final = Description(
    "ldes_shok_http_requests_total",
    MetricKind.COUNTER,
    ("route", "status"),
    "HTTP requests by route pattern and status code.",
)
DISAGREEMENTS: Final = Description(
    "ldes_shok_validation_disagreements_total",
    MetricKind.COUNTER,
    (),
    "Members that the fast validation passed and pyshacl refused; must stay 0.",
)
RECHECKS: Final = Description(
    "ldes_shok_validation_rechecks_total",
    MetricKind.COUNTER,
    ("outcome",),
    "Members that the fast validation passed and that were to be judged again by pyshacl: agreed, "
    "disagreed, or dropped because too many waited.",
)
VALIDATION_PROBLEMS: Final = Description(
    "ldes_shok_validation_problems_total",
    MetricKind.COUNTER,
    (),
    "How often pyshacl's process had to be started again, or gave no verdict.",
)

TABLE: Final = (
    EVENTS,
    CONTRADICTIONS,
    MEMBERS,
    NOTHING,
    PUSHES,
    VISIBLE,
    SOURCE_STATE,
    SOURCE_STUCK,
    LOG_SIZE,
    LOG_MEMBERS,
    LOG_EVENTS,
    LOG_READABLE,
    QUARANTINED,
    COMMIT,
    QUEUE,
    QUEUE_BYTES,
    REFUSED,
    UNARCHIVED,
    DERIVED_BEHIND,
    WRITER_SILENT,
    CLOCK_DOUBT,
    REQUESTS,
    DISAGREEMENTS,
    RECHECKS,
    VALIDATION_PROBLEMS,
)
"""Every metric of the service. Names are part of the outside contract."""
