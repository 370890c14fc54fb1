"""Members that are decoded once for many reads, and how many of them are kept."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ldes_shok.log.sqlite import members
from ldes_shok.log.sqlite.members import PackedMembers
from ldes_shok.log.sqlite.rows import stream_range
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from tests.contract.examples import BASE, a_member, publish
from tests.support.logs import identity_of


def test_the_packs_that_were_read_last_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "_MAX_DECODED_MEMBERS", 6)
    writer = SqliteLogWriter(tmp_path / "log.db", identity_of(BASE))
    for first in range(0, 12, 2):
        writer.commit(publish(a_member(first), a_member(first + 1)))
    writer.close()
    packed, (first_id, _) = PackedMembers(), stream_range(1)
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        for number in (0, 2, 4, 0, 6, 8, 0):
            assert packed.one(connection, first_id + number).iri.endswith(f"kasten-{number}")
    assert [key[0] - first_id for key in packed._decoded] == [6, 8, 0]
    assert packed._decoded_members == 6
