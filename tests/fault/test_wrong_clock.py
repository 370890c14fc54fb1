"""A clock that is wrong when the service starts, or leaps while it runs: nothing is destroyed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from ldes_shok.bootstrap.housekeeping import build_forgetting
from ldes_shok.cabinet.incoming import Delivery, Origin, Raw
from ldes_shok.clock import ManualClock
from tests.support.city import START
from tests.support.events import configuration, measurements
from tests.support.forgetting import kept_in
from tests.support.local_service import LocalService, local_service
from tests.support.oracle import check_service
from tests.support.service import TENANT, ServiceProcess, push, request

pytestmark = pytest.mark.fault

NOON: Final = datetime(2026, 5, 12, 12, tzinfo=UTC)
DAY: Final = timedelta(days=1)
METER: Final = Origin("mqtt", TENANT, "meter")


@contextmanager
def running(service: ServiceProcess, days: int) -> Iterator[None]:
    """With a clock that is off by so many days."""
    service._program = ("-m", "tests.support.shifted", str(days))
    service.start()
    try:
        yield
        assert service.stop() == 0
    finally:
        service.kill()


def is_doubtful(service: ServiceProcess) -> bool:
    """Whether the clock is: all that says so agrees."""
    status, _, health = request(f"{service.url}/health/ready")
    _, _, metrics = request(f"{service.url}/metrics")
    (gauge,) = re.findall(rb"^ldes_shok_clock_doubtful (\S+)$", metrics, re.MULTILINE)
    assert status == 200
    assert (b"the clock says" in health) == (b"degraded" in health) == (gauge == b"1.0")
    return bool(gauge == b"1.0")


def test_a_clock_that_is_wrong_at_the_start_destroys_nothing(tmp_path: Path) -> None:
    """P1, P11: neither a key that is used nor what is kept; events are taken all the same."""
    service = ServiceProcess(tmp_path)
    keys = Path(f"{service.log_path}.keys")
    with running(service, 0):
        assert push(service.url, [configuration("VBS-001", START)])[0] == 200
        assert push(service.url, [b'{"card": "0451"}'])[0] == 200  # rejected, and kept sealed
        assert not is_doubtful(service)
        (name,) = kept_in(keys)
        content = (keys / name).read_bytes()
    for days in (-400, 400):
        with running(service, days):
            service.until(lambda: is_doubtful(service))
            assert "clock_doubtful" in service.output()
            assert (keys / name).read_bytes() == content
            if days < 0:
                answered = push(service.url, list(measurements("VBS-001", START - 500 * DAY, 2)))
                assert answered[0] == 200
    with running(service, 0):
        assert not is_doubtful(service)
        assert (keys / name).read_bytes() == content
        check_service(service.url, service.log_path)


@pytest.mark.parametrize("leap", [-400, 400, 40])
def test_a_clock_that_leaps_while_the_service_runs_destroys_nothing(
    tmp_path: Path, leap: int
) -> None:
    clock = ManualClock(NOON)
    with local_service(tmp_path, clock) as service:
        keys = Path(service.core.settings.privacy.pseudonyms.keys_directory)
        forget = build_forgetting(service.core, service.ingest, clock)
        asyncio.run(forget())
        raw = Raw.of(b"a card", {})
        service.submit([Delivery(b"", METER, NOON, raw, refusal="no_telegram: none")])
        asyncio.run(forget())
        assert not forget.remarks
        before = everything_kept(service), kept_in(keys)
        for hours in (0, 1, 20):
            clock.set(NOON + leap * DAY + timedelta(hours=hours))
            asyncio.run(forget())
            assert forget.remarks
            assert (everything_kept(service), kept_in(keys)) == before
        clock.set(NOON + timedelta(hours=1))
        asyncio.run(forget())
        assert not forget.remarks
        assert (everything_kept(service), kept_in(keys)) == before


def everything_kept(service: LocalService) -> tuple[int, bytes]:
    """How many raw messages are kept, and what was rejected."""
    reader = service.core.reader
    return len(reader.raws(METER.source, 10)), reader.rejections(1)[0].payload
