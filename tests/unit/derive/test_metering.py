"""Intervals that follow from what meters say, as events of the service's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ldes_shok.cabinet.event import Measurement
from ldes_shok.cabinet.incoming import receive
from ldes_shok.clock import to_milliseconds
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.derive.metering import MeteringFold
from ldes_shok.log.records import EventRecord, Quarantine
from tests.support.vertical import TENANT, configuration, measurement, reading

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


class Meter:
    """One meter at an outlet, and what follows from its registers."""

    def __init__(self) -> None:
        self._fold = MeteringFold()
        self._notebook = Notebook(lambda _: None, lambda _: [])
        self._number = 0

    def read(
        self,
        quarter: int,
        wh: str,
        direction: str = "import",
        quality: str | None = None,
        waits_for_outlet: str = "",
        historical: bool = False,
    ) -> None:
        self._number += 1
        at = NOON + quarter * QUARTER
        payload = measurement(
            f"{at:%Y-%m-%dT%H:%M:%SZ}", [reading(f"energy.{direction}.register", wh, "Wh")],
            waits_for_outlet or "1", meter="M", quality=quality, historical=historical,
        )  # fmt: skip
        waits = Quarantine("unknown_outlet", "") if waits_for_outlet else None
        event = EventRecord(
            self._number, TENANT, f"m:{self._number}", b"", b"", "measurement",
            f"http:{TENANT}:push", "VBS-001", to_milliseconds(at), payload, b"", waits,
        )  # fmt: skip
        self._fold.take(event, self._notebook)

    def configure(self, minute: int, **meter: str) -> None:
        """The meter is put at outlet 1, with what else is known of it."""
        self._number += 1
        at = NOON + timedelta(minutes=minute)
        payload = configuration(
            f"{at:%Y-%m-%dT%H:%M:%SZ}", meters=[{"serial": "M", "outlet": "1", **meter}]
        )
        event = EventRecord(
            self._number, TENANT, f"c:{self._number}", b"", b"", "configuration",
            f"http:{TENANT}:push", "VBS-001", to_milliseconds(at), payload, b"", None,
        )  # fmt: skip
        self._fold.take(event, self._notebook)

    def told(self) -> list[Measurement]:
        """What is told now; each is a canonical event that anybody could have sent."""
        given = self._fold.give(NOON + timedelta(hours=9), self._notebook, caught_up=True)
        self._notebook.settle()
        assert {delivery.origin.source for delivery in given} <= {f"derived:{TENANT}:intervals"}
        events = [receive(delivery).event for delivery in given]
        assert all(isinstance(event, Measurement) for event in events)
        return [event for event in events if isinstance(event, Measurement)]


def test_two_registers_give_an_interval_of_the_same_meter_outlet_and_cabinet() -> None:
    meter = Meter()
    meter.read(0, "1000")
    meter.read(1, "1250")
    (event,) = meter.told()
    assert (event.cabinet, event.outlet, event.data.meter) == ("VBS-001", "1", "M")
    assert (event.clock, event.quality, event.flags, event.historical) == ("S", "good", (), False)
    assert msgspec.to_builtins(event.data.readings) == (
        {"quantity": "energy.import.interval", "phase": "total", "value": "250", "unit": "Wh"},
    )
    assert event.data.period is not None
    assert (event.data.period.start, event.data.period.end, event.observed_at) == (
        "2026-05-12T12:00:00Z", "2026-05-12T12:15:00Z", "2026-05-12T12:15:00Z",
    )  # fmt: skip
    assert meter.told() == []


def test_directions_are_registers_of_their_own() -> None:
    meter = Meter()
    for direction, values in (("import", ("0", "7")), ("export", ("100", "103"))):
        for quarter, value in enumerate(values):
            meter.read(quarter, value, direction)
    told = {r.quantity: r.value for event in meter.told() for r in event.data.readings}
    assert told == {"energy.import.interval": "7", "energy.export.interval": "3"}


def test_a_boundary_that_nobody_read_makes_an_estimate() -> None:
    meter = Meter()
    meter.read(0, "0")
    meter.read(2, "10")
    assert [(e.quality, e.flags) for e in meter.told()] == [("estimated", ("interpolated",))] * 2


def test_bad_readings_and_what_is_below_nothing_count_for_nothing() -> None:
    meter = Meter()
    meter.read(0, "0")
    meter.read(1, "-5")
    meter.read(1, "900", quality="bad")
    assert meter.told() == []


def _values(events: list[Measurement]) -> list[tuple[str, str]]:
    """When each interval begins, and how much it is."""
    return [
        (event.data.period.start[11:16], event.data.readings[0].value)
        for event in events
        if event.data.period is not None
    ]


def test_before_a_new_meter_was_put_there_nothing_flowed_through_it() -> None:
    """Whichever of the two came first."""
    for is_read_first in (False, True):
        meter = Meter()
        steps = [lambda m: m.configure(5, initial="100"), lambda m: m.read(1, "130")]
        for step in reversed(steps) if is_read_first else steps:
            step(meter)
        assert _values(meter.told()) == [("12:00", "30")]


def test_a_meter_that_was_read_before_is_no_new_one() -> None:
    """Its register starts anew, and what flowed until the next reading is not known."""
    meter = Meter()
    meter.read(0, "1000")
    meter.configure(20, initial="5")
    meter.read(2, "50")
    meter.read(3, "60")
    assert _values(meter.told()) == [("12:30", "10")]


@pytest.mark.parametrize("is_known_elsewhere", [False, True])
def test_a_reading_that_waits_for_its_outlet_counts_unless_its_meter_hangs_elsewhere(
    is_known_elsewhere: bool,
) -> None:
    meter = Meter()
    if is_known_elsewhere:
        meter.read(0, "100")
    meter.read(1, "130", waits_for_outlet="9")
    meter.read(2, "150", waits_for_outlet="9")
    assert bool(meter.told()) is not is_known_elsewhere


def test_what_follows_from_a_buffer_is_historical() -> None:
    meter = Meter()
    meter.read(0, "1", historical=True)
    meter.read(1, "2")
    assert [event.historical for event in meter.told()] == [True]
