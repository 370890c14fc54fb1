"""A consumer process to be killed: commits a few messages to a file, then hangs before the next.

Usage: python -m tests.support.mqtt_consumer PORT FILE COMMITS
Prints `hanging` once it holds messages that it has not committed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.sources.transports.mqtt.section import MqttSource
from ldes_shok.sources.transports.mqtt.source import MqttSubscriber
from tests.support.running import running_tools


class FileSink:
    """A durable line per event; hangs when it has written `commits` of them."""

    def __init__(self, path: Path, commits: int) -> None:
        self._path = path
        self._left = commits

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        for delivery in deliveries:
            if not self._left:
                print("hanging", flush=True)  # noqa: T201
                await asyncio.Event().wait()
            self._left -= 1
            with self._path.open("ab") as file:
                file.write(delivery.payload + b"\n")
                file.flush()
                os.fsync(file.fileno())
        return [Outcome(OutcomeKind.PUBLISHED, key=None) for _ in deliveries]


def main() -> None:
    port, path, commits = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    section = MqttSource(
        name="broker",
        tenant="voorbeeldstad",
        topics=("kasten/#",),
        client_id="ldes-shok-test",
        port=port,
    )
    tools = running_tools(FileSink(path, commits), max_batch_events=5)
    source = MqttSubscriber(section, "", tools)
    asyncio.run(source.run())


if __name__ == "__main__":
    main()
