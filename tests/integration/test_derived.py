"""What the service derives from what is reported, through the same pipeline to the same pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ldes_shok.clock import ManualClock
from ldes_shok.ldes.member import FIRST_POSITION
from tests.support.events import configuration, event, measurement
from tests.support.local_service import LocalService, local_service

pytestmark = pytest.mark.integration

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
DERIVE = {"derive": {"enabled": True}}


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def consumption(service: LocalService) -> list[tuple[str, str]]:
    """Value and place of the intervals, in the order of publication."""
    reader = service.core.reader
    members = reader.stream("verbruik-individueel").members
    rows = reader.rows("verbruik-individueel", FIRST_POSITION, members)
    return [
        (row.summary.subject, row.summary.value) for row in rows if row.summary.kind == "Verbruik"
    ]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LocalService]:
    with local_service(tmp_path, ManualClock(NOON), DERIVE) as running:
        yield running


def test_registers_become_quarter_hours(service: LocalService) -> None:
    readings = [measurement("VBS-001", after(15 * n), value=f"{250 * n}.5") for n in range(1, 4)]
    service.push([configuration("VBS-001", NOON), *readings])
    service.derive()
    assert consumption(service) == [
        ("VBS-001/1", "0.2505 kWh"),
        ("VBS-001/1", "0.2500 kWh"),
        ("VBS-001/1", "0.2500 kWh"),
    ]


def test_a_late_reading_is_the_next_version_of_what_it_corrects(service: LocalService) -> None:
    service.push([configuration("VBS-001", NOON), measurement("VBS-001", after(30), value="300")])
    service.derive()
    (late,) = service.push([measurement("VBS-001", after(15), value="100")])
    service.derive()
    assert late.members
    assert [value for _, value in consumption(service)] == [
        "0.150 kWh",
        "0.150 kWh",
        "0.100 kWh",
        "0.200 kWh",
    ]
    reader = service.core.reader
    rows = reader.rows("verbruik-individueel", FIRST_POSITION, 100)
    intervals = [row for row in rows if row.summary.kind == "Verbruik"]
    assert intervals[0].entity == intervals[2].entity
    assert intervals[1].entity == intervals[3].entity
    assert len({row.iri for row in intervals}) == 4


def test_nothing_is_derived_twice_after_a_restart(tmp_path: Path) -> None:
    readings = [measurement("VBS-001", after(15 * n), value=f"{100 * n}") for n in range(1, 5)]
    clock = ManualClock(NOON)
    with local_service(tmp_path, clock, DERIVE) as first:
        first.push([configuration("VBS-001", NOON), *readings[:2]])
        first.derive()
        port = first.port
    with local_service(tmp_path, clock, DERIVE, port) as second:
        second.push(readings[2:])
        second.derive()
        assert len(consumption(second)) == 4


def test_what_waits_for_a_configuration_is_derived_with_it(service: LocalService) -> None:
    service.push([measurement("VBS-001", after(n), value=f"{n}") for n in (15, 30)])
    service.derive()
    assert consumption(service) == []
    service.push([configuration("VBS-001", NOON)])
    service.derive()
    assert ("VBS-001/1", "0.015 kWh") in consumption(service)


def test_over_a_change_of_meters_nothing_is_lost_and_nothing_is_counted_twice(
    service: LocalService,
) -> None:
    service.push(
        [
            configuration("VBS-001", NOON),
            measurement("VBS-001", after(15), value="1000"),
            event(
                "configuration",
                "VBS-001",
                after(20),
                {
                    "op": "upsert",
                    "validFrom": "2026-05-12T12:20:00Z",
                    "outlets": [{"id": "1", "meter": "NEW"}],
                    "meters": [
                        {
                            "serial": "NEW",
                            "outlet": "1",
                            "initial": "70",
                            "replaces": "VBS-001-MTR-1",
                            "final": "1100",
                        }
                    ],
                },
            ),
            json.dumps(
                {
                    **json.loads(measurement("VBS-001", after(30), value="90")),
                    "data": {
                        "meter": "NEW",
                        "readings": [
                            {
                                "quantity": "energy.import.register",
                                "phase": "total",
                                "value": "90",
                                "unit": "Wh",
                            }
                        ],
                    },
                }
            ).encode(),
        ]
    )
    service.derive()
    assert sorted(value for _, value in consumption(service)) == [
        "0.020 kWh",
        "0.100 kWh",
        "1.000 kWh",
    ]


def test_a_meter_that_tells_its_intervals_is_left_alone(service: LocalService) -> None:
    def reading(minutes: int, wh: int) -> bytes:
        told = json.loads(measurement("VBS-001", after(minutes), value=str(wh)))
        told["data"]["period"] = {
            "start": f"{after(minutes - 15):%Y-%m-%dT%H:%M:%SZ}",
            "end": f"{after(minutes):%Y-%m-%dT%H:%M:%SZ}",
        }
        told["data"]["readings"].append(
            {"quantity": "energy.import.interval", "phase": "total", "value": "7", "unit": "Wh"}
        )
        return json.dumps(told).encode()

    service.push([configuration("VBS-001", NOON), reading(15, 7), reading(30, 14)])
    service.derive()
    assert consumption(service) == [("VBS-001/1", "0.007 kWh")] * 2
