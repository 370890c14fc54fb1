"""A fake application that remembers how it was called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ldes_shok.cli.application import Application, Environment
from ldes_shok.errors import LdesShokError
from ldes_shok.export.address import BucketAddress
from ldes_shok.export.request import ExportProgress, ExportRequest, ExportSummary
from ldes_shok.export.request import OnProgress as OnExportProgress
from ldes_shok.pipeline.offline_types import (
    IngestProgress,
    IngestSummary,
    OnProgress,
    QuarantineDetail,
    QuarantineRow,
    RejectedRow,
    RetrySummary,
    ValidationLine,
)
from ldes_shok.settings.model import Settings

DEMO = Path(__file__).parents[3] / "config" / "demo.yaml"

ROW = QuarantineRow(
    id=7,
    key="m:00000000000000000000000000",
    kind="measurement",
    cabinet="VBS-001",
    received_at=datetime(2026, 5, 12, 18, 0, tzinfo=UTC),
    code="shape",
    reason="Observatie.resultaat: missing\x1b[31m",
    stream="techniek",
)


GOOD = IngestSummary(3, 2, 1, 0, 0, 5)
RETRIED = RetrySummary(2, 2, 0)


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
    rows: Sequence[QuarantineRow] = (ROW,)
    refused: Sequence[RejectedRow] = ()
    retried: RetrySummary = RETRIED
    payload: bytes = b'{"v":1,"x":1.50}'

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

    def validate_file(self, path: Path, stream: str | None) -> Iterator[ValidationLine]:
        self.calls.append(("validate", path.name, stream))
        yield from self.lines

    def quarantine(self, limit: int) -> Sequence[QuarantineRow]:
        self.calls.append(("quarantine", limit))
        return self.rows

    def quarantine_detail(self, number: int) -> QuarantineDetail | None:
        found = [row for row in self.rows if row.id == number]
        return QuarantineDetail(found[0], self.payload, "[] a sh:Violation .") if found else None

    def rejected(self, limit: int) -> Sequence[RejectedRow]:
        self.calls.append(("rejected", limit))
        return self.refused

    def retry(self, numbers: Sequence[int] | None) -> RetrySummary:
        self.calls.append(("retry", numbers))
        return self.retried

    def export_pages(
        self,
        settings: Settings,
        place: Path | BucketAddress,
        request: ExportRequest,
        on_progress: OnExportProgress,
    ) -> ExportSummary:
        for done in range(1, 11):
            on_progress(ExportProgress(done, 10, done))
        self._note(settings, "export_pages", place, request)
        return ExportSummary(5, 20, 0)

    def export_members(
        self, settings: Settings, path: Path, request: ExportRequest, on_progress: OnExportProgress
    ) -> ExportSummary:
        on_progress(ExportProgress(5, 5, 0))
        self._note(settings, "export_members", path, request)
        return ExportSummary(5, 1, 0)

    def _note(self, settings: Settings, *call: object) -> None:
        self.settings = settings
        self.calls.append(call)
        if self.failure:
            raise self.failure


def environment(fake: FakeApplication, variables: Mapping[str, str] | None = None) -> Environment:
    """The process around a command, with `fake` in it."""

    def load() -> Application:
        return fake

    return Environment(variables or {}, load)
