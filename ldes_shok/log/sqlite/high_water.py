"""The witness beside an SQLite log: how far the log was, to detect a log that lost its end.

A file that lost its `-wal`, or an older copy of the file, is a whole log by itself, so only
something outside can show the loss. The witness is written after each commit and not synced: it may
be behind what is durable and is never ahead of it. It has two slots, written in turn, so one is
always whole.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from ldes_shok.errors import LogMismatch, LogUnavailable
from ldes_shok.log.identity import LOG_ID

_ENDING: Final = ".witness"
_PLACE_BYTES: Final = 512
_PLACES: Final = 2


class HighWater(NamedTuple):
    """How far a log was.

    Attributes:
        log_id: the id of the log.
        commits: how many commits it had.
        digest: keyed digest of its table sums then, in hexadecimal.
    """

    log_id: str
    commits: int
    digest: str


class Witness:
    """The witness of one log, for its writer."""

    def __init__(self, log: Path, now: HighWater) -> None:
        """Open or make the file, and note how far the log is.

        Raises:
            LogUnavailable: the file cannot be opened.
        """
        self._path = witness_of(log)
        self._is_behind = False
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise LogUnavailable(f"{self._path}: {error.strerror or error}") from error
        self.write(now)

    def write(self, now: HighWater) -> None:
        """Note how far the log is. After a failure the log goes on; the failure is logged once."""
        record = f"{now.log_id} {now.commits} {now.digest}".encode()
        line = b"%s %08x\n" % (record, zlib.crc32(record))
        try:
            os.pwrite(self._descriptor, line, now.commits % _PLACES * _PLACE_BYTES)
        except OSError as error:
            if not self._is_behind:
                self._is_behind = True
                structlog.get_logger("ldes_shok.log").warning(
                    "witness_not_written", file=str(self._path), reason=error.strerror or str(error)
                )

    def close(self) -> None:
        """Close the file; a second call is harmless."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def compare(log: Path, now: HighWater) -> None:
    """Compare a log, at the start, with its witness.

    Raises:
        LogMismatch: the log is another one, or was further before.
    """
    seen = read_witness(log)
    if seen is not None:
        if problem := behind(seen, now):
            raise LogMismatch(f"{log}: {problem}; {_way_out(witness_of(log))}")
    elif now.commits > 1:
        structlog.get_logger("ldes_shok.log").warning(
            "witness_missing",
            log=str(log),
            advice=f"nothing tells whether it lost its end; {witness_of(log).name} is made now",
        )


def witness_of(log: Path) -> Path:
    """The path of the witness of a log."""
    return log.with_name(log.name + _ENDING)


def read_witness(log: Path) -> HighWater | None:
    """What the witness of a log holds; None if nothing is known."""
    try:
        content = witness_of(log).read_bytes()
    except OSError:
        return None
    places = (content[n * _PLACE_BYTES :][:_PLACE_BYTES] for n in range(_PLACES))
    found = [seen for place in places if (seen := _seen(place)) is not None]
    return max(found, key=lambda seen: seen.commits, default=None)


def write_witness(log: Path, now: HighWater) -> None:
    """Begin a new witness for a log that was restored.

    Raises:
        LogUnavailable, OSError: the file cannot be written.
    """
    witness_of(log).unlink(missing_ok=True)
    Witness(log, now).close()


def seen_in(connection: sqlite3.Connection) -> HighWater | None:
    """How far a log is; None for a log of a version without witness.

    Raises:
        sqlite3.Error: the log cannot be read.
    """
    query = "SELECT count(*) FROM sqlite_schema WHERE name = 'log_sum'"
    if not connection.execute(query).fetchone()[0]:
        return None
    row = connection.execute(
        "SELECT value, commits, hex(digest) FROM log_sum, meta WHERE name = ?", (LOG_ID,)
    ).fetchone()
    return None if row is None else HighWater(row[0], row[1], row[2].lower())


def behind(seen: HighWater, now: HighWater) -> str:
    """Why a log cannot be the one of the witness; empty if it can."""
    if seen.log_id != now.log_id:
        return "it is another log than the one that was written here before"
    if seen.commits > now.commits:
        return (
            f"it has {now.commits} commits, and {seen.commits} were made: it is an older copy, or "
            "the file that ends in -wal was lost"
        )
    if seen.commits == now.commits and seen.digest != now.digest:
        return f"after {now.commits} commits it held something else"
    return ""


def refuse_lost(log: Path) -> None:
    """Check, before a new log begins, that there was no log here before.

    Raises:
        LogMismatch: there was a log, and it is gone.
    """
    seen = read_witness(log)
    if seen is not None:
        raise LogMismatch(
            f"{log}: there is no log here any more, and {seen.commits} commits were made: it was "
            f"moved or deleted, or the file that ends in -wal was lost; {_way_out(witness_of(log))}"
        )


def _way_out(path: Path) -> str:
    return (
        "put it back as it was, with its -wal, or restore the newest backup; to go on with what is "
        f"here, and without what came after it, delete {path}"
    )


def _seen(place: bytes) -> HighWater | None:
    record, _, kept = place.partition(b"\n")[0].rpartition(b" ")
    with suppress(ValueError):
        if int(kept, 16) == zlib.crc32(record):
            log_id, commits, digest = record.decode("ascii").split(" ")
            return HighWater(log_id, int(commits), digest)
    return None
