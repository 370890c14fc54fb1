"""A writer says again and again that it is there."""

from __future__ import annotations

import pytest

from ldes_shok.log.postgres.connection import connect_reader
from ldes_shok.log.postgres.lease import read_lease
from ldes_shok.log.postgres.writer import PostgresLogWriter
from tests.contract.examples import BASE
from tests.support.logs import identity_of
from tests.support.patience import until
from tests.support.postgres import Postgres, new_database


@pytest.mark.postgres
def test_the_lease_of_a_writer_that_lives_is_renewed(
    postgres_server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ldes_shok.log.postgres.writer.RENEW_SECONDS", 0.01)
    url = new_database(postgres_server.url("postgres"))
    writer, connection = PostgresLogWriter(url, identity_of(BASE)), connect_reader(url)
    first = read_lease(connection)
    until(lambda: read_lease(connection).until > first.until)
    assert read_lease(connection).epoch == first.epoch
    connection.close()
    writer.close()
