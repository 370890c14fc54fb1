"""What the tables of a log in PostgreSQL add up to, month by month."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
import pytest

from ldes_shok.clock import to_milliseconds
from ldes_shok.errors import LogDamaged
from ldes_shok.log.postgres.audit import PostgresAudit
from ldes_shok.log.postgres.writer import PostgresLogWriter
from ldes_shok.log.table_sums import RowDigests
from ldes_shok.log.walk_step import Step
from tests.contract.examples import BASE, a_member, publish
from tests.support.logs import SECRET, identity_of
from tests.support.postgres import Postgres, new_database

pytestmark = pytest.mark.postgres

MAY = to_milliseconds(datetime(2026, 5, 31, 23, tzinfo=UTC))
JUNE = to_milliseconds(datetime(2026, 6, 1, tzinfo=UTC))


@pytest.fixture
def url(postgres_server: Postgres) -> str:
    """A log with a stream that ends in May, and one that ends in June; nobody writes it."""
    url = new_database(postgres_server.url("postgres"))
    writer = PostgresLogWriter(url, identity_of(BASE))
    writer.commit(publish(a_member(0, published_ms=MAY)))
    writer.commit(publish(a_member(0, "techniek", f"{BASE}/id/x/y", published_ms=JUNE)))
    writer.close()
    return url


def _change(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_what_a_month_adds_up_to_cannot_go(url: str) -> None:
    _change(url, "DELETE FROM log_sum WHERE part = 202605")
    with pytest.raises(LogDamaged, match="what a month adds up to is gone"):
        PostgresLogWriter(url, identity_of(BASE))


def test_a_stream_that_lost_all_of_its_members_is_found_at_the_start(url: str) -> None:
    _change(url, "DELETE FROM pack WHERE month = 202605")
    with pytest.raises(LogDamaged, match="1 members of kasten were written"):
        PostgresLogWriter(url, identity_of(BASE))


def test_how_far_an_audit_is_never_goes_back(url: str) -> None:
    done: dict[str, list[int]] = {}
    for item in PostgresAudit(url, RowDigests(SECRET)).tables():
        if isinstance(item, Step):
            done.setdefault(item.what, [0]).append(item.done)
    assert done["index of IRIs"] == [0, 1, 2]
    assert all(steps == sorted(steps) for steps in done.values())
