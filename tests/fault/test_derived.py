"""The service dies while it derives; what follows from the events is there, once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

import pytest

from ldes_shok.derive.runner import place_of
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.log.records import MemberRow
from ldes_shok.log.sqlite.reader import SqliteLogReader
from tests.support.events import configuration, measurement
from tests.support.forge import Forge, running_forge
from tests.support.oracle import check_service
from tests.support.service import SECRETS, ServiceProcess, Tree, push

pytestmark = pytest.mark.fault

KILLS = 15
SEED = 20260103
START = datetime(2026, 5, 12, tzinfo=UTC)
CABINETS = 8
QUARTERS = 40
LONGEST_LIFE_SECONDS = 0.6
DERIVE: Final[Tree] = {"derive": {"enabled": True}, "ingest": {"max_events_per_commit": 20}}


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    with running_forge("tests.support.serving", environment=SECRETS) as forge:
        yield forge


def last_reported(reader: SqliteLogReader) -> int:
    """The last event that the service did not derive itself."""
    events = reader.events(0, 100_000)
    return max(event.id for event in events if not event.source.startswith("derived:"))


def wait_until_derived(service: ServiceProcess) -> list[MemberRow]:
    """The intervals, once all that was reported is folded."""
    reader = SqliteLogReader(service.log_path, service.url)
    try:
        last_id = last_reported(reader)
        service.until(lambda: place_of(reader) >= last_id)
        members = reader.stream("verbruik-individueel").members
        rows = reader.rows("verbruik-individueel", FIRST_POSITION, members)
        return [row for row in rows if row.summary.kind == "Verbruik"]
    finally:
        reader.close()


def test_killed_while_deriving(tmp_path: Path, forge: Forge) -> None:
    """P1, P2: every quarter of an hour of every meter is published, and published once."""
    chance = Random(SEED)
    names = [f"VBS-{number:03}" for number in range(1, CABINETS + 1)]
    service = ServiceProcess(tmp_path, overrides=DERIVE, forge=forge)
    try:
        service.start()
        assert push(service.url, [configuration(name, START) for name in names])[0] == 200
        for kill in range(KILLS):
            first, end = QUARTERS * kill // KILLS, QUARTERS * (kill + 1) // KILLS
            for quarter in range(first, end):
                at = START + timedelta(minutes=15 * (quarter + 1))
                readings = [measurement(name, at, value=str(10 * (quarter + 1))) for name in names]
                assert push(service.url, readings)[0] == 200
            time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
            service.kill()
            service.start()
        intervals = wait_until_derived(service)
        assert [row.summary.value for row in intervals] == ["0.010 kWh"] * CABINETS * QUARTERS
        assert len({row.entity for row in intervals}) == CABINETS * QUARTERS
        check_service(service.url, service.log_path)
    finally:
        service.kill()
