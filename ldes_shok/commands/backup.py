"""The commands `backup` and `restore`, built from the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ldes_shok import __version__
from ldes_shok.clock import SystemClock
from ldes_shok.commands.fsck import check_file
from ldes_shok.errors import BackupUnusable, ConfigurationError, LogUnavailable
from ldes_shok.fsck.finding import Item
from ldes_shok.log.backup import BackupOrder, back_up, existing_log, restored
from ldes_shok.log.manifest import BackupManifest, agrees, read_manifest
from ldes_shok.log.walk_step import OnStep
from ldes_shok.sections.secret import Secret
from ldes_shok.settings.model import Settings
from ldes_shok.settings.store import store_path

_POSTGRES = (
    "store.url: a PostgreSQL store is copied with PostgreSQL's own tools, while the service runs: "
    "`pg_dump --format=custom --file=ldes-shok.dump DATABASE`, and put back into a new database "
    "with `pg_restore --exit-on-error --dbname=DATABASE ldes-shok.dump`; for every second, use "
    "pg_basebackup with WAL archiving. Keep the identity secret with it"
)


def make_backup(
    settings: Settings,
    secret: Secret,
    folder: Path,
    on_step: OnStep,
    with_secret: bool,  # noqa: FBT001  the command names it
) -> BackupManifest:
    """Copy the log that the settings name, beside a service that may write it.

    Raises:
        BackupUnusable: the folder is not empty or cannot be written.
        ConfigurationError: the store has its own backup tools.
        LogUnavailable: there is no log, or it cannot be read.
    """
    path = _log_path(settings)
    if not path.exists():
        raise LogUnavailable(f"{path}: there is no log here yet; has the service run?")
    key = secret.reveal().encode()
    order = BackupOrder(path, folder, SystemClock().now(), __version__, key, with_secret)
    return back_up(order, on_step)


@contextmanager
def restore_backup(
    settings: Settings,
    secret: Secret,
    source: Path,
    on_step: OnStep,
    force: bool,  # noqa: FBT001  the command names it
) -> Iterator[Restoring]:
    """Put a backup in place of the settings' log when the `with` block ends without error.

    Args:
        settings: of the service.
        secret: the identity secret; it must be the one of the backup.
        source: the folder of a backup.
        on_step: gets the progress.
        force: also replace an existing log; that log is kept beside it.

    Raises:
        BackupUnusable: the backup is damaged, or a log exists and may not be replaced.
        ConfigurationError: the store has its own tools, or the identity secret does not match.
        LogLocked: a service writes the log.
        LogMismatch: the backup has another public URL, or a newer release made it.
        LogUnavailable: the folder of the log cannot be written.
    """
    path = _log_path(settings)
    manifest = read_manifest(source)
    if not agrees(secret.reveal().encode(), manifest.identity_fingerprint):
        raise ConfigurationError(
            "identity: the secret is not the one that this backup was made with, so events that "
            "come again would get other IRIs; set the old secret"
        )
    if existing_log(path) and not force:
        raise BackupUnusable(
            f"{path}: there is a log here; --force keeps it as {path.name}.replaced and puts the "
            "backup in its place"
        )
    with restored(source, path, settings.public_url, on_step) as copy:
        yield Restoring(settings, secret, manifest, path, copy)


class Restoring:
    """A backup that is about to become the log.

    Attributes:
        manifest: the manifest of the backup.
        path: where the log will be.
    """

    def __init__(
        self, settings: Settings, secret: Secret, manifest: BackupManifest, path: Path, copy: Path
    ) -> None:
        self.manifest = manifest
        self.path = path
        self._settings = settings
        self._secret = secret
        self._copy = copy

    def check(self) -> Iterator[Item]:
        """Return all findings of `fsck` about the backup."""
        return check_file(self._settings, self._copy, self._secret)


def _log_path(settings: Settings) -> Path:
    if settings.store.url.startswith("postgres"):
        raise ConfigurationError(_POSTGRES)
    return store_path(settings.store)
