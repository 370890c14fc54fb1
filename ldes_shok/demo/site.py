"""The places of the demo's devices: their ports, their broker, and the table of their cabinets."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from ldes_shok.bootstrap.service import Running
from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.commands.tables import csv_source, import_table
from ldes_shok.demo.broker import find_mosquitto, running_broker
from ldes_shok.demo.devices.places import PLACES, Dialect, assets_csv
from ldes_shok.demo.sources import LOOPBACK, TABLE, Ports
from ldes_shok.settings.model import Settings
from ldes_shok.sources.dialects.csvfile.subject import Subject

_BEFORE: Final = timedelta(days=1)
"""The devices exist from the day before the city began: a station repeats that time."""


class _KeptPorts(msgspec.Struct, frozen=True):
    """The ports of the last run: a source that polls another address begins again."""

    p1: int = 0
    rest: int = 0


@dataclass(frozen=True, slots=True)
class DemoSite:
    """What exists while the demo runs.

    Attributes:
        p1: a listening socket, for the bridge.
        rest: another, for the REST interface.
        mqtt_port: the broker's port; None if mosquitto is not installed.
        table: the file with the cabinets.
    """

    p1: socket.socket
    rest: socket.socket
    mqtt_port: int | None
    table: Path

    @property
    def ports(self) -> Ports:
        """The ports of the devices."""
        return Ports(self.p1.getsockname()[1], self.rest.getsockname()[1], self.mqtt_port)


def open_site(directory: Path, start: datetime, stack: ExitStack) -> DemoSite:
    """Listen, start the broker and write the table; `stack` ends all of it.

    Args:
        directory: of the demo.
        start: when the city began.
        stack: closes what is opened.
    """
    file = directory / "devices.json"
    kept = _KeptPorts()
    if file.exists():
        kept = msgspec.json.decode(file.read_bytes(), type=_KeptPorts)
    p1, rest = (stack.enter_context(_listening(port)) for port in (kept.p1, kept.rest))
    file.write_bytes(msgspec.json.encode(_KeptPorts(p1.getsockname()[1], rest.getsockname()[1])))
    binary, mqtt_port = find_mosquitto(os.environ), None
    if binary is not None:
        mqtt_port = _free_port()
        stack.enter_context(running_broker(binary, mqtt_port, directory))
    table = directory / "devices.csv"
    dialects = [d for d in Dialect if d is not Dialect.MQTT or mqtt_port is not None]
    places = [PLACES[dialect] for dialect in dialects]
    table.write_text(assets_csv(places, (start - _BEFORE).date()), encoding="utf-8")
    return DemoSite(p1, rest, mqtt_port, table)


async def import_places(settings: Settings, site: DemoSite, running: Running) -> None:
    """Import the cabinets as `ldes-shok import` does; known cabinets stay as they are."""
    loop = asyncio.get_running_loop()

    def take(deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        return asyncio.run_coroutine_threadsafe(running.ingest.submit(deliveries), loop).result()

    await asyncio.to_thread(
        import_table,
        site.table,
        Subject.ASSETS,
        csv_source(settings, TABLE),
        running.clock.now(),
        take,
    )


def _listening(port: int) -> socket.socket:
    """Return a socket on loopback: on `port` if it is free, otherwise on another port."""
    with suppress(OSError):
        return _bound(port)
    return _bound(0)


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((LOOPBACK, port))
        bound.listen()
    except OSError:
        bound.close()
        raise
    return bound


def _free_port() -> int:
    with _bound(0) as probe:
        return int(probe.getsockname()[1])
