from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from structlog.testing import capture_logs

from ldes_shok.sources.base import SourceState
from ldes_shok.sources.transports.mqtt.connection import MqttOptions
from ldes_shok.sources.transports.mqtt.section import MqttSource
from ldes_shok.sources.transports.mqtt.source import MqttSubscriber
from tests.support.ports import free_port
from tests.support.running import running_tools
from tests.support.sinks import RecordingSink


async def test_a_file_that_cannot_be_used_is_named_in_the_status(tmp_path: Path) -> None:
    """Operators read it in the health answer; the source tries again by itself."""
    missing = str(tmp_path / "nothing-here.pem")
    section = MqttSource(
        name="broker", tenant="t", topics=("a/#",), client_id="c", tls=True, tls_ca_file=missing
    )
    waiting = asyncio.Event()

    async def wait_for_ever(_seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    source = MqttSubscriber(section, "", running_tools(RecordingSink(), sleep=wait_for_ever))
    task = asyncio.create_task(source.run())
    await waiting.wait()
    assert source.status.state is SourceState.DISCONNECTED
    assert f"source broker: one of tls_ca_file {missing} is no PEM file" in source.status.detail
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_broker_that_is_not_there_makes_its_source_stuck_until_it_is() -> None:
    """One line when it is stuck; the attempts go on."""
    section = MqttSource(
        name="broker", tenant="t", topics=("a/#",), client_id="c", port=free_port()
    )
    options = MqttOptions(bind_address="127.0.0.1")
    tried = 0
    stop = asyncio.Event()

    async def wait(_seconds: float) -> None:
        nonlocal tried
        tried += 1
        if tried == 6:
            stop.set()
            await asyncio.Event().wait()

    with capture_logs() as lines:
        tools = running_tools(RecordingSink(), sleep=wait, stuck_after=3)
        source = MqttSubscriber(section, "", tools, options)
        task = asyncio.create_task(source.run())
        await stop.wait()
    assert source.status.stuck.startswith("failed 6 times at the same position: ")
    assert [line["event"] for line in lines].count("source_stuck") == 1
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
