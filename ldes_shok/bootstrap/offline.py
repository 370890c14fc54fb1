"""The log opened without a running service: bulk ingest, validation, quarantine."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ldes_shok.bootstrap.core import Core, build_core
from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.clock import SystemClock, from_milliseconds
from ldes_shok.errors import ConfigurationError
from ldes_shok.log.records import EventRecord
from ldes_shok.pipeline.offline_types import (
    IngestProgress,
    IngestSummary,
    OnProgress,
    QuarantineDetail,
    QuarantineRow,
    RetrySummary,
    ValidationLine,
)
from ldes_shok.pipeline.validate import validate_events, validate_members
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_identity
from ldes_shok.sources.replay import read_events

_EVENTS_PER_COMMIT = 500
_ALL = 1_000_000_000


@contextmanager
def open_offline(settings: Settings) -> Iterator[Offline]:
    """Open the log for one command.

    Raises:
        LogLocked: a running service holds it.
    """
    core = build_core(settings, resolve_identity(settings, os.environ), SystemClock())
    try:
        yield Offline(core)
    finally:
        core.close()


class Offline:
    """What the commands do with the log."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def ingest_file(
        self, path: Path, source_name: str, on_progress: OnProgress, first_line: int
    ) -> IngestSummary:
        """Ingest canonical events from `first_line` on, counted from 1.

        Raises:
            ConfigurationError: no source has this name.
            SourceError: the file cannot be read; what came before it is stored.
        """
        origin = self._origin(source_name)
        size_bytes = path.stat().st_size if path.exists() else 0
        counts: Counter[str] = Counter()
        members = 0
        batch: list[Delivery] = []
        line = first_line - 1

        def store() -> None:
            nonlocal members
            written = self._core.writer.write(batch)
            counts.update(outcome.kind.value for outcome in written.outcomes)
            members += written.published.total()
            batch.clear()
            on_progress(IngestProgress(line, 0, size_bytes, counts.total()))

        for numbered in read_events(path, first_line - 1):
            line = numbered.number
            batch.append(Delivery(numbered.payload, origin, self._core.clock.now()))
            if len(batch) >= _EVENTS_PER_COMMIT:
                store()
        if batch:
            store()
        return IngestSummary(
            received=counts.total(),
            published=counts[OutcomeKind.PUBLISHED],
            duplicate=counts[OutcomeKind.DUPLICATE],
            quarantined=counts[OutcomeKind.QUARANTINED],
            rejected=counts[OutcomeKind.REJECTED],
            members=members,
        )

    def validate_file(self, path: Path, stream: str | None) -> Iterator[ValidationLine]:
        """Judge events, or RDF members of `stream`, one by one; stores nothing."""
        core = self._core
        if stream is not None:
            if stream not in {s.name for s in core.streams}:
                raise ConfigurationError(f"--stream: there is no stream {stream}")
            return validate_members(path, stream, core.judge)
        tenant = next(iter(core.settings.tenants))
        origin = Origin("file", tenant, "validate")
        return validate_events(path, origin, core.mapper, core.judge, core.clock.now())

    def quarantine(self, limit: int) -> Sequence[QuarantineRow]:
        """The newest `limit` events in quarantine, newest first."""
        events = self._core.reader.quarantined(_ALL)
        return [_row(event) for event in reversed(events)][:limit]

    def quarantine_detail(self, number: int) -> QuarantineDetail | None:
        """One event in quarantine; None when there is none with that number."""
        events = self._core.reader.quarantined(1, after_id=number - 1)
        if not events or events[0].id != number:
            return None
        report = events[0].quarantine.report if events[0].quarantine else ""
        return QuarantineDetail(_row(events[0]), events[0].payload, report)

    def retry(self, numbers: Sequence[int] | None) -> RetrySummary:
        """Map and judge again, in order of receipt; None means all."""
        waiting = self._core.reader.quarantined(_ALL)
        wanted = {event.id for event in waiting} if numbers is None else set(numbers)
        ids = [event.id for event in waiting if event.id in wanted]
        outcomes: list[Outcome] = []
        for start in range(0, len(ids), _EVENTS_PER_COMMIT):
            written = self._core.writer.retry(ids[start : start + _EVENTS_PER_COMMIT])
            outcomes += written.outcomes
        published = sum(outcome.kind is OutcomeKind.PUBLISHED for outcome in outcomes)
        return RetrySummary(len(outcomes), published, len(outcomes) - published)

    def _origin(self, source_name: str) -> Origin:
        for source in self._core.settings.sources:
            if source.name == source_name:
                return Origin(str(source.__struct_config__.tag), source.tenant, source.name)
        names = ", ".join(source.name for source in self._core.settings.sources)
        raise ConfigurationError(f"--source: there is no source {source_name}; there is {names}")


def _row(event: EventRecord) -> QuarantineRow:
    quarantine = event.quarantine
    return QuarantineRow(
        id=event.id,
        key=event.key,
        kind=event.kind,
        cabinet=event.cabinet,
        received_at=from_milliseconds(event.received_ms),
        code=quarantine.code if quarantine else "",
        reason=quarantine.reason if quarantine else "",
        stream=quarantine.stream if quarantine else "",
    )
