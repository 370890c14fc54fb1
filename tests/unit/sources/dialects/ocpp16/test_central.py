"""A central system without a network: nothing is answered that is not safe."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.clock import ManualClock
from ldes_shok.errors import LogUnavailable, Overloaded, ShuttingDown
from ldes_shok.sources.base import SourceState, SourceStatus
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.ocpp16.central import CentralSystem
from ldes_shok.sources.dialects.ocpp16.decoder import Ocpp16Decoder
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16Source
from tests.support.running import running_tools
from tests.support.sinks import RecordingSink

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
ORIGIN = Origin("ocpp16", "voorbeeldstad", "kasten")
START = b"""[2,"a","StartTransaction",{"connectorId":1,"idTag":"A","meterStart":1,
"timestamp":"2026-05-12T11:00:00Z"}]"""
PASSWORD = "password"
HEARTBEAT = b'[2,"h","Heartbeat",{}]'


class Wire:
    """A connection that remembers whether it was refused."""

    def __init__(self) -> None:
        self.refused = 0

    def refuse(self) -> None:
        self.refused += 1


def _basic(password: str = PASSWORD) -> str:
    return f"Basic {base64.b64encode(f'CP-1:{password}'.encode()).decode()}"


def _shown(central: CentralSystem, password: str = PASSWORD) -> bytes:
    shown = central.admitted("CP-1", _basic(password))
    assert shown is not None
    return shown


class Hand:
    """A central system, and the time that it has, by hand."""

    def __init__(self, sink: RecordingSink) -> None:
        self.clock = ManualClock(NOON)
        self.sink = sink
        self.waits = 0
        section = Ocpp16Source(name=ORIGIN.name, tenant=ORIGIN.tenant, stations={"CP-1": "VBS-001"})
        self.central = CentralSystem(
            section,
            (PASSWORD,),
            Decoding(Ocpp16Decoder(section.decode, ORIGIN), ORIGIN, lambda *_: None),
            running_tools(sink, clock=self.clock, sleep=self.wait),
            self.seconds,
        )

    def seconds(self) -> float:
        return (self.clock.now() - NOON).total_seconds()

    async def wait(self, _seconds: float) -> None:
        self.waits += 1
        await asyncio.sleep(0)

    def later(self, seconds: float) -> None:
        self.clock.set(self.clock.now() + timedelta(seconds=seconds))


def statuses(sink: RecordingSink) -> list[str]:
    said = [json.loads(payload)["data"] for payload in sink.committed if payload]
    return [data["connectivity"] for data in said if "connectivity" in data]


async def test_nothing_is_answered_before_the_commit() -> None:
    sink = RecordingSink()
    hand = Hand(sink)
    sink.gate.clear()
    taking = asyncio.create_task(hand.central.take("CP-1", START))
    await sink.entered.wait()
    assert not taking.done()
    sink.gate.set()
    answer = await taking
    assert answer is not None
    assert json.loads(answer)[2]["transactionId"] == 1
    assert len(sink.committed) == 3


async def test_a_station_waits_while_nothing_is_taken() -> None:
    sink = RecordingSink()
    sink.refusals = [Overloaded(1), LogUnavailable("the disk is full")]
    hand = Hand(sink)
    assert await hand.central.take("CP-1", HEARTBEAT) is not None
    assert hand.waits == 2


async def test_a_service_that_stops_answers_nothing() -> None:
    sink = RecordingSink()
    sink.refusals = [ShuttingDown("it stops")]
    with pytest.raises(ShuttingDown):
        await Hand(sink).central.take("CP-1", START)


async def test_three_heartbeats_of_silence_are_offline_once() -> None:
    sink = RecordingSink()
    hand = Hand(sink)
    await hand.central.take("CP-1", HEARTBEAT)
    hand.later(899)
    await hand.central.look()
    assert statuses(sink) == ["online"]
    hand.later(1)
    await hand.central.look()
    hand.later(5_000)
    await hand.central.look()
    assert statuses(sink) == ["online", "offline"]
    await hand.central.take("CP-1", HEARTBEAT)
    assert statuses(sink) == ["online", "offline", "online"]


async def test_of_a_station_that_was_never_heard_nothing_is_told() -> None:
    sink = RecordingSink()
    hand = Hand(sink)
    hand.later(1_000)
    await hand.central.look()
    assert statuses(sink) == []


async def test_it_says_who_is_there() -> None:
    hand = Hand(RecordingSink())
    looking = asyncio.create_task(hand.central.run())
    await asyncio.sleep(0)
    hand.central.connected("CP-1", _shown(hand.central), Wire())
    running = hand.central.status
    assert running == SourceStatus("kasten", SourceState.CONNECTED, "1 of 1 stations connected")
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert hand.central.status.state is SourceState.STOPPED


@pytest.mark.parametrize(
    ("station", "authorization", "admitted"),
    [
        ("CP-1", "CP-1:password", True),
        ("CP-1", "CP-2:password", False),
        ("CP-1", "CP-1:passwords", False),
        ("CP-1", "", False),
        ("CP-2", "CP-2:password", False),
    ],
)
def test_a_station_gives_its_name_and_the_password(
    station: str, authorization: str, admitted: bool
) -> None:
    header = f"Basic {base64.b64encode(authorization.encode()).decode()}"
    shown = Hand(RecordingSink()).central.admitted(station, header)
    assert (shown is not None) is admitted


@pytest.mark.parametrize("header", [None, "", "Bearer x", "Basic", "Basic !", "Basic /w=="])
def test_what_is_no_basic_authorization_is_nobody(header: str | None) -> None:
    assert Hand(RecordingSink()).central.admitted("CP-1", header) is None


def test_a_password_that_is_gone_closes_what_it_opened_and_nothing_else() -> None:
    central = Hand(RecordingSink()).central
    central.renew_passwords([PASSWORD, "next"])
    with_old, with_new, late = Wire(), Wire(), Wire()
    old = _shown(central)
    central.connected("CP-1", old, with_old)
    central.connected("CP-1", _shown(central, "next"), with_new)
    central.renew_passwords(["next"])
    assert (with_old.refused, with_new.refused) == (1, 0)
    assert central.admitted("CP-1", _basic()) is None
    # Admitted before, connected after.
    central.connected("CP-1", old, late)
    assert late.refused == 1
    central.disconnected(with_old)
    central.renew_passwords(["third"])
    assert (with_old.refused, with_new.refused) == (1, 1)
