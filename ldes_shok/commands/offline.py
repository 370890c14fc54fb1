"""Opens the log without a running service: bulk ingest, validation, quarantine."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ldes_shok.bootstrap.core import Core, build_core, build_judge, build_mapper
from ldes_shok.bootstrap.log_readers import open_existing_log
from ldes_shok.bootstrap.privacy import build_vault
from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.clock import SystemClock
from ldes_shok.commands.tables import csv_source, import_table
from ldes_shok.errors import ConfigurationError, VaultLocked
from ldes_shok.log.base import LogReader
from ldes_shok.log.records import SEALED_REASON, EventRecord, Rejection
from ldes_shok.pipeline.archive import archive_all
from ldes_shok.pipeline.offline_types import (
    Imported,
    IngestProgress,
    IngestSummary,
    OnProgress,
    RetrySummary,
    ValidationLine,
)
from ldes_shok.pipeline.validate import validate_events, validate_members
from ldes_shok.pipeline.vault import Vault
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import resolve_identity
from ldes_shok.settings.store import postgres_url, store_path
from ldes_shok.sources.dialects.csvfile.subject import Subject
from ldes_shok.sources.transports.file import read_events

_EVENTS_PER_COMMIT = 500


@contextmanager
def open_offline(settings: Settings) -> Iterator[Offline]:
    """Yield what the commands need; each part is opened when it is first used.

    Commands that only read the quarantine work beside a running service. Commands that write take
    the log, and raise LogLocked while a service holds it.
    """
    with ExitStack() as stack:
        yield Offline(settings, stack)


class Offline:
    """The work of the commands on the log."""

    def __init__(self, settings: Settings, stack: ExitStack) -> None:
        """Prepare; `stack` closes what is opened later."""
        self._settings = settings
        self._stack = stack
        self._writing: Core | None = None

    @property
    def _core(self) -> Core:
        if self._writing is None:
            secret = resolve_identity(self._settings, os.environ)
            self._writing = build_core(self._settings, secret, SystemClock())
            self._stack.callback(self._writing.close)
        return self._writing

    @property
    def _rehearsal(self) -> Core:
        """Return the core of the log; without a log, of an empty temporary one: none is made."""
        settings = self._settings
        if postgres_url(settings.store) is not None or store_path(settings.store).exists():
            return self._core
        folder = self._stack.enter_context(TemporaryDirectory(prefix="ldes-shok-"))
        secret = resolve_identity(settings, os.environ)
        core = build_core(settings, secret, SystemClock(), Path(folder) / "rehearsal.db")
        self._stack.callback(core.close)
        return core

    def _reader(self) -> LogReader:
        reader = open_existing_log(self._settings)
        self._stack.callback(reader.close)
        return reader

    def ingest_file(
        self, path: Path, source_name: str, on_progress: OnProgress, first_line: int
    ) -> IngestSummary:
        """Ingest canonical events from `first_line` on, counted from 1.

        Raises:
            ConfigurationError: no source has this name.
            SourceError: the file cannot be read; the events before the error are stored.
        """
        origin = self._origin(source_name)
        size_bytes = path.stat().st_size if path.exists() else 0
        counts: Counter[str] = Counter()
        unused: Counter[str] = Counter()
        members = 0
        batch: list[Delivery] = []
        line = first_line - 1
        position_bytes = 0

        def store() -> None:
            nonlocal members
            written = self._core.writer.write(batch)
            counts.update(outcome.kind.value for outcome in written.outcomes)
            unused.update(field for outcome in written.outcomes for field in outcome.unused)
            members += written.published.total()
            archive_all(self._core.writer, self._core.leaf_archiver)
            batch.clear()
            on_progress(IngestProgress(line, position_bytes, size_bytes, counts.total()))

        for numbered in read_events(path, first_line - 1):
            line, position_bytes = numbered.number, numbered.position_bytes
            batch.append(Delivery(numbered.payload, origin, self._core.clock.now()))
            if len(batch) >= _EVENTS_PER_COMMIT:
                store()
        if batch:
            store()
        self._core.writer.release_all()
        return IngestSummary(
            received=counts.total(),
            published=counts[OutcomeKind.PUBLISHED],
            duplicate=counts[OutcomeKind.DUPLICATE],
            quarantined=counts[OutcomeKind.QUARANTINED],
            rejected=counts[OutcomeKind.REJECTED],
            members=members,
            unused=unused,
        )

    def import_file(
        self,
        path: Path,
        subject: str,
        source_name: str,
        dry_run: bool,  # noqa: FBT001  the command names it
    ) -> Imported:
        """Import a table, or with `dry_run` return the outcome of each line without storing it.

        Raises:
            ConfigurationError: no source of type csv has this name.
            SourceError: the file is not a table of this subject.
        """
        source = csv_source(self._settings, source_name)
        core = self._rehearsal if dry_run else self._core

        def store(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
            outcomes: list[Outcome] = []
            for start in range(0, len(deliveries), _EVENTS_PER_COMMIT):
                batch = deliveries[start : start + _EVENTS_PER_COMMIT]
                outcomes += core.writer.write(batch).outcomes
                archive_all(core.writer, core.leaf_archiver)
            core.writer.release_all()
            return outcomes

        take = core.writer.rehearse if dry_run else store
        return import_table(path, Subject(subject), source, core.clock.now(), take)

    def validate_file(self, path: Path, stream: str | None) -> Iterator[ValidationLine]:
        """Judge events, or RDF members of `stream`, one by one; store nothing."""
        settings = self._settings
        judge = build_judge(settings)
        if stream is not None:
            if stream not in settings.streams.by_name():
                raise ConfigurationError(f"--stream: there is no stream {stream}")
            return validate_members(path, stream, judge)
        secret = resolve_identity(settings, os.environ)
        origin = Origin("file", next(iter(settings.tenants)), "validate", names_sources=True)
        return validate_events(
            path, origin, build_mapper(settings, secret), judge, SystemClock().now()
        )

    def quarantine(self, limit: int) -> Sequence[EventRecord]:
        """Return the newest `limit` events in quarantine, newest first."""
        return self._reader().newest_quarantined(limit)

    def quarantined(self, number: int) -> EventRecord | None:
        """Return one event in quarantine; None if no event has that number."""
        found = self._reader().quarantined(1, after_id=number - 1)
        return found[0] if found and found[0].id == number else None

    def rejected(self, limit: int) -> Sequence[Rejection]:
        """Return the newest `limit` deliveries that were no canonical event, newest first.

        Each has the reason that its sender got and the original bytes, if the keys exist.
        """
        vault = build_vault(self._settings, os.environ, SystemClock())
        return [_readable(vault, rejection) for rejection in self._reader().rejections(limit)]

    def retry(self, numbers: Sequence[int] | None) -> RetrySummary:
        """Map and judge events again, in order of receipt; None means all."""
        outcomes: list[Outcome] = []
        for ids in self._waiting(numbers):
            outcomes += self._core.writer.retry(ids).outcomes
        self._core.writer.release_all()
        published = sum(outcome.kind is OutcomeKind.PUBLISHED for outcome in outcomes)
        return RetrySummary(len(outcomes), published, len(outcomes) - published)

    def _waiting(self, numbers: Sequence[int] | None) -> Iterator[Sequence[int]]:
        """Yield the events to retry, one batch for each commit; None means all."""
        if numbers is not None:
            ids = sorted(set(numbers))
            for start in range(0, len(ids), _EVENTS_PER_COMMIT):
                yield ids[start : start + _EVENTS_PER_COMMIT]
            return
        last_id = 0
        while events := self._core.reader.quarantined(_EVENTS_PER_COMMIT, last_id):
            last_id = events[-1].id
            yield [event.id for event in events]

    def _origin(self, source_name: str) -> Origin:
        for source in self._settings.sources:
            if source.name == source_name:
                adapter = str(source.__struct_config__.tag)
                return Origin(adapter, source.tenant, source.name, names_sources=True)
        names = ", ".join(source.name for source in self._settings.sources)
        raise ConfigurationError(f"--source: there is no source {source_name}; there is {names}")


def _readable(vault: Vault, rejection: Rejection) -> Rejection:
    if rejection.reason != SEALED_REASON:
        return rejection
    try:
        refused = vault.unseal_refused(rejection.payload)
    except VaultLocked as error:
        return replace(rejection, reason=str(error), payload=b"")
    return replace(rejection, reason=refused.reason, payload=refused.payload)
