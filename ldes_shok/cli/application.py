"""What the commands need: the functions of `bootstrap`, and the process around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from ldes_shok.export.address import BucketAddress
from ldes_shok.export.request import ExportRequest, ExportSummary
from ldes_shok.fsck.finding import Item
from ldes_shok.fsck.outside import Outside
from ldes_shok.log.manifest import Manifest
from ldes_shok.log.step import OnStep
from ldes_shok.pipeline.offline_types import (
    Imported,
    IngestSummary,
    OnProgress,
    QuarantineDetail,
    QuarantineRow,
    RejectedRow,
    RetrySummary,
    ValidationLine,
)
from ldes_shok.pipeline.raw_types import RawDetail, RawRow
from ldes_shok.pipeline.rerun import RerunSummary
from ldes_shok.settings.model import Settings
from ldes_shok.settings.secrets import Secret


class Offline(Protocol):
    """The log opened without a running service. All raise errors of the tree."""

    def ingest_file(
        self, path: Path, source_name: str, on_progress: OnProgress, first_line: int, /
    ) -> IngestSummary:
        """Ingest canonical events (NDJSON, .gz, .zst) from `first_line` on, counted from 1."""
        ...

    def import_file(
        self,
        path: Path,
        subject: str,
        source_name: str,
        dry_run: bool,  # noqa: FBT001  the command names it
        /,
    ) -> Imported:
        """Import a table of a kind (`Subject`), or say what would become of it."""
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


class RawArchive(Protocol):
    """What sources sent, as it came. All write down who looks, and raise errors of the tree."""

    def kept(self, source_name: str | None, limit: int, /) -> Sequence[RawRow]:
        """The oldest `limit` messages that are kept."""
        ...

    def detail(self, digest: str, /) -> RawDetail | None:
        """One message; None if there is none with this digest."""
        ...

    def rerun(self, source_name: str | None, since: datetime | None, /) -> RerunSummary:
        """Decode again what is kept."""
        ...


class Restoring(Protocol):
    """A backup that is about to become the log."""

    @property
    def manifest(self) -> Manifest:
        """What it says about itself."""
        ...

    @property
    def path(self) -> Path:
        """Where the log will be."""
        ...

    def check(self) -> Iterator[Item]:
        """All that `fsck` says about it."""
        ...


class Application(Protocol):
    """The functions of the module `ldes_shok.bootstrap`."""

    def run_service(self, settings: Settings, /) -> int:
        """Serve until SIGTERM or SIGINT; returns the exit code."""
        ...

    def check_start(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        with_secrets: bool,  # noqa: FBT001  the command names it
        /,
    ) -> tuple[Sequence[str], Sequence[str]]:
        """What `serve` would refuse, and what is doubtful; nothing is started."""
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

    def check_store(self, settings: Settings, streams: Sequence[str], /) -> Iterator[Item]:
        """Check the log, or some of its streams, beside a service that may run."""
        ...

    def repair_store(self, settings: Settings, /) -> Iterator[Item]:
        """Make anew what follows from the rest of the log.

        Raises:
            LogLocked: a running service holds it.
        """
        ...

    def check_url(self, outside: Outside, token: str, /) -> Iterator[Item]:
        """Check a live stream; `token` is empty for none."""
        ...

    def make_backup(
        self,
        settings: Settings,
        secret: Secret,
        folder: Path,
        on_step: OnStep,
        with_secret: bool,  # noqa: FBT001  the command names it
        /,
    ) -> Manifest:
        """Copy the log to a new folder, beside a service that may run."""
        ...

    def restore_backup(
        self,
        settings: Settings,
        secret: Secret,
        source: Path,
        on_step: OnStep,
        force: bool,  # noqa: FBT001  the command names it
        /,
    ) -> AbstractContextManager[Restoring]:
        """Put a backup in the place of the log, when the `with` block ends without an error.

        Raises:
            LogLocked: a running service holds it.
        """
        ...

    def open_offline(self, settings: Settings, /) -> AbstractContextManager[Offline]:
        """Open the log without serving.

        Raises:
            LogLocked: a running service holds it.
        """
        ...

    def open_raw_archive(self, settings: Settings, /) -> AbstractContextManager[RawArchive]:
        """Open what sources sent."""
        ...

    def destroy_pseudonym_keys(
        self,
        settings: Settings,
        before: str | None,
        clock_is_right: bool,  # noqa: FBT001  positional, as the others
        /,
    ) -> Sequence[str]:
        """Destroy the keys of periods that are not kept, or of those before a period."""
        ...

    def export_pages(
        self,
        settings: Settings,
        place: Path | BucketAddress,
        request: ExportRequest,
        on_step: OnStep,
        /,
    ) -> ExportSummary:
        """Bring a folder or a bucket up to date with the log."""
        ...

    def export_members(
        self,
        settings: Settings,
        path: Path,
        request: ExportRequest,
        on_step: OnStep,
        /,
    ) -> ExportSummary:
        """Write all members to one file of N-Quads."""
        ...


@dataclass(frozen=True, slots=True)
class Environment:
    """What a command finds around it.

    Attributes:
        variables: the environment variables.
        load: gives the application; called late, because it imports all that a service needs.
    """

    variables: Mapping[str, str]
    load: Callable[[], Application]


def load_application() -> Application:
    """The real one."""
    from ldes_shok import bootstrap

    return bootstrap
