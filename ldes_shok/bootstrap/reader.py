"""A process that only reads: answers streams and nodes, passes other requests to the writer.

`ldes_shok.processes.workers` runs it as `python -m ldes_shok.bootstrap.reader DESCRIPTOR`; the
descriptor is its end of the channel. It imports no RDF library. When the channel ends, the writing
process is dead, and this process ends too.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import structlog
import uvloop

from ldes_shok.bootstrap.log_readers import open_log_reader
from ldes_shok.bootstrap.reading import build_reading, read_limits
from ldes_shok.bootstrap.streams import event_streams
from ldes_shok.clock import SystemClock
from ldes_shok.errors import ConfigurationError
from ldes_shok.http.serving.forward import forwarding
from ldes_shok.http.serving.read_services import ReadServices
from ldes_shok.http.serving.reader_app import create_reader_app
from ldes_shok.http.serving.server import listening
from ldes_shok.log.pulse import Pulse
from ldes_shok.log.reads import Reads
from ldes_shok.observability.logging import configure
from ldes_shok.observability.metrics import Metrics
from ldes_shok.processes.channel import Channel, ReaderStart, Renew, RequestCounts

ORPHANED = 3
"""Exit code of a reader whose writing process is dead."""


def main(descriptor: str) -> int:
    """Run until a signal stops the process; return the exit code."""
    # The writing process handles SIGHUP and sends `Renew`.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(socket.socket(fileno=int(descriptor))))


async def _run(end: socket.socket) -> int:
    channel = await Channel.over(end)
    async for message in channel.messages():
        if isinstance(message, ReaderStart):
            return await _serve(channel, message)
    return ORPHANED


async def _serve(channel: Channel, start: ReaderStart) -> int:
    settings = start.settings
    configure(settings.logging.format, settings.logging.level, sys.stdout)
    structlog.contextvars.bind_contextvars(reader=start.number)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    metrics = Metrics()
    log = open_log_reader(
        settings,
        Path(start.log_path) if start.log_path else None,
        None if start.pulse is None else Pulse.at(start.pulse),
    )
    listeners = [socket.socket(fileno=descriptor) for descriptor in start.listeners]
    try:
        with Reads(log, read_limits(settings)) as reads:
            streams = event_streams(settings, await reads.run(log.closed_streams))
            reading = build_reading(
                settings, streams, start.credentials, SystemClock(), log, metrics, reads
            )
            socket_path = Path(start.socket_path)
            async with forwarding(socket_path, reading.retry_after_seconds) as forwarder:
                application = create_reader_app(reading, forwarder, settings.http.max_body_bytes)
                async with listening(
                    application,
                    listeners,
                    SystemClock(),
                    grace_seconds=settings.http.shutdown_grace_seconds,
                ):
                    answering = asyncio.create_task(_answer(channel, reading, metrics, start))
                    await channel.send(RequestCounts([]))
                    await stopping.wait()
        await channel.send(RequestCounts(metrics.take_requests()))
    finally:
        log.close()
    answering.cancel()
    return 0


async def _answer(
    channel: Channel, reading: ReadServices, metrics: Metrics, start: ReaderStart
) -> None:
    """Do what the writing process asks; if that process is dead, end at once."""
    async for message in channel.messages():
        if isinstance(message, Renew):
            reading.access.renew(message.credentials)
            # The writing process reports what is wrong with the file.
            with suppress(ConfigurationError):
                await asyncio.to_thread(reading.access.renew_signed)
            reading.audit.close()
        await channel.send(RequestCounts(metrics.take_requests()))
    structlog.get_logger("ldes_shok.reader").error("writer_gone")
    shutil.rmtree(Path(start.socket_path).parent, ignore_errors=True)
    os._exit(ORPHANED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
