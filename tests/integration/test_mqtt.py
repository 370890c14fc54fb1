"""Promise P1 over MQTT: what is not committed is delivered again, whoever dies in between."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from structlog.testing import capture_logs

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.errors import LogUnavailable, Overloaded, ShuttingDown, ValidationUnavailable
from ldes_shok.sources.base import Sink, SourceState
from ldes_shok.sources.transports.mqtt.connection import MqttConnection, MqttOptions
from ldes_shok.sources.transports.mqtt.section import MqttSource
from ldes_shok.sources.transports.mqtt.source import MqttSubscriber
from tests.support.mosquitto import Mosquitto, mqtt_client, running_mosquitto
from tests.support.patience import HANG_SECONDS, eventually
from tests.support.running import running_tools
from tests.support.sinks import RecordingSink

pytestmark = [pytest.mark.integration, pytest.mark.mqtt]

LOOPBACK = "127.0.0.1"
CLIENT_ID = "ldes-shok-test"
ROOT = Path(__file__).parents[2]
Protocol = Literal["3.1.1", "5"]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running_mosquitto(tmp_path) as running:
        yield running


@dataclass(frozen=True)
class Subscription:
    """What a test says of a source."""

    section: MqttSource
    options: MqttOptions = field(default_factory=lambda: MqttOptions(bind_address=LOOPBACK))
    max_batch_events: int = 500

    def source(self, sink: Sink) -> MqttSubscriber:
        tools = running_tools(sink, sleep=_at_once, max_batch_events=self.max_batch_events)
        return MqttSubscriber(self.section, "", tools, self.options)

    def connection(self, on_subscribed: Callable[[], None]) -> MqttConnection:
        return MqttConnection(self.section, None, None, on_subscribed, self.options)


def settings_for(
    broker: Mosquitto,
    *,
    protocol: Protocol = "3.1.1",
    max_batch_events: int = 500,
    max_waiting_messages: int = 10_000,
    max_waiting_bytes: int = 16_000_000,
) -> Subscription:
    section = MqttSource(
        name="broker",
        tenant="voorbeeldstad",
        topics=("kasten/#",),
        client_id=CLIENT_ID,
        port=broker.port,
        protocol=protocol,
    )
    options = MqttOptions(
        bind_address=LOOPBACK,
        max_waiting_messages=max_waiting_messages,
        max_waiting_bytes=max_waiting_bytes,
    )
    return Subscription(section, options, max_batch_events)


async def _at_once(_seconds: float) -> None:
    await asyncio.sleep(0.01)


@asynccontextmanager
async def consuming(settings: Subscription, sink: Sink) -> AsyncIterator[MqttSubscriber]:
    source = settings.source(sink)
    task = asyncio.create_task(source.run())
    await eventually(lambda: source.status.state is SourceState.CONNECTED)
    try:
        yield source
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def publish(broker: Mosquitto, payloads: Sequence[bytes], *, qos: int = 1) -> None:
    async with mqtt_client(broker.port) as client:
        for payload in payloads:
            await client.publish("kasten/VBS-001", payload, qos=qos)


async def acknowledged(broker: Mosquitto, count: int) -> None:
    """Return when the broker has read `count` acknowledgements of ours."""
    await eventually(lambda: broker.acknowledgements(CLIENT_ID) >= count)


async def open_session(settings: Subscription) -> None:
    """Subscribe once, so that the broker queues from now on."""
    async with consuming(settings, RecordingSink()):
        pass


def events(count: int) -> list[bytes]:
    return [b'{"number":%d}' % number for number in range(count)]


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
async def test_events_arrive_with_their_origin_and_once(
    broker: Mosquitto, protocol: Protocol
) -> None:
    settings = settings_for(broker, protocol=protocol)
    sink = RecordingSink()
    async with consuming(settings, sink):
        await publish(broker, events(50))
        await acknowledged(broker, 50)
    assert sink.committed == events(50)

    again = RecordingSink()
    async with consuming(settings, again):
        await publish(broker, [b'{"last":true}'])
        await again.wait_for(1)
    assert again.committed == [b'{"last":true}']
    assert {item.origin for item in sink.deliveries} == {Origin("mqtt", "voorbeeldstad", "broker")}


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
async def test_nothing_is_acknowledged_before_the_commit(
    broker: Mosquitto, protocol: Protocol
) -> None:
    """A consumer that goes away with events in hand gets all of them again."""
    settings = settings_for(broker, protocol=protocol)
    hanging = RecordingSink()
    hanging.gate.clear()
    async with consuming(settings, hanging):
        await publish(broker, events(20))
        await hanging.entered.wait()
    assert broker.acknowledgements(CLIENT_ID) == 0
    assert hanging.committed == []

    sink = RecordingSink()
    async with consuming(settings, sink):
        await sink.wait_for(20)
    assert sink.committed == events(20)


async def test_a_consumer_killed_between_receipt_and_commit_loses_nothing(
    broker: Mosquitto, tmp_path: Path
) -> None:
    """kill -9 after 10 commits of 100: all 100 are there afterwards, few of them twice."""
    settings = settings_for(broker)
    await open_session(settings)
    await publish(broker, events(100))

    committed = tmp_path / "committed.ndjson"
    command = [sys.executable, "-m", "tests.support.mqtt_consumer"]
    victim = await asyncio.create_subprocess_exec(
        *command, str(broker.port), str(committed), "10", stdout=subprocess.PIPE, cwd=ROOT
    )
    assert victim.stdout is not None
    while (await victim.stdout.readline()).strip() != b"hanging":
        assert victim.returncode is None
    # Groups of at most five: of ten commits at most four are in a group that is not complete.
    await acknowledged(broker, 6)
    victim.send_signal(signal.SIGKILL)
    await victim.wait()
    before = committed.read_bytes().splitlines()
    assert len(before) == 10

    sink = RecordingSink()
    async with consuming(settings, sink):
        await sink.wait_for(90)
        await acknowledged(broker, 100)

    times = Counter([*before, *sink.committed])
    assert set(times) == set(events(100))
    assert sum(times.values()) - 100 <= 4


async def test_it_comes_back_when_the_broker_does(broker: Mosquitto) -> None:
    settings = settings_for(broker)
    sink = RecordingSink()
    with capture_logs() as logs:
        async with consuming(settings, sink) as source:
            await publish(broker, events(3))
            await acknowledged(broker, 3)
            broker.stop()
            await eventually(lambda: source.status.state is SourceState.DISCONNECTED)
            assert source.status.detail
            broker.start()
            await eventually(lambda: source.status.state is SourceState.CONNECTED)
            await publish(broker, [b'{"after":true}'])
            await acknowledged(broker, 4)
        assert source.status.state is SourceState.STOPPED

    assert sink.committed == [*events(3), b'{"after":true}']
    said = [entry["event"] for entry in logs]
    assert said == ["source_connected", "source_disconnected", "source_connected"]


async def test_messages_in_hand_survive_a_broker_restart(broker: Mosquitto) -> None:
    """Received, not committed, connection lost: committed once more is fine, lost is not."""
    sink = RecordingSink()
    sink.gate.clear()
    async with consuming(settings_for(broker), sink) as source:
        await publish(broker, events(10))
        await sink.entered.wait()
        broker.stop()
        broker.start()
        sink.gate.set()
        await sink.wait_for(10)
        await eventually(lambda: source.status.state is SourceState.CONNECTED)
        await publish(broker, [b'{"last":true}'])
        await eventually(lambda: b'{"last":true}' in sink.committed)

    assert set(sink.committed) == {*events(10), b'{"last":true}'}


async def test_a_poison_message_blocks_nothing(broker: Mosquitto) -> None:
    poison = [b"\xff\xfe", b"[1,", b"{" * 50_000, b"   "]
    sink = RecordingSink()
    async with consuming(settings_for(broker), sink):
        await publish(broker, [b'{"before":1}', *poison, b'{"after":1}'])
        await acknowledged(broker, 6)
    assert sink.committed == [b'{"before":1}', *poison, b'{"after":1}']

    again = RecordingSink()
    async with consuming(settings_for(broker), again):
        await publish(broker, [b'{"next":1}'])
        await again.wait_for(1)
    assert again.committed == [b'{"next":1}']


async def test_refused_events_are_offered_again_and_held_at_the_broker(broker: Mosquitto) -> None:
    """Overloaded or unavailable: nothing acknowledged, nothing lost, nothing twice."""
    sink = RecordingSink()
    sink.refusals = [
        Overloaded(2),
        ValidationUnavailable("no process"),
        LogUnavailable("disk full"),
        Overloaded(1),
    ]
    with capture_logs() as logs:
        async with consuming(settings_for(broker), sink) as source:
            await publish(broker, events(30))
            await sink.wait_for(30)
            await eventually(lambda: source.status.detail == "")
    assert sink.committed == events(30)
    said = [entry["event"] for entry in logs]
    assert said == ["source_connected", "source_held_back", "source_flowing"]


async def test_a_full_pipeline_that_stops_leaves_the_events_at_the_broker(
    broker: Mosquitto,
) -> None:
    settings = settings_for(broker)
    await open_session(settings)
    await publish(broker, events(5))
    closing = RecordingSink()
    closing.refusals = [ShuttingDown("stops")]
    source = settings.source(closing)
    await asyncio.wait_for(source.run(), timeout=HANG_SECONDS)
    assert source.status.state is SourceState.STOPPED

    sink = RecordingSink()
    async with consuming(settings, sink):
        await sink.wait_for(5)
    assert sink.committed == events(5)


async def test_several_events_in_one_message_are_acknowledged_together(broker: Mosquitto) -> None:
    settings = settings_for(broker, max_batch_events=2)
    sink = RecordingSink()
    async with consuming(settings, sink):
        await publish(broker, [b'[{"a":1},{"a":2},{"a":3}]', b'{"b":1}\n{"b":2}\n'])
        await acknowledged(broker, 2)
    assert sink.committed == [b'{"a":1}', b'{"a":2}', b'{"a":3}', b'{"b":1}', b'{"b":2}']
    assert max(sink.batches) <= 2

    again = RecordingSink()
    async with consuming(settings, again):
        await publish(broker, [b'{"next":1}'])
        await again.wait_for(1)
    assert again.committed == [b'{"next":1}']


async def test_what_waits_is_committed_in_groups(broker: Mosquitto) -> None:
    sink = RecordingSink()
    sink.gate.clear()
    async with consuming(settings_for(broker), sink):
        await publish(broker, [b'{"first":1}'])
        await sink.entered.wait()
        await publish(broker, events(60))
        sink.gate.set()
        await sink.wait_for(61)
    assert max(sink.batches) > 1
    assert sum(sink.batches) == 61


async def test_a_cleared_retained_message_says_nothing(broker: Mosquitto) -> None:
    sink = RecordingSink()
    async with consuming(settings_for(broker), sink):
        async with mqtt_client(broker.port) as client:
            await client.publish("kasten/VBS-001", b'{"state":1}', qos=1, retain=True)
            await client.publish("kasten/VBS-001", b"", qos=1, retain=True)
            await client.publish("kasten/VBS-001", b'{"state":2}', qos=1)
        await acknowledged(broker, 3)
    assert sink.committed == [b'{"state":1}', b'{"state":2}']


async def test_a_flood_waits_outside(broker: Mosquitto) -> None:
    """QoS 0 has no flow control of its own: while ten messages wait here, nothing is read."""
    settings = settings_for(broker, max_batch_events=3, max_waiting_messages=10)
    subscribed = asyncio.Event()
    async with settings.connection(subscribed.set) as connection:
        await subscribed.wait()
        waiting = connection._client.messages
        await publish(broker, events(200), qos=0)
        await eventually(lambda: len(waiting) == 10)
        got: list[bytes] = []
        size = settings.max_batch_events
        while len(got) < 200:
            got.extend(message.payload for message in await connection.gather(size))
            assert len(waiting) <= 10
    assert got == events(200)


async def test_large_messages_wait_outside_too(broker: Mosquitto) -> None:
    """Few messages can be many bytes: half a megabyte here, the rest at the broker."""
    settings = settings_for(broker, max_batch_events=1, max_waiting_bytes=500_000)
    large = [str(number).encode() * 100_000 for number in range(1, 10)]
    subscribed = asyncio.Event()
    async with settings.connection(subscribed.set) as connection:
        await subscribed.wait()
        waiting = connection._client.messages
        await publish(broker, large, qos=0)
        await eventually(lambda: len(waiting) == 5)
        got: list[bytes] = []
        size = settings.max_batch_events
        while len(got) < len(large):
            got.extend(message.payload for message in await connection.gather(size))
            assert len(waiting) <= 5
    assert got == large


async def test_a_session_that_holds_more_than_may_wait_here(broker: Mosquitto) -> None:
    """The broker sends all it kept before it answers our subscription: no deadlock."""
    settings = settings_for(broker, max_batch_events=7, max_waiting_messages=10)
    await open_session(settings)
    await publish(broker, events(500))
    sink = RecordingSink()
    async with consuming(settings, sink) as source:
        await sink.wait_for(500)
        await acknowledged(broker, 500)
        assert source.status.state is SourceState.CONNECTED
    assert sink.committed == events(500)


async def test_a_topic_that_is_refused_is_a_status() -> None:
    """Mosquitto grants every subscription, so a broker of nine bytes refuses this one."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1024)
        writer.write(bytes([0x20, 2, 0, 0]))
        subscribe = await reader.read(1024)
        writer.write(bytes([0x90, 3, *subscribe[2:4], 0x80]))
        await reader.read()
        writer.close()

    async with await asyncio.start_server(refuse, LOOPBACK, 0) as server:
        port = server.sockets[0].getsockname()[1]
        settings = Subscription(
            MqttSource(
                name="broker",
                tenant="voorbeeldstad",
                topics=("kasten/#",),
                client_id=CLIENT_ID,
                port=port,
            )
        )
        source = settings.source(RecordingSink())
        task = asyncio.create_task(source.run())
        await eventually(lambda: source.status.state is not SourceState.STARTING)
        status = source.status
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert status.state is SourceState.DISCONNECTED
    assert "refuses topic kasten/#" in status.detail


async def test_wrong_credentials_are_a_status_and_not_a_crash(tmp_path: Path) -> None:
    with running_mosquitto(tmp_path, extra="allow_anonymous false") as guarded:
        settings = settings_for(guarded)
        source = settings.source(RecordingSink())
        task = asyncio.create_task(source.run())
        await eventually(lambda: source.status.state is SourceState.DISCONNECTED)
        assert "authori" in source.status.detail.lower()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
