"""Backup of the embedded log while it is written, and restore.

The copy is one moment of the log: SQLite's backup runs inside one read transaction. The log is in
WAL mode, so the writer goes on, and its commits do not restart the backup. Without that transaction
they do (https://www.sqlite.org/backup.html, "if the source database is modified by an external
process"). Until the backup ends, the write-ahead log cannot be reset and grows by what is written.

A backup is a folder. It gets its name when all its files are on the disk.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Final

from ldes_shok.errors import BackupUnusable, LogMismatch, LogUnavailable
from ldes_shok.log.durable import (
    copy_with_digest,
    sha256_of,
    sync_directory,
    sync_file,
    write_durably,
)
from ldes_shok.log.manifest import (
    FORMAT,
    LOG_NAME,
    MANIFEST_NAME,
    SECRET_NAME,
    BackupManifest,
    StreamCount,
    encode_manifest,
    fingerprint,
    read_manifest,
)
from ldes_shok.log.sqlite.high_water import HighWater, seen_in, write_witness
from ldes_shok.log.sqlite.lock import WriterLock
from ldes_shok.log.sqlite.migrations import SCHEMA
from ldes_shok.log.sqlite.one_name import check_one_name
from ldes_shok.log.walk_step import OnStep, Step

_PAGES_AT_ONCE: Final = 128
_PRIVATE_FILE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700
_BESIDE: Final = ("-wal", "-shm")
"""SQLite's files beside a log. SQLite would play back the old ones into a new log."""

FILES_OF_A_LOG: Final = ("", *_BESIDE, ".witness")
"""The endings of all files of one log. They are moved, replaced and deleted together."""


@dataclass(frozen=True, slots=True)
class BackupOrder:
    """What to copy.

    Attributes:
        log: the SQLite file.
        folder: the backup; must not exist, or be empty.
        created_at: aware UTC.
        service_version: of this software.
        secret: keys the IRIs. Only its fingerprint is written, unless `with_secret` is set.
        with_secret: also write the secret itself, readable only by its owner.
    """

    log: Path
    folder: Path
    created_at: datetime
    service_version: str
    secret: bytes
    with_secret: bool = False


def back_up(order: BackupOrder, on_step: OnStep) -> BackupManifest:
    """Copy a log, also one that is being written.

    Raises:
        BackupUnusable: the folder exists, or cannot be written.
        LogUnavailable: the log cannot be read.
    """
    folder = order.folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupUnusable(f"{order.folder}: is there already; name a new folder")
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir(mode=_PRIVATE_FOLDER)
        try:
            manifest = _fill(partial, order, on_step)
            partial.rename(folder)
            sync_directory(folder.parent)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    except OSError as error:
        raise BackupUnusable(f"{order.folder}: {error.strerror or error}") from error
    return manifest


@contextmanager
def restored(source: Path, log: Path, public_url: str, on_step: OnStep) -> Iterator[Path]:
    """Put a backup beside `log`; it becomes the log when the `with` block ends without an error.

    The block is given the path of the copy, to look at it. The writer's lock is held meanwhile.
    A log that is there already is kept under a name that ends in `.replaced`.

    Raises:
        BackupUnusable: the backup is damaged or cannot be read.
        LogLocked: a service writes the log.
        LogMismatch: the backup is of another public URL or of a newer release.
        LogUnavailable: the folder of the log cannot be written.
    """
    manifest = read_manifest(source)
    _refuse_mismatch(source, manifest, public_url)
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        lock = WriterLock(log)
    except OSError as error:
        raise LogUnavailable(f"{log}: {error.strerror or error}") from error
    partial = log.with_name(f"{log.name}.restoring")
    try:
        _remove(partial)
        _copy_back(source / LOG_NAME, partial, manifest, on_step)
        yield partial
        for ending in _BESIDE:
            partial.with_name(partial.name + ending).unlink(missing_ok=True)
        _replace(log, partial, _seen_of(partial))
    except OSError as error:
        raise LogUnavailable(f"{log}: {error.strerror or error}") from error
    finally:
        _remove(partial)
        lock.release()


def existing_log(log: Path) -> bool:
    """Whether a restore to `log` would take the place of something."""
    return any(path.exists() for path in (log, *(log.with_name(log.name + e) for e in _BESIDE)))


