"""Mirrored frames: three missed heartbeats are offline, once, and before them nothing is told."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.clock import ManualClock, format_instant
from ldes_shok.errors import Overloaded
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.ocpp16.decoder import Ocpp16Decoder
from ldes_shok.sources.dialects.ocpp16.presence.silence import (
    UNKNOWN_HEARTBEAT,
    Mirror,
    MirroredSilence,
)
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16
from tests.support.sinks import RecordingSink

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
ORIGIN = Origin("mqtt", "voorbeeldstad", "spiegel")
HEARTBEAT = [2, "h", "Heartbeat", {}]
BOOTED = [3, "b", {"status": "Accepted", "currentTime": "2026-05-12T12:00:00Z", "interval": 300}]
AVAILABLE = [
    2, "s", "StatusNotification",
    {"connectorId": 1, "status": "Available", "errorCode": "NoError"},
]  # fmt: skip


def decoding() -> Decoding:
    return Decoding(Ocpp16Decoder(Ocpp16(), ORIGIN), ORIGIN, lambda *_: None)


class Hand:
    """A mirror of one station, the log's memory of it, and the time, by hand."""

    def __init__(self, silent: timedelta | None = None) -> None:
        self.clock = ManualClock(NOON)
        self.sink = RecordingSink()
        self.decoding = decoding()
        self._silent = silent
        self.silence = self._new()

    async def restart(self) -> None:
        """The service comes back: what is in the log is all that is known."""
        kept = await self.decoding.memory("CP-1")
        self.decoding = Decoding(Ocpp16Decoder(Ocpp16(), ORIGIN), ORIGIN, lambda *_: kept)
        self.silence = self._new()

    def _new(self) -> MirroredSilence:
        mirror = Mirror(ORIGIN, self.decoding, self.known, self._silent)
        return MirroredSilence(mirror, self.sink, self.clock, random.Random(1))

    def known(self) -> list[tuple[str, bytes]]:
        """What the log has; asked on another thread."""
        return [("CP-1", asyncio.run(self.decoding.memory("CP-1")))]

    async def sees(self, direction: str, frame: object, at: datetime | None = None) -> None:
        now = self.clock.now()
        envelope = {"station": "CP-1", "direction": direction, "frame": frame}
        if at is not None:
            envelope["at"] = format_instant(at)
        await self.decoding.submit([Message(json.dumps(envelope).encode(), now, {})], self.sink)

    async def after(self, seconds: float) -> list[tuple[str, str | None]]:
        """What is told of the link in all, so much later."""
        self.clock.set(self.clock.now() + timedelta(seconds=seconds))
        await self.silence.look()
        return self.told()

    def told(self) -> list[tuple[str, str | None]]:
        said = [json.loads(payload) for payload in self.sink.committed if payload]
        return [
            (event["data"]["connectivity"], event["observedAt"])
            for event in said
            if "outlet" not in event and "connectivity" in event["data"]
        ]


ONLINE = ("online", "2026-05-12T12:00:00Z")


async def test_three_missed_heartbeats_are_offline_once() -> None:
    hand = Hand()
    await hand.sees("up", AVAILABLE)
    await hand.sees("down", BOOTED)
    assert await hand.after(899) == [ONLINE]
    offline = [ONLINE, ("offline", "2026-05-12T12:15:00Z")]
    assert await hand.after(1) == offline
    assert await hand.after(5_000) == offline
    sockets = [json.loads(p) for p in hand.sink.committed if p and b'"outlet"' in p]
    assert sockets[-1]["data"]["occupancy"] == "unknown"
    await hand.sees("up", HEARTBEAT)
    assert [word for word, _ in hand.told()] == ["online", "offline", "online"]


async def test_heartbeats_alone_keep_it_online() -> None:
    hand = Hand()
    await hand.sees("down", BOOTED)
    for _ in range(20):
        await hand.sees("up", HEARTBEAT)
        assert await hand.after(800) == [ONLINE]


async def test_what_the_central_system_says_is_no_word_of_the_station() -> None:
    hand = Hand()
    await hand.sees("up", HEARTBEAT)
    await hand.sees("down", BOOTED)
    for _ in range(4):
        await hand.after(200)
        await hand.sees("down", [2, "t", "TriggerMessage", {"requestedMessage": "Heartbeat"}])
    assert [word for word, _ in await hand.after(200)] == ["online", "offline"]


@pytest.mark.parametrize(
    ("silent", "down", "seconds"),
    [
        (None, [], 3 * UNKNOWN_HEARTBEAT.total_seconds()),
        (timedelta(seconds=120), [BOOTED], 120),
        (None, [BOOTED, [2, "c", "ChangeConfiguration",
                         {"key": "HeartbeatInterval", "value": "60"}]], 180),
        (None, [[3, "b", {"status": "Accepted", "currentTime": "x", "interval": -5}]], 10_800),
        (None, [[3, "b", {"status": "Accepted", "currentTime": "x", "interval": "vaak"}]], 10_800),
    ],
)  # fmt: skip
async def test_the_interval_is_what_is_configured_or_was_said_last(
    silent: timedelta | None, down: list[object], seconds: float
) -> None:
    hand = Hand(silent)
    await hand.sees("up", HEARTBEAT)
    for frame in down:
        await hand.sees("down", frame)
    assert len(await hand.after(seconds - 1)) == 1
    assert len(await hand.after(1)) == 2


async def test_of_a_station_that_was_never_heard_nothing_is_told() -> None:
    hand = Hand()
    await hand.sees("down", BOOTED)
    assert await hand.after(100_000) == []


async def test_while_the_service_was_down_nobody_could_be_heard() -> None:
    hand = Hand()
    await hand.sees("up", HEARTBEAT)
    await hand.sees("down", BOOTED)
    hand.clock.set(NOON + timedelta(hours=5))
    await hand.restart()
    assert await hand.after(899) == [ONLINE]
    assert await hand.after(1) == [ONLINE, ("offline", "2026-05-12T12:15:00Z")]


async def test_what_is_not_taken_is_told_at_the_next_look() -> None:
    hand = Hand()
    await hand.sees("up", HEARTBEAT)
    await hand.sees("down", BOOTED)
    hand.sink.refusals = [Overloaded(1)]
    with pytest.raises(Overloaded):
        await hand.after(900)
    assert await hand.after(10) == [ONLINE, ("offline", "2026-05-12T12:15:00Z")]


async def test_it_goes_on_looking_while_nothing_is_taken() -> None:
    hand = Hand()
    await hand.sees("up", HEARTBEAT)
    await hand.sees("down", BOOTED)
    hand.sink.refusals = [Overloaded(1)]
    looks = 0

    async def sleep(_seconds: float) -> None:
        nonlocal looks
        looks += 1
        if looks > 3:
            raise asyncio.CancelledError
        await asyncio.sleep(0)

    mirror = Mirror(ORIGIN, hand.decoding, hand.known)
    hand.clock.set(NOON)
    silence = MirroredSilence(mirror, hand.sink, hand.clock, random.Random(1), sleep=sleep)
    hand.clock.set(NOON + timedelta(seconds=900))
    with pytest.raises(asyncio.CancelledError):
        await silence.run()
    assert [word for word, _ in hand.told()] == ["online", "offline"]
