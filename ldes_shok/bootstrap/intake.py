"""The pipeline's values for intake: limits and order of events."""

from __future__ import annotations

from ldes_shok.pipeline.ingest import IngestLimits
from ldes_shok.pipeline.lanes import LaneRules
from ldes_shok.pipeline.queue import Lane, QueueBounds
from ldes_shok.settings.model import Settings
from ldes_shok.sources.registry import origin_of


def limits(settings: Settings) -> IngestLimits:
    """Return how many events may wait for their commit."""
    ingest = settings.ingest
    return IngestLimits(
        queue=QueueBounds(
            max_events=ingest.max_queued_events,
            max_bytes=ingest.max_queued_bytes,
            commit_events=ingest.max_events_per_commit,
            commit_bytes=ingest.max_bytes_per_commit,
        ),
        queue_seconds=ingest.max_queue_seconds,
        wait_seconds=ingest.wait_milliseconds / 1000,
        retry_after_seconds=ingest.retry_after_seconds,
    )


def correcting(settings: Settings) -> frozenset[str]:
    """Return the sources that correct a reading by sending it again, by `Origin.source`."""
    return frozenset(origin_of(source).source for source in settings.sources if source.corrects)


def lane_rules(settings: Settings) -> LaneRules:
    """Return which events go first under load."""
    return LaneRules(
        settings.ingest.max_live_events,
        {
            origin_of(source).source: Lane(source.lane)
            for source in settings.sources
            if source.lane != "auto"
        },
    )
