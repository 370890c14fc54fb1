"""The write-ahead log stays small, whoever reads meanwhile; SQLite bounds nothing by itself."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

import pytest

from ldes_shok.bootstrap.core import build_core
from ldes_shok.cabinet.incoming import Delivery, Origin, Raw
from ldes_shok.clock import ManualClock
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.secrets import resolve_identity
from tests.support.events import configuration, measurements
from tests.support.oracle import check_service
from tests.support.patience import HANG_SECONDS, until
from tests.support.service import (
    SECRETS,
    TENANT,
    ServiceProcess,
    push,
    request,
    running_service,
    settings_tree,
    write_settings,
)

pytestmark = pytest.mark.fault

MEBIBYTE: Final = 1024 * 1024
MOST_BYTES: Final = 32 * MEBIBYTE
"""What is promised in `deploy/README.md`."""

NOON: Final = datetime(2026, 5, 12, 12, tzinfo=UTC)
ORIGIN: Final = Origin("mqtt", TENANT, "meter")
BODY_BYTES: Final = 100_000
BODIES_AT_ONCE: Final = 20
COMMITS: Final = 60
PAGES_READ: Final = 250
NIGHTLY_EVENTS: Final = int(os.environ.get("WAL_EVENTS", "400000"))
EVENTS_AT_ONCE: Final = 500
SENDERS: Final = 4
HOLD_SECONDS: Final = 0.1


@contextmanager
def readers_that_hold_pages(log: Path, url: str, count: int = 2) -> Iterator[None]:
    """Read one moment of the log after the other, each for a while, by turns: never nobody."""
    stopping = threading.Event()

    def read() -> None:
        with closing(SqliteLogReader(log, url)) as reader:
            connection = reader._connection()
            while not stopping.is_set():
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM stream").fetchone()
                stopping.wait(HOLD_SECONDS)
                connection.execute("COMMIT")

    with ThreadPoolExecutor(count) as pool:
        reading = [pool.submit(read) for _ in range(count)]
        try:
            yield
        finally:
            stopping.set()
        for each in reading:
            each.result(HANG_SECONDS)


def wal_bytes(log: Path) -> int:
    return log.with_name(f"{log.name}-wal").stat().st_size


def test_it_stays_small_with_readers_and_when_raw_bytes_are_forgotten(tmp_path: Path) -> None:
    """Four times the bound is written, and deleted again, beside readers that take turns."""
    log = tmp_path / "ldes-shok.db"
    settings = load_settings(write_settings(tmp_path / "s.yaml", settings_tree(1, log)), {})
    core = build_core(settings, resolve_identity(settings, SECRETS), ManualClock(NOON))
    chance, largest = Random(1), 0
    with closing(core), readers_that_hold_pages(log, settings.public_url):
        for _ in range(COMMITS):
            raws = [Raw.of(chance.randbytes(BODY_BYTES), {}) for _ in range(BODIES_AT_ONCE)]
            core.writer.write([Delivery(b"", ORIGIN, NOON, raw) for raw in raws])
            largest = max(largest, wal_bytes(log))
        assert core.writer.forget_raws(NOON + timedelta(seconds=1)) == COMMITS * BODIES_AT_ONCE
        largest = max(largest, wal_bytes(log))
        assert core.reader.size_bytes() > 3 * MOST_BYTES
    assert largest < MOST_BYTES, f"{largest / MEBIBYTE:.1f} MiB"


def test_it_is_cut_off_again_after_somebody_read_for_long(tmp_path: Path) -> None:
    """A backup keeps all that is written meanwhile; afterwards it is as small as before."""
    log = tmp_path / "ldes-shok.db"
    settings = load_settings(write_settings(tmp_path / "s.yaml", settings_tree(1, log)), {})
    core = build_core(settings, resolve_identity(settings, SECRETS), ManualClock(NOON))
    chance = Random(1)

    def write() -> None:
        raws = [Raw.of(chance.randbytes(BODY_BYTES), {}) for _ in range(BODIES_AT_ONCE)]
        core.writer.write([Delivery(b"", ORIGIN, NOON, raw) for raw in raws])

    with closing(core), closing(SqliteLogReader(log, settings.public_url)) as reader:
        backup = reader._connection()
        backup.execute("BEGIN")
        backup.execute("SELECT count(*) FROM stream").fetchone()
        while wal_bytes(log) < 2 * MOST_BYTES:
            write()
        backup.execute("ROLLBACK")

        def is_cut_off() -> bool:
            write()
            return wal_bytes(log) < MOST_BYTES

        until(is_cut_off)
        assert core.reader.size_bytes() > 2 * MOST_BYTES


@pytest.mark.nightly
def test_it_stays_small_under_full_speed_ingest(tmp_path: Path) -> None:
    """The whole service, batches and single events, readers over HTTP and of the file."""
    with running_service(tmp_path) as service:
        largest = 0
        stopping = threading.Event()

        def read() -> None:
            while not stopping.is_set():
                request(f"{service.url}/techniek/by-time")
                request(f"{service.url}/metrics")

        with (
            ThreadPoolExecutor(SENDERS + 1) as pool,
            readers_that_hold_pages(service.log_path, service.url),
        ):
            reading = pool.submit(read)
            sending = [pool.submit(send, service, number) for number in range(SENDERS)]
            while not all(each.done() for each in sending):
                largest = max(largest, wal_bytes(service.log_path))
            stopping.set()
            for each in (*sending, reading):
                each.result(HANG_SECONDS)
        check_service(service.url, service.log_path)
    assert largest < MOST_BYTES, f"{largest / MEBIBYTE:.1f} MiB"


def send(service: ServiceProcess, number: int) -> None:
    """Batches, or single events if the number is odd."""
    cabinet, at_once = f"VBS-{number:03d}", 1 if number % 2 else EVENTS_AT_ONCE
    assert push(service.url, [configuration(cabinet, NOON)])[0] == 200
    events = measurements(cabinet, NOON, NIGHTLY_EVENTS // SENDERS // (EVENTS_AT_ONCE // at_once))
    while batch := list(itertools.islice(events, at_once)):
        assert push(service.url, batch)[0] == 200
