"""What the commands need: the functions of `bootstrap`, and the process around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ldes_shok.export.address import BucketAddress
from ldes_shok.export.request import ExportRequest, ExportSummary
from ldes_shok.export.request import OnProgress as OnExportProgress
from ldes_shok.pipeline.offline_types import (
    IngestSummary,
    OnProgress,
    QuarantineDetail,
    QuarantineRow,
    RejectedRow,
    RetrySummary,
    ValidationLine,
)
from ldes_shok.settings.model import Settings


class Offline(Protocol):
    """The log opened without a running service. All raise errors of the tree."""

    def ingest_file(
        self, path: Path, source_name: str, on_progress: OnProgress, first_line: int, /
    ) -> IngestSummary:
        """Ingest canonical events (NDJSON, .gz, .zst) from `first_line` on, counted from 1."""
        ...

    def validate_file(self, path: Path, stream: str | None, /) -> Iterator[ValidationLine]:
        """Judge events, or RDF members of `stream`, one by one; stores nothing."""
        ...

    def quarantine(self, limit: int, /) -> Sequence[QuarantineRow]:
        """The newest `limit` events in quarantine, newest first."""
        ...

    def quarantine_detail(self, number: int, /) -> QuarantineDetail | None:
        """One event in quarantine; None when there is none with that number."""
        ...

    def rejected(self, limit: int, /) -> Sequence[RejectedRow]:
        """The newest `limit` deliveries that were no canonical event, newest first."""
        ...

    def retry(self, numbers: Sequence[int] | None, /) -> RetrySummary:
        """Map and judge again, in order of receipt; None means all."""
        ...


class Application(Protocol):
    """The functions of the module `ldes_shok.bootstrap`."""

    def run_service(self, settings: Settings, /) -> int:
        """Serve until SIGTERM or SIGINT; returns the exit code."""
        ...

    def run_demo(
        self,
        settings: Settings,
        cabinets: int,
        days: int,
        speed: float,
        data_directory: Path,
        fresh: bool,  # noqa: FBT001  the command names it
        /,
    ) -> int:
        """Serve a simulated city until SIGTERM or SIGINT; returns the exit code."""
        ...

    def open_offline(self, settings: Settings, /) -> AbstractContextManager[Offline]:
        """Open the log without serving.

        Raises:
            LogLocked: a running service holds it.
        """
        ...

    def export_pages(
        self,
        settings: Settings,
        place: Path | BucketAddress,
        request: ExportRequest,
        on_progress: OnExportProgress,
        /,
    ) -> ExportSummary:
        """Bring a folder or a bucket up to date with the log."""
        ...

    def export_members(
        self,
        settings: Settings,
        path: Path,
        request: ExportRequest,
        on_progress: OnExportProgress,
        /,
    ) -> ExportSummary:
        """Write all members to one file of N-Quads."""
        ...


@dataclass(frozen=True, slots=True)
class Environment:
    """What a command finds around it.

    Attributes:
        variables: the environment variables.
        load: gives the application; called late, because it imports the RDF libraries.
    """

    variables: Mapping[str, str]
    load: Callable[[], Application]


def load_application() -> Application:
    """The real one."""
    from ldes_shok import bootstrap

    return bootstrap
