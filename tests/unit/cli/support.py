"""What the commands call, replaced by what remembers how it was called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ldes_shok.cabinet.incoming import Raw
from ldes_shok.cabinet.outcome import OutcomeKind
from ldes_shok.clock import to_milliseconds
from ldes_shok.errors import LdesShokError
from ldes_shok.export.address import BucketAddress
from ldes_shok.export.request import ExportRequest, ExportSummary
from ldes_shok.fsck.finding import Item
from ldes_shok.fsck.outside import Outside
from ldes_shok.log.manifest import BackupManifest, StreamCount
from ldes_shok.log.records import EventRecord, Quarantine, RawRecord, Rejection
from ldes_shok.log.walk_step import OnStep, Step
from ldes_shok.pipeline.offline_types import (
    Imported,
    ImportedRow,
    IngestProgress,
    IngestSummary,
    OnProgress,
    RetrySummary,
    ValidationLine,
)
from ldes_shok.pipeline.rerun import RerunSummary
from ldes_shok.sections.secret import Secret
from ldes_shok.settings.model import Settings

DEMO = Path(__file__).parents[3] / "config" / "demo.yaml"

RECEIVED_MS = to_milliseconds(datetime(2026, 5, 12, 18, 0, tzinfo=UTC))
WAITING = EventRecord(
    id=7,
    tenant="stad",
    key="m:00000000000000000000000000",
    digest=b"",
    identity=b"",
    kind="measurement",
    source="http:stad:push",
    cabinet="VBS-001",
    received_ms=RECEIVED_MS,
    payload=b'{"v":1,"x":1.50}',
    raw_digest=b"",
    quarantine=Quarantine(
        "shape", "Observatie.resultaat: missing\x1b[31m", "techniek", "[] a sh:Violation ."
    ),
)


MANIFEST = BackupManifest(
    format=1,
    created_at=datetime(2026, 5, 12, 18, 0, tzinfo=UTC),
    service_version="0",
    schema_version="1",
    public_url="http://shok.test",
    log_bytes=2_500_000,
    log_sha256="00",
    events=7,
    streams=(StreamCount("kasten", 3, 0), StreamCount("techniek", 11, 0)),
    identity_fingerprint="00:00",
)

GOOD = IngestSummary(3, 2, 1, 0, 0, 5)
IMPORTED = Imported(
    (
        ImportedRow((2, 3), OutcomeKind.PUBLISHED, "c:0", 4, ""),
        ImportedRow((4,), OutcomeKind.DUPLICATE, "c:0", 0, ""),
    ),
    ("Opmerking",),
)
RETRIED = RetrySummary(2, 2, 0)
RAW = RawRecord(bytes.fromhex("ab" * 32), "mqtt:stad:broker", RECEIVED_MS, b"x" * 120)
RERUN = RerunSummary(messages=3, published=1, duplicate=1, replaced=1)


@dataclass
class FakeApplication:
    """Answers what it is told to answer."""

    calls: list[tuple[object, ...]] = field(default_factory=list)
    settings: Settings | None = None
    failure: BaseException | None = None
    opening_failure: LdesShokError | None = None
    steps: Sequence[IngestProgress] = ()
    summary: IngestSummary = GOOD
    lines: Sequence[ValidationLine] = ()
    imported: Imported = IMPORTED
    rows: Sequence[EventRecord] = (WAITING,)
    refused: Sequence[Rejection] = ()
    retried: RetrySummary = RETRIED
    raws: Sequence[RawRecord] = (RAW,)
    rerun_summary: RerunSummary = RERUN
    periods: Sequence[str] = ("2026-05",)
    items: Sequence[Item | LdesShokError] = ()

    def run_service(self, settings: Settings) -> int:
        self._note(settings, "run_service")
        return 0

    def run_demo(
        self,
        settings: Settings,
        cabinets: int,
        days: int,
        speed: float,
        data_directory: Path,
        fresh: bool,
    ) -> int:
        self._note(settings, "run_demo", cabinets, days, speed, data_directory, fresh)
        return 0

    @contextmanager
    def open_offline(self, settings: Settings) -> Iterator[FakeApplication]:
        if self.opening_failure:
            raise self.opening_failure
        self.settings = settings
        yield self

    def ingest_file(
        self, path: Path, source_name: str, on_progress: OnProgress, first_line: int
    ) -> IngestSummary:
        self.calls.append(("ingest", path.name, source_name, first_line))
        for step in self.steps:
            on_progress(step)
        if self.failure:
            raise self.failure
        return self.summary

    def import_file(self, path: Path, subject: str, source_name: str, dry_run: bool) -> Imported:
        self.calls.append(("import", path.name, subject, source_name, dry_run))
        return self.imported

    def validate_file(self, path: Path, stream: str | None) -> Iterator[ValidationLine]:
        self.calls.append(("validate", path.name, stream))
        yield from self.lines

    def quarantine(self, limit: int) -> Sequence[EventRecord]:
        self.calls.append(("quarantine", limit))
        return self.rows

    def quarantined(self, number: int) -> EventRecord | None:
        return next((event for event in self.rows if event.id == number), None)

    def rejected(self, limit: int) -> Sequence[Rejection]:
        self.calls.append(("rejected", limit))
        return self.refused

    def retry(self, numbers: Sequence[int] | None) -> RetrySummary:
        self.calls.append(("retry", numbers))
        return self.retried

    def check_store(self, settings: Settings, streams: Sequence[str]) -> Iterator[Item]:
        self._note(settings, "check_store", tuple(streams))
        return self._items()

    def repair_store(self, settings: Settings) -> Iterator[Item]:
        self._note(settings, "repair_store")
        return iter(())

    def check_url(self, outside: Outside, token: str) -> Iterator[Item]:
        self.calls.append(("check_url", outside, token))
        return self._items()

    def make_backup(
        self,
        settings: Settings,
        secret: Secret,
        folder: Path,
        on_step: OnStep,
        with_secret: bool,
    ) -> BackupManifest:
        self._note(settings, "make_backup", secret.reveal(), folder, with_secret)
        on_step(Step("copy", 3, 3))
        return MANIFEST

    @contextmanager
    def restore_backup(
        self, settings: Settings, secret: Secret, source: Path, on_step: OnStep, force: bool
    ) -> Iterator[FakeApplication]:
        self._note(settings, "restore_backup", secret.reveal(), source, force)
        on_step(Step("copy", 3, 3))
        yield self
        self.calls.append(("restored",))

    @property
    def manifest(self) -> BackupManifest:
        return MANIFEST

    @property
    def path(self) -> Path:
        return Path("var/log.db")

    def check(self) -> Iterator[Item]:
        self.calls.append(("check",))
        return self._items()

    def _items(self) -> Iterator[Item]:
        for item in self.items:
            if isinstance(item, LdesShokError):
                raise item
            yield item

    @contextmanager
    def open_raw_archive(self, settings: Settings) -> Iterator[FakeApplication]:
        self.settings = settings
        yield self

    def kept(self, source_name: str | None, limit: int) -> Sequence[RawRecord]:
        self.calls.append(("raw_list", source_name, limit))
        return self.raws

    def detail(self, digest: str) -> tuple[RawRecord, Raw] | None:
        self.calls.append(("raw_show", digest))
        found = [row for row in self.raws if row.digest.hex() == digest]
        return (found[0], Raw.of(b"{\x1b", {"topic": "a\x1b"})) if found else None

    def rerun(self, source_name: str | None, since: datetime | None) -> RerunSummary:
        self.calls.append(("rerun", source_name, since))
        return self.rerun_summary

    def destroy_pseudonym_keys(
        self, settings: Settings, before: str | None, clock_is_right: bool
    ) -> Sequence[str]:
        self._note(settings, "destroy", before, clock_is_right)
        return self.periods

    def export_pages(
        self,
        settings: Settings,
        place: Path | BucketAddress,
        request: ExportRequest,
        on_step: OnStep,
    ) -> ExportSummary:
        for done in range(1, 11):
            on_step(Step("members", done, 10))
        self._note(settings, "export_pages", place, request)
        return ExportSummary(5, 20, 0)

    def export_members(
        self,
        settings: Settings,
        path: Path,
        request: ExportRequest,
        on_step: OnStep,
    ) -> ExportSummary:
        on_step(Step("members", 5, 5))
        self._note(settings, "export_members", path, request)
        return ExportSummary(5, 1, 0)

    def _note(self, settings: Settings, *call: object) -> None:
        self.settings = settings
        self.calls.append(call)
        if self.failure:
            raise self.failure


CALLED: Final = {
    "ldes_shok.bootstrap.service": ("run_service",),
    "ldes_shok.commands.backup": ("make_backup", "restore_backup"),
    "ldes_shok.commands.export": ("export_members", "export_pages"),
    "ldes_shok.commands.fsck": ("check_store", "check_url", "repair_store"),
    "ldes_shok.commands.offline": ("open_offline",),
    "ldes_shok.commands.raw_archive": ("destroy_pseudonym_keys", "open_raw_archive"),
    "ldes_shok.demo.run": ("run_demo",),
}
"""What is replaced, by module."""
