"""Checks of an SQLite log against itself: the file, the schema, rows, indexes and sums."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from ldes_shok.errors import LogDamaged, LogMismatch
from ldes_shok.log.audit.events import audit_events, audit_rejections, audit_states, audit_sums
from ldes_shok.log.audit.members import audit_members
from ldes_shok.log.audit.memories import audit_memories, audit_raws
from ldes_shok.log.audit.pages import audit_pages
from ldes_shok.log.audit.snapshot import AuditCounts, take_snapshot
from ldes_shok.log.audit.table_sums import audit_table_sums
from ldes_shok.log.damage import Damage
from ldes_shok.log.sqlite.audit_file import audit_file, audit_wal, audit_witness
from ldes_shok.log.sqlite.high_water import read_witness
from ldes_shok.log.sqlite.sums import check_secret
from ldes_shok.log.table_sums import RowDigests
from ldes_shok.log.walk_step import Step


class SqliteAudit:
    """Reads a log file with a connection of its own; a service may write it meanwhile."""

    def __init__(
        self,
        path: Path,
        public_url: str,
        decode_state: Callable[[bytes], object],
        digests: RowDigests | None,
    ) -> None:
        """Open nothing yet.

        Args:
            path: an existing file.
            public_url: the public URL that the log must have.
            decode_state: decodes a cabinet's state; raises if the bytes are no state.
            digests: under the log's key; without it the table sums cannot be checked.
        """
        self._path = path
        self._public_url = public_url
        self._decode_state = decode_state
        self._digests = digests

    def usable(self) -> Iterator[Damage | Step]:
        """Check that the log can be read at all; after damage here no other check makes sense."""
        try:
            seen = read_witness(self._path)
            yield from audit_wal(self._path)
            with closing(self._connect()) as connection:
                yield from audit_file(self._path, connection, self._public_url)
                yield from audit_witness(self._path, connection, seen)
                if self._digests is not None:
                    check_secret(connection, str(self._path), self._digests)
        except LogMismatch as error:
            yield Damage(str(self._path), str(error))
        except sqlite3.DatabaseError as error:
            yield Damage(str(self._path), f"SQLite cannot read it: {error}")

    def tables(self) -> Iterator[Damage | Step]:
        """Check every row that no page shows, and how all rows fit together."""
        with closing(self._connect()) as connection:
            try:
                snapshot = take_snapshot(connection)
            except LogDamaged as error:
                yield Damage(str(self._path), str(error))
                return
            counts = AuditCounts()
            yield from audit_events(connection, snapshot, counts)
            yield from audit_rejections(connection, snapshot)
            yield from audit_states(connection, self._decode_state)
            yield from audit_memories(connection)
            yield from audit_raws(connection)
            yield from audit_sums(connection, snapshot, counts)
            yield from audit_members(connection, snapshot, counts)
            yield from audit_pages(connection)
            if self._digests is not None:
                yield from audit_table_sums(connection, self._digests)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
        )
        # A text that is no longer UTF-8 is one damaged row and must not end the audit. Its checksum
        # cannot fit, since the text cannot even be encoded.
        connection.text_factory = _lenient
        return connection


def _lenient(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")
