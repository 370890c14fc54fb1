"""How the members of an archived leaf stand in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import psycopg
import pytest

from ldes_shok.clock import to_milliseconds
from ldes_shok.ldes.member import FIRST_POSITION, Form
from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.log.postgres.reader import PostgresLogReader
from ldes_shok.log.postgres.writer import PostgresLogWriter
from ldes_shok.log.records import ArchivedPage, Commit, LeafArchive, NodeRecord, SealedHead
from tests.contract.examples import BASE, a_member, publish
from tests.support.logs import identity_of
from tests.support.postgres import Postgres, new_database

pytestmark = pytest.mark.postgres

MAY = to_milliseconds(datetime(2026, 5, 31, 23, tzinfo=UTC))
JUNE = to_milliseconds(datetime(2026, 6, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Opened:
    """A new log."""

    url: str
    writer: PostgresLogWriter
    reader: PostgresLogReader

    def packs(self) -> list[tuple[int, int, int]]:
        """Month, first number and number of members of each pack."""
        with psycopg.connect(self.url) as connection:
            query = "SELECT month, first_number, members FROM pack ORDER BY first_number"
            return [(row[0], row[1], row[2]) for row in connection.execute(query).fetchall()]

    def texts(self) -> list[bytes]:
        return list(self.reader.blocks("kasten", FIRST_POSITION, 99, Form.TURTLE))


@pytest.fixture
def log(postgres_server: Postgres) -> Iterator[Opened]:
    url = new_database(postgres_server.url("postgres"))
    writer, reader = PostgresLogWriter(url, identity_of(BASE)), PostgresLogReader(url, BASE)
    yield Opened(url, writer, reader)
    reader.close()
    writer.close()


def archive(log: Opened, path: str, first: int, members: int) -> None:
    """Seal a leaf and store its pages."""
    leaf = Node(
        path, path.rpartition("/")[0], NodeKind.LEAF, MAY, JUNE, FIRST_POSITION + first, members,
        MAY, 0, False, True,
    )  # fmt: skip
    heads = tuple(SealedHead("kasten", path, form, b"{", b"}", b"") for form in Form)
    log.writer.commit(Commit(nodes=(NodeRecord("kasten", leaf),), heads=heads))
    pages = tuple(ArchivedPage(form, b"gzip", b"d" * 32) for form in Form)
    packed = log.reader.packed("kasten", leaf.first_position, members)
    log.writer.archive([LeafArchive("kasten", path, leaf.first_position, members, pages, packed)])


def test_the_members_of_a_leaf_become_one_pack_and_its_neighbours_stay(log: Opened) -> None:
    """Also those that were committed together with some of the leaf's."""
    for pieces in (range(3), range(3, 4), range(4, 5), range(5, 8)):
        log.writer.commit(publish(*(a_member(n, published_ms=MAY) for n in pieces)))
    before = log.texts()
    archive(log, "2026/05/31/p1", 2, 4)
    assert log.packs() == [(202605, 0, 2), (202605, 2, 4), (202605, 6, 2)]
    assert log.texts() == before
    assert len(before) == 8


def test_packs_of_several_months_stay_so_that_each_goes_with_its_month(log: Opened) -> None:
    log.writer.commit(publish(a_member(0, published_ms=MAY), a_member(1, published_ms=MAY)))
    log.writer.commit(publish(a_member(2, published_ms=JUNE)))
    before = log.texts()
    archive(log, "2026/p1", 0, 3)
    assert log.packs() == [(202605, 0, 2), (202606, 2, 1)]
    assert log.texts() == before
    assert log.writer.unarchived(9) == []


def test_a_leaf_without_a_pack_of_its_own_leaves_its_members_as_they_stand(log: Opened) -> None:
    log.writer.commit(publish(a_member(0, published_ms=MAY)))
    log.writer.commit(publish(a_member(1, published_ms=MAY)))
    leaf = LeafArchive("kasten", "2026/05/31/p1", FIRST_POSITION, 2, (), b"")
    log.writer.archive([leaf])
    assert log.packs() == [(202605, 0, 1), (202605, 1, 1)]
    log.writer.archive([replace(leaf, packed=log.reader.packed("kasten", FIRST_POSITION, 2))])
    assert log.packs() == [(202605, 0, 2)]
