"""Checks of the file of an SQLite log: is it readable, of this release, and of this service?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from ldes_shok.log.damage import Damage
from ldes_shok.log.identity import FINGERPRINT, LOG_ID
from ldes_shok.log.sqlite.high_water import HighWater, behind, seen_in
from ldes_shok.log.sqlite.migrations import CLOSED_STREAMS, SCHEMA, create_tables
from ldes_shok.log.sqlite.wal import read_wal
from ldes_shok.log.walk_step import Step

_MOST_REPORTS: Final = 100
_SCHEMA_QUERY: Final = (
    "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name"
)
_TORN_COMMITS: Final = 1
"""A power cut may leave one commit behind a torn frame: that commit was never acknowledged."""


def audit_wal(path: Path) -> Iterator[Damage | Step]:
    """Check the write-ahead log beside the file, before a connection to the log applies it."""
    wal = path.with_name(path.name + "-wal")
    state = read_wal(wal)
    if state is None:
        return
    if state.header_damaged:
        yield Damage(str(wal), "its header is damaged, so SQLite passes over all commits in it")
    elif state.hidden_commits > _TORN_COMMITS:
        sentence = f"frame {state.frames + 1} is damaged, so SQLite passes over "
        yield Damage(str(wal), f"{sentence}{state.hidden_commits} commits behind it")
    yield Step("write-ahead log", state.frames, state.frames)


def audit_witness(
    path: Path, connection: sqlite3.Connection, seen: HighWater | None
) -> Iterator[Damage]:
    """Check that the log is as far as its witness, which was read before the log."""
    now = seen_in(connection)
    if seen is not None and now is not None and (problem := behind(seen, now)):
        yield Damage(str(path), problem)


def audit_file(
    path: Path, connection: sqlite3.Connection, public_url: str
) -> Iterator[Damage | Step]:
    """Run SQLite's own check of the file, then check the schema and the log's identity."""
    yield Step("file", 0, 1)
    for (line,) in connection.execute(f"PRAGMA integrity_check({_MOST_REPORTS})"):
        if line != "ok":
            yield Damage(str(path), f"SQLite's integrity check: {line}")
    yield Step("file", 1, 1)
    yield from _schema(path, connection)
    yield from _meta(connection, public_url)


def _schema(path: Path, connection: sqlite3.Connection) -> Iterator[Damage]:
    with closing(sqlite3.connect(":memory:")) as ours:
        create_tables(ours)
        expected = {row[:2]: row[2] for row in ours.execute(_SCHEMA_QUERY)}
    found = {row[:2]: row[2] for row in connection.execute(_SCHEMA_QUERY)}
    for kind, name in sorted(expected.keys() | found.keys()):
        if expected.get((kind, name)) != found.get((kind, name)):
            yield Damage(str(path), f"the {kind} {name} is not defined as in this release")


def _meta(connection: sqlite3.Connection, public_url: str) -> Iterator[Damage]:
    meta = dict(connection.execute("SELECT name, value FROM meta"))
    expected = {"schema_version": str(SCHEMA.version), "public_url": public_url}
    # The digest over the table sums protects these two.
    for name in (LOG_ID, FINGERPRINT):
        if meta.pop(name, None) is None:
            yield Damage(f"meta {name}", "it is missing")
    if (closed := meta.pop(CLOSED_STREAMS, None)) is not None:
        known = {str(name) for (name,) in connection.execute("SELECT name FROM stream")}
        if unknown := set(closed.split()) - known:
            yield Damage(f"meta {CLOSED_STREAMS}", f"names no stream of this log: {min(unknown)}")
    for name in sorted(meta.keys() | expected.keys()):
        if meta.get(name) != expected.get(name):
            sentence = f"is {meta.get(name)!r}, this release and its settings have "
            yield Damage(f"meta {name}", f"{sentence}{expected.get(name)!r}")
