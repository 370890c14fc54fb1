"""How much is taken in, and what goes first, as the pipeline's values."""

from __future__ import annotations

from ldes_shok.pipeline.ingest import IngestLimits
from ldes_shok.pipeline.lanes import LaneRules
from ldes_shok.pipeline.queue import Lane, QueueBounds
from ldes_shok.settings.model import Settings
from ldes_shok.sources.registry import origin_of


def limits(settings: Settings) -> IngestLimits:
    """How much may wait for its commit."""
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
    """Sources that say a reading again to correct it, by `Origin.source`."""
    return frozenset(origin_of(source).source for source in settings.sources if source.corrects)


def lane_rules(settings: Settings) -> LaneRules:
    """Who goes first under load."""
    return LaneRules(
        settings.ingest.max_live_events,
        {
            origin_of(source).source: Lane(source.lane)
            for source in settings.sources
            if source.lane != "auto"
        },
    )
