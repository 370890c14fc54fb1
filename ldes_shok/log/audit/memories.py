"""What decoders remember, and what transports received: each row is what was stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from ldes_shok.log.checksum import checksum
from ldes_shok.log.damage import Damage
from ldes_shok.log.walk_step import Step

_UNSOUND: Final = "its checksum does not fit: it is not what was stored"


def audit_memories(connection: sqlite3.Connection) -> Iterator[Damage | Step]:
    """Every memory."""
    done = 0
    for *said, kept in connection.execute("SELECT source, subject, value, checksum FROM memory"):
        if not _fits(said, kept):
            yield Damage(f"memory of {said[0]} {said[1]}", _UNSOUND)
        done += 1
    yield Step("memories", done, done)


def audit_raws(connection: sqlite3.Connection) -> Iterator[Damage | Step]:
    """All raw bytes that are still kept; their ids may have gaps, because old ones are deleted."""
    done = 0
    query = "SELECT id, checksum, digest, source, received_ms, body FROM raw"
    for id_, kept, *said in connection.execute(query):
        if not _fits([id_, *said], kept):
            yield Damage(f"raw {id_}", _UNSOUND)
        done += 1
    yield Step("raw bytes", done, done)


def _fits(said: list[str | bytes | int], kept: int) -> bool:
    try:
        return checksum(*said) == kept
    except UnicodeEncodeError:
        # A text that is no UTF-8 any more (see SqliteAudit): it cannot be what was stored.
        return False
