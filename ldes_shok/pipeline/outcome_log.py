"""What the operator is told of outcomes beside the counts: contradictions, and what is unused."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.observability import metric_table as table
from ldes_shok.observability.metrics import Metrics
from ldes_shok.pipeline.contradictions import contradictions


class OutcomeLog:
    """Of one process.

    Args:
        metrics: contradictions are counted there.
        correcting: sources that correct what they said, by `Origin.source`.
    """

    def __init__(self, metrics: Metrics, correcting: frozenset[str]) -> None:
        self._metrics = metrics
        self._correcting = correcting
        self._told_unused: set[tuple[str, str]] = set()

    def tell(self, deliveries: Sequence[Delivery], outcomes: Sequence[Outcome]) -> None:
        """Of one commit."""
        if any(outcome.corrects for outcome in outcomes):
            self._tell_contradictions(deliveries, outcomes)
        if any(outcome.unused for outcome in outcomes):
            self._tell_unused(deliveries, outcomes)

    def _tell_contradictions(
        self, deliveries: Sequence[Delivery], outcomes: Sequence[Outcome]
    ) -> None:
        log = structlog.get_logger("ldes_shok.ingest")
        for each in contradictions(deliveries, outcomes, self._correcting):
            self._metrics.add(table.CONTRADICTIONS, each.source, count=len(each.keys))
            log.warning(
                "readings_contradicted", source=each.source, events=len(each.keys), key=each.keys[0]
            )

    def _tell_unused(self, deliveries: Sequence[Delivery], outcomes: Sequence[Outcome]) -> None:
        """Once for each source and field: over MQTT its sender is not told."""
        for delivery, outcome in zip(deliveries, outcomes, strict=False):
            for sentence in outcome.unused:
                unused = (delivery.origin.source, sentence)
                if unused not in self._told_unused:
                    self._told_unused.add(unused)
                    log = structlog.get_logger("ldes_shok.ingest")
                    log.warning("field_unused", source=unused[0], reason=sentence)