def _fill(folder: Path, order: BackupOrder, on_step: OnStep) -> BackupManifest:
    log = folder / LOG_NAME
    try:
        _copy_log(order.log, log, on_step)
        with closing(sqlite3.connect(f"{log.as_uri()}?immutable=1", uri=True)) as copy:
            (schema_version,), (public_url,) = (
                copy.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone() or ("",)
                for name in ("schema_version", "public_url")
            )
            rows = copy.execute("SELECT name, members, last_ms FROM stream ORDER BY id")
            streams = tuple(StreamCount(*row) for row in rows)
            (events,) = copy.execute("SELECT count(*) FROM event").fetchone()
    except sqlite3.Error as error:
        raise LogUnavailable(f"{order.log}: cannot be copied: {error}") from error
    sync_file(log)
    size_bytes = log.stat().st_size
    manifest = BackupManifest(
        format=FORMAT,
        created_at=order.created_at,
        service_version=order.service_version,
        schema_version=schema_version,
        public_url=public_url,
        log_bytes=size_bytes,
        log_sha256=sha256_of(log, lambda done: on_step(Step("digest", done, size_bytes))),
        events=events,
        streams=streams,
        identity_fingerprint=fingerprint(order.secret),
    )
    if order.with_secret:
        write_durably(folder / SECRET_NAME, order.secret + b"\n", _PRIVATE_FILE)
    write_durably(folder / MANIFEST_NAME, encode_manifest(manifest))
    sync_directory(folder)
    return manifest


def _copy_log(source: Path, target: Path, on_step: OnStep) -> None:
    check_one_name(source)

    def show(_: int, remaining: int, total: int) -> None:
        on_step(Step("copy", total - remaining, total))

    with (
        closing(
            sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        ) as log,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        copy.execute("PRAGMA synchronous = OFF")  # synced once, as a whole, at the end
        log.execute("BEGIN")
        # A transaction reads nothing until it is asked: this is the moment of the copy.
        log.execute("SELECT count(*) FROM meta").fetchone()
        log.backup(copy, pages=_PAGES_AT_ONCE, progress=show)
        log.execute("ROLLBACK")


def _refuse_mismatch(source: Path, manifest: BackupManifest, public_url: str) -> None:
    if manifest.public_url != public_url:
        raise LogMismatch(
            f"{source}: is of {manifest.public_url}, not of {public_url}; its members carry that "
            "in their IRIs: set public_url to it"
        )
    if int(manifest.schema_version) > SCHEMA.version:
        raise LogMismatch(
            f"{source}: has schema {manifest.schema_version}, this release writes "
            f"{SCHEMA.version}; use release {manifest.service_version} or a later one"
        )


def _copy_back(source: Path, target: Path, manifest: BackupManifest, on_step: OnStep) -> None:
    whole = manifest.log_bytes
    try:
        digest = copy_with_digest(source, target, lambda done: on_step(Step("copy", done, whole)))
    except OSError as error:
        raise BackupUnusable(f"{source}: {error.strerror or error}") from error
    if digest != manifest.log_sha256:
        raise BackupUnusable(
            f"{source}: is damaged: its SHA-256 is {digest}, the manifest has "
            f"{manifest.log_sha256}; take another backup"
        )


def _seen_of(log: Path) -> HighWater | None:
    """How far a log is that nobody writes."""
    try:
        with closing(sqlite3.connect(f"{log.absolute().as_uri()}?immutable=1", uri=True)) as copy:
            return seen_in(copy)
    except sqlite3.Error as error:
        raise LogUnavailable(f"{log}: {error}") from error


def _replace(log: Path, partial: Path, seen: HighWater | None) -> None:
    """Give the copy the log's name. The old log, if any, is whole under one name at every moment.

    A file that ends in -wal beside the new log would be played back into it, so the old ones go
    before the new log comes.
    """
    replaced = _free_name(log)
    for ending in FILES_OF_A_LOG:
        old = log.with_name(log.name + ending)
        if old.exists():
            replaced.with_name(replaced.name + ending).hardlink_to(old)
    sync_directory(log.parent)
    for ending in FILES_OF_A_LOG:
        log.with_name(log.name + ending).unlink(missing_ok=True)
    partial.rename(log)
    if seen is not None:
        write_witness(log, seen)
    sync_directory(log.parent)


def _free_name(log: Path) -> Path:
    endings = chain([""], (f"-{number}" for number in count(2)))
    names = (f"{log.name}.replaced{ending}" for ending in endings)
    return next(path for path in map(log.with_name, names) if not existing_log(path))


def _remove(partial: Path) -> None:
    for ending in ("", *_BESIDE):
        partial.with_name(partial.name + ending).unlink(missing_ok=True)
