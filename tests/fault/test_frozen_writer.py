"""A writer over PostgreSQL stands still: its process, or the server's for it. Nobody dies."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

import psycopg
import pytest

from tests.support.city import START
from tests.support.cluster import Cluster, answers, running_cluster
from tests.support.events import configuration, measurement
from tests.support.graphs import logged_members
from tests.support.load import HttpLoad
from tests.support.oracle import check_service
from tests.support.patience import promised, until
from tests.support.service import STREAMS, ServiceProcess, push, request

pytestmark = [pytest.mark.fault, pytest.mark.postgres]

SEED: Final = 20261130
FREEZE_SECONDS: Final = 15.0
"""How soon a standby takes over from a writer that stands still between transactions."""

ROUNDS: Final = 2
BUSY: Final = "VBS-009"


@contextmanager
def standing_still(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def takes(writer: ServiceProcess, cabinet: str) -> bool:
    """Whether a writer stores something."""
    return answers(writer.url) and push(writer.url, [configuration(cabinet, START)])[0] == 200


def seconds_until_it_takes(writer: ServiceProcess, cabinet: str) -> float:
    began = time.monotonic()
    until(lambda: takes(writer, cabinet), writer.output)
    return time.monotonic() - began


def backend_of(cluster: Cluster, writer: ServiceProcess) -> int:
    """The server's process for a writer's session."""
    with psycopg.connect(cluster.database, autocommit=True) as connection:
        ((pid,),) = connection.execute(
            "SELECT pid FROM pg_stat_activity JOIN pg_locks USING (pid)"
            " WHERE locktype = 'advisory' AND granted AND application_name LIKE %s",
            (f"ldes-shok writer: pid {writer.pid} on %",),
        ).fetchall()
    return int(pid)


def stop_between_transactions(cluster: Cluster, pid: int) -> None:
    """SIGSTOP a process of the server that waits for its client."""
    with psycopg.connect(cluster.database, autocommit=True) as connection:
        while True:
            os.kill(pid, signal.SIGSTOP)
            row = connection.execute(
                "SELECT state, wait_event FROM pg_stat_activity WHERE pid = %s", (pid,)
            ).fetchone()
            if row == ("idle", "ClientRead"):
                return
            os.kill(pid, signal.SIGCONT)


def nothing_lost_or_doubled(cluster: Cluster, load: HttpLoad) -> None:
    """P1, P2: all that was acknowledged is there, once."""
    reports = check_service(cluster.url, cluster.database)
    published = [iri for report in reports.values() for iri in report.members]
    logged = [logged_members(cluster.database, cluster.url, stream) for stream in STREAMS]
    assert len(published) == len(set(published))
    assert set(published) == set().union(*logged)
    assert set(load.members) <= set(published)
    assert len(load.members) == len(set(load.members))


def stops_with_a_sentence(writer: ServiceProcess) -> None:
    assert writer.wait() == 1
    last = writer.output().strip().splitlines()[-1]
    assert re.search(r"ldes-shok: .*the log is being written by ldes-shok writer: pid", last), last


@promised(FREEZE_SECONDS)
def test_a_standby_takes_over_from_a_writer_that_stands_still(
    tmp_path: Path, within_seconds: float
) -> None:
    """P1, P2: within 15 s; the other one finds itself replaced when it goes on, and stops."""
    slowest = 0.0
    with running_cluster(tmp_path) as cluster:
        load = HttpLoad([writer.url for writer in cluster.writers], SEED)
        load.start()
        for number in range(ROUNDS):
            load.wait()
            writer, standby = cluster.active()
            with standing_still(writer.pid):
                waited = seconds_until_it_takes(standby, f"VBS-{100 + number}")
                slowest = max(slowest, waited)
            stops_with_a_sentence(writer)
            load.wait()
            cluster.complete()
        load.finish()
        nothing_lost_or_doubled(cluster, load)
    assert slowest <= within_seconds, slowest


@promised(FREEZE_SECONDS)
def test_a_standby_takes_over_when_the_servers_process_stands_still(
    tmp_path: Path, within_seconds: float
) -> None:
    """P1, P2: between two transactions, so that it has locked nothing that is needed."""
    with running_cluster(tmp_path) as cluster:
        load = HttpLoad([writer.url for writer in cluster.writers], SEED)
        load.start()
        load.wait()
        writer, standby = cluster.active()
        backend = backend_of(cluster, writer)
        stop_between_transactions(cluster, backend)
        try:
            waited = seconds_until_it_takes(standby, "VBS-101")
        finally:
            os.kill(backend, signal.SIGCONT)
        stops_with_a_sentence(writer)
        load.finish()
        nothing_lost_or_doubled(cluster, load)
    assert waited <= within_seconds


def test_a_process_of_the_server_that_hangs_inside_a_transaction_is_an_alarm(
    tmp_path: Path,
) -> None:
    """It keeps what it locked: standby and readers say who and since when; it is ended by hand."""
    with running_cluster(tmp_path) as cluster:
        load = HttpLoad([writer.url for writer in cluster.writers], SEED)
        load.start()
        load.wait()
        writer, standby = cluster.active()
        reader, backend = cluster.readers[0], backend_of(cluster, writer)
        with psycopg.connect(cluster.database) as blocking:
            blocking.execute("LOCK TABLE stream IN ACCESS EXCLUSIVE MODE")
            until(partial(waits_for_a_lock, cluster, backend))
            os.kill(backend, signal.SIGSTOP)
        standby.until(lambda: f"SELECT pg_terminate_backend({backend})" in standby.output())
        assert "writer_silent" in standby.output()
        assert f"pid {writer.pid} on " in standby.output()
        reader.until(lambda: b"degraded" in readiness(reader))
        assert f"pid {writer.pid} on ".encode() in readiness(reader)
        assert request(f"{reader.url}/health/ready")[0] == 200
        _, _, metrics = request(f"{reader.url}/metrics")
        (seconds,) = re.findall(rb"^ldes_shok_writer_silent_seconds (\S+)$", metrics, re.MULTILINE)
        assert float(seconds) > 0
        # What deploy/postgresql.md says.
        with psycopg.connect(cluster.database, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(%s)", (backend,))
        os.kill(backend, signal.SIGKILL)
        load.wait()
        load.finish()
        reader.until(lambda: b"degraded" not in readiness(reader))
        nothing_lost_or_doubled(cluster, load)


def waits_for_a_lock(cluster: Cluster, backend: int) -> bool:
    with psycopg.connect(cluster.database, autocommit=True) as connection:
        row = connection.execute(
            "SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", (backend,)
        ).fetchone()
    return row == ("Lock",)


def readiness(reader: ServiceProcess) -> bytes:
    return request(f"{reader.url}/health/ready")[2]


def test_a_database_that_stood_still_costs_the_writer_nothing(tmp_path: Path) -> None:
    """Its lease is over by the clock, and it says something before anybody takes its place."""
    with running_cluster(tmp_path) as cluster:
        writer, _ = cluster.active()
        assert push(writer.url, [configuration("VBS-001", START)])[0] == 200
        with psycopg.connect(cluster.database, autocommit=True) as connection:
            before = connection.execute("SELECT epoch FROM lease").fetchone()
            for _ in range(ROUNDS):
                connection.execute("UPDATE lease SET until = clock_timestamp() - interval '1 hour'")
                until(partial(is_extended, connection))
            assert connection.execute("SELECT epoch FROM lease").fetchone() == before
        at = START + timedelta(minutes=1)
        assert push(writer.url, [measurement("VBS-001", at)])[0] == 200


def is_extended(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    row = connection.execute("SELECT until > clock_timestamp() FROM lease").fetchone()
    return row == (True,)
