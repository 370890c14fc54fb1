"""Readers of the embedded log, as far as only they can show it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from ldes_shok.errors import LogUnavailable
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from tests.support.logs import identity_of
from tests.support.patience import HANG_SECONDS, until

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[SqliteLogReader]:
    path = tmp_path / "log.db"
    SqliteLogWriter(path, identity_of("http://shok.test")).close()
    opened = SqliteLogReader(path, "http://shok.test")
    yield opened
    opened.close()


def test_a_read_without_end_is_interrupted_and_its_thread_reads_on(reader: SqliteLogReader) -> None:
    with ThreadPoolExecutor(1) as pool:
        thread = pool.submit(threading.get_ident).result(HANG_SECONDS)
        endless: Future[object] = pool.submit(reader._select, ENDLESS)

        def ended() -> bool:
            reader.interrupt(thread)
            return endless.done()

        until(ended)
        with pytest.raises(LogUnavailable, match="interrupted"):
            endless.result()
        reader.interrupt(thread)  # of nothing: it leaves no trace
        assert pool.submit(reader.stream, "kasten").result(HANG_SECONDS).members == 0


def test_without_a_writer_that_tells_no_generation_comes_twice(reader: SqliteLogReader) -> None:
    assert len({reader.generation() for _ in range(100)}) == 100


def test_who_never_read_is_not_interrupted(reader: SqliteLogReader) -> None:
    reader.interrupt(threading.get_ident())
    assert reader.stream("kasten").members == 0
