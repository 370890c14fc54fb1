"""Logs outcomes for the operator: contradictions and unused fields."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.observability import metric_table as table
from ldes_shok.observability.metrics import Metrics
from ldes_shok.pipeline.contradictions import contradictions


class OutcomeLog:
    """The outcome log of one process.

    Args:
        metrics: count the contradictions.
        correcting: sources that correct their own readings, by `Origin.source`.
    """

    def __init__(self, metrics: Metrics, correcting: frozenset[str]) -> None:
        self._metrics = metrics
        self._correcting = correcting
        self._logged_unused: set[tuple[str, str]] = set()

    def log(self, deliveries: Sequence[Delivery], outcomes: Sequence[Outcome]) -> None:
        """Log the outcomes of one commit."""
        if any(outcome.corrects for outcome in outcomes):
            self._log_contradictions(deliveries, outcomes)
        if any(outcome.unused for outcome in outcomes):
            self._log_unused(deliveries, outcomes)

    def _log_contradictions(
        self, deliveries: Sequence[Delivery], outcomes: Sequence[Outcome]
    ) -> None:
        log = structlog.get_logger("ldes_shok.ingest")
        for each in contradictions(deliveries, outcomes, self._correcting):
            self._metrics.add(table.CONTRADICTIONS, each.source, count=len(each.keys))
            log.warning(
                "readings_contradicted", source=each.source, events=len(each.keys), key=each.keys[0]
            )

    def _log_unused(self, deliveries: Sequence[Delivery], outcomes: Sequence[Outcome]) -> None:
        """Log each unused field once per source: a sender over MQTT gets no answer."""
        for delivery, outcome in zip(deliveries, outcomes, strict=False):
            for sentence in outcome.unused:
                unused = (delivery.origin.source, sentence)
                if unused not in self._logged_unused:
                    self._logged_unused.add(unused)
                    log = structlog.get_logger("ldes_shok.ingest")
                    log.warning("field_unused", source=unused[0], reason=sentence)
