"""A stream over TCP: cut, handed over in order, and connected to again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.clock import ManualClock
from ldes_shok.errors import LogUnavailable, Overloaded, ShuttingDown
from ldes_shok.sources.base import SourceState
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.p1.section import P1
from ldes_shok.sources.transports.tcp.section import TcpSource
from ldes_shok.sources.transports.tcp.source import TcpReader
from tests.support.bridge import Bridge, running_bridge
from tests.support.patience import eventually
from tests.support.running import running_tools
from tests.support.sinks import RecordingSink

pytestmark = pytest.mark.integration

AT = datetime(2026, 5, 12, 12, tzinfo=UTC)


class _Words:
    """Refuses every message, with what it was."""

    def subject(self, message: Message) -> str | None:  # noqa: ARG002
        return None

    def decode(self, message: Message, memory: bytes) -> Decoded:
        if message.payload == b"thin":
            return Decoded(memory=memory, thinned=True)
        return Decoded((Refusal("word", message.payload.decode()),), memory)


def _lines(buffer: bytes) -> tuple[list[bytes], bytes]:
    *lines, rest = buffer.split(b"\n")
    return lines, rest


def _words(sink: RecordingSink) -> list[str]:
    return [delivery.refusal.removeprefix("word: ") for delivery in sink.deliveries]


@asynccontextmanager
async def _listening(
    bridge: Bridge, sink: RecordingSink, waits: list[float], silence_seconds: int = 30
) -> AsyncIterator[TcpReader]:
    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await asyncio.sleep(0)

    origin = Origin("tcp", "voorbeeldstad", "hoofdmeter")
    section = TcpSource(
        name=origin.name,
        tenant=origin.tenant,
        port=bridge.port,
        decode=P1("VBS-001"),
        silence_seconds=silence_seconds,
    )
    decoding = Decoding(_Words(), origin, lambda _source, _subject: None)
    tools = running_tools(sink, clock=ManualClock(AT), sleep=sleep, decoding=decoding)
    source = TcpReader(section, _lines, tools)
    task = asyncio.create_task(source.run())
    try:
        await asyncio.to_thread(bridge.accept)
        yield source
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert source.status.state is SourceState.STOPPED


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    with running_bridge() as running:
        yield running


async def test_messages_come_in_order_however_they_are_cut(bridge: Bridge) -> None:
    sink = RecordingSink()
    async with _listening(bridge, sink, []) as source:
        for piece in (b"a", b"b\nthin\ncd", b"\n\n"):
            bridge.send(piece)
        await sink.wait_for(3)
        assert source.status.state is SourceState.CONNECTED
    assert _words(sink) == ["ab", "cd", ""]
    assert {delivery.received_at for delivery in sink.deliveries} == {AT}


async def test_half_a_message_does_not_survive_its_connection(bridge: Bridge) -> None:
    sink, waits = RecordingSink(), list[float]()
    async with _listening(bridge, sink, waits) as source:
        bridge.send(b"one\nhal")
        await sink.wait_for(1)
        bridge.kill()
        await eventually(lambda: source.status.state is SourceState.DISCONNECTED)
        assert source.status.detail
        bridge.start()
        await asyncio.to_thread(bridge.accept)
        bridge.send(b"two\n")
        await sink.wait_for(2)
    assert _words(sink) == ["one", "two"]
    assert waits


async def test_a_bridge_that_stays_away_makes_its_source_stuck_until_a_message_comes(
    bridge: Bridge,
) -> None:
    sink, waits = RecordingSink(), list[float]()
    async with _listening(bridge, sink, waits) as source:
        bridge.kill()
        await eventually(lambda: bool(source.status.stuck))
        bridge.start()
        await asyncio.to_thread(bridge.accept)
        assert source.status.stuck, "a connection alone is no progress"
        bridge.send(b"one\n")
        await sink.wait_for(1)
        await eventually(lambda: not source.status.stuck)


async def test_what_the_pipeline_does_not_take_is_offered_again(bridge: Bridge) -> None:
    sink, waits = RecordingSink(), list[float]()
    sink.refusals = [Overloaded(1), LogUnavailable("the disk is full")]
    async with _listening(bridge, sink, waits) as source:
        bridge.send(b"one\ntwo\n")
        await sink.wait_for(2)
        assert source.status.detail == ""
    assert _words(sink) == ["one", "two"]
    assert len(waits) == 2


async def test_it_ends_with_the_service(bridge: Bridge) -> None:
    sink = RecordingSink()
    sink.refusals = [ShuttingDown("drains")]
    async with _listening(bridge, sink, []) as source:
        bridge.send(b"one\n")
        await eventually(lambda: source.status.state is SourceState.STOPPED)
    assert sink.deliveries == []


async def test_a_silent_bridge_is_given_up(bridge: Bridge) -> None:
    sink, waits = RecordingSink(), list[float]()
    async with _listening(bridge, sink, waits, silence_seconds=1) as source:
        await eventually(lambda: source.status.state is SourceState.DISCONNECTED)
        assert source.status.detail == "not a byte for 1 s"
        await eventually(lambda: len(waits) > 1)
