"""Checks that the decoders' memories and the transports' raw bytes are unchanged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from ldes_shok.log.checksum import checksum
from ldes_shok.log.damage import Damage
from ldes_shok.log.walk_step import Step

_UNSOUND: Final = "its checksum does not fit: it is not what was stored"


def audit_memories(connection: sqlite3.Connection) -> Iterator[Damage | Step]:
    """Check every memory."""
    done = 0
    for *values, kept in connection.execute("SELECT source, subject, value, checksum FROM memory"):
        if not _fits(values, kept):
            yield Damage(f"memory of {values[0]} {values[1]}", _UNSOUND)
        done += 1
    yield Step("memories", done, done)


def audit_raws(connection: sqlite3.Connection) -> Iterator[Damage | Step]:
    """Check all raw bytes that are still kept. Their ids may have gaps: old rows are deleted."""
    done = 0
    query = "SELECT id, checksum, digest, source, received_ms, body FROM raw"
    for id_, kept, *values in connection.execute(query):
        if not _fits([id_, *values], kept):
            yield Damage(f"raw {id_}", _UNSOUND)
        done += 1
    yield Step("raw bytes", done, done)


def _fits(values: list[str | bytes | int], kept: int) -> bool:
    try:
        return checksum(*values) == kept
    except UnicodeEncodeError:
        # The text is no longer UTF-8 (see SqliteAudit), so it cannot be what was stored.
        return False
