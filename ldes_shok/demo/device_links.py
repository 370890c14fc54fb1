"""Connects the demo's devices to the service over loopback, from outside, as real devices do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import aiohttp
import aiomqtt
import structlog
from aiohttp import web

from ldes_shok.demo.devices.bookings import Bookings, signature
from ldes_shok.demo.devices.context import notification
from ldes_shok.demo.devices.load import Load
from ldes_shok.demo.devices.places import PLACES, Dialect
from ldes_shok.demo.devices.readings import readings
from ldes_shok.demo.devices.shelly import Shelly
from ldes_shok.demo.devices.station import Station
from ldes_shok.demo.devices.telegrams import telegram
from ldes_shok.demo.sources import (
    LOOPBACK,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    shelly_name,
    station_name,
    variable,
)
from ldes_shok.demo.station_link import speak_ocpp
from ldes_shok.sources.transports.http.cloudevents import BATCHED

_QUARTER: Final = timedelta(minutes=15)
_LEAST_SECONDS: Final = 0.5
_TELEGRAM_SECONDS: Final = 1.0
_AGAIN_SECONDS: Final = 2.0
_FIRST_WORD_SECONDS: Final = 5.0
_CARD: Final = "KAART-VERZONNEN-1"
_JSON: Final = "application/json"
_GONE: Final = (aiohttp.ClientError, aiomqtt.MqttError, OSError, TimeoutError)

Spoke = Callable[[], None]
"""A device calls this after the service has received its data."""

Speaker = Callable[[Spoke], Awaitable[None]]
"""A device that sends until its connection is gone."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The environment of the devices.

    Attributes:
        seed: of the demo.
        now: returns the simulated second, aware UTC.
        speed: simulated seconds in one second.
        service: address of the service, without a slash at the end.
        secrets: the secrets that devices send, by variable.
        p1: the socket on which the bridge listens.
        rest: the socket on which the REST interface listens.
        mqtt_port: of the broker, if there is one.
        dialects: the dialects that have a source.
    """

    seed: int
    now: Callable[[], datetime]
    speed: float
    service: str
    secrets: Mapping[str, str]
    p1: socket.socket
    rest: socket.socket
    mqtt_port: int | None
    dialects: frozenset[str]

    def load(self, dialect: Dialect) -> Load:
        """Return the meter of a device."""
        return Load(self.seed, PLACES[dialect].meter)

    async def quarter(self) -> None:
        """Wait a simulated quarter of an hour, but never so short that devices do nothing else."""
        await asyncio.sleep(max(_LEAST_SECONDS, _QUARTER.total_seconds() / self.speed))


@asynccontextmanager
async def speaking(around: Surroundings) -> AsyncIterator[None]:
    """Run all devices until the block ends; it begins after each has sent once, or failed."""
    bridge = _Bridge(around)
    server = await asyncio.start_server(bridge.connected, sock=around.p1)
    runner = web.AppRunner(_rest(around), access_log=None)
    await runner.setup()
    await web.SockSite(runner, around.rest).start()
    async with aiohttp.ClientSession() as session:
        speakers = [(speaker, asyncio.Event()) for speaker in _speakers(around, session)]
        tasks = [asyncio.create_task(_kept_up(speaker, first)) for speaker, first in speakers]
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_WORD_SECONDS):
                    for _, first in speakers:
                        await first.wait()
            yield
        finally:
            server.close()
            tasks += bridge.streams
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await runner.cleanup()


async def _kept_up(speaker: Speaker, first: asyncio.Event) -> None:
    """Run a device and restart it when its connection is gone."""
    while True:
        try:
            await speaker(first.set)
        except _GONE as error:
            structlog.get_logger("ldes_shok.demo").debug("device_comes_back", reason=str(error))
        finally:
            first.set()
        await asyncio.sleep(_AGAIN_SECONDS)


def _speakers(around: Surroundings, session: aiohttp.ClientSession) -> Iterator[Speaker]:
    """Yield the devices that connect to the service by themselves."""
    poster = _Poster(around, session)
    yield poster.notify
    yield poster.book
    yield poster.report
    if around.mqtt_port is not None:
        port = around.mqtt_port
        yield lambda spoke: _publish(around, port, spoke)
    if Dialect.OCPP.value in around.dialects:
        place = PLACES[Dialect.OCPP]
        station = Station(station_name(place), _CARD, around.load(Dialect.OCPP))
        url = f"{around.service}/ocpp16/{place.dialect.value}/{station.name}"
        password = around.secrets[variable(place.dialect)]
        yield lambda spoke: speak_ocpp(session, url, station, password, around.now, spoke)


class _Poster:
    """The devices that POST to `/ingest`."""

    def __init__(self, around: Surroundings, session: aiohttp.ClientSession) -> None:
        self._around = around
        self._session = session

    async def notify(self, spoke: Spoke) -> None:
        """Send as a context broker."""
        around, place = self._around, PLACES[Dialect.NGSI_LD]
        while True:
            body = notification(place, around.load(place.dialect), around.now())
            await self._post("/ingest", body, self._bearer(place.dialect))
            spoke()
            await around.quarter()

    async def report(self, spoke: Spoke) -> None:
        """Send as a Shelly: its maker's cloud calls a webhook."""
        around, place = self._around, PLACES[Dialect.SHELLY]
        device = Shelly(shelly_name(place), around.load(place.dialect))
        while True:
            await self._post(
                "/ingest", device.notification(around.now()), self._bearer(place.dialect)
            )
            spoke()
            await around.quarter()

    async def book(self, spoke: Spoke) -> None:
        """Send as a booking platform, with a signature."""
        around, place = self._around, PLACES[Dialect.WEBHOOK]
        bookings = Bookings(around.seed, place)
        while True:
            at = around.now()
            body, timestamp = bookings.cloud_events(at), str(int(at.timestamp()))
            headers = {
                "Content-Type": BATCHED,
                TIMESTAMP_HEADER: timestamp,
                SIGNATURE_HEADER: signature(
                    around.secrets[variable(place.dialect)], timestamp, body
                ),
            }
            await self._post(f"/ingest/{place.dialect.value}", body, headers)
            spoke()
            await around.quarter()

    def _bearer(self, dialect: Dialect) -> dict[str, str]:
        secret = self._around.secrets[variable(dialect)]
        return {"Authorization": f"Bearer {secret}", "Content-Type": _JSON}

    async def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        url = f"{self._around.service}{path}"
        async with self._session.post(url, data=body, headers=headers) as answer:
            await answer.read()
            answer.raise_for_status()


class _Bridge:
    """A serial-to-network bridge: each client that connects gets the telegrams."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._load = around.load(Dialect.P1)
        self._streams: set[asyncio.Task[None]] = set()

    @property
    def streams(self) -> list[asyncio.Task[None]]:
        """One task for each connected client."""
        return list(self._streams)

    def connected(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a new client."""
        stream = asyncio.create_task(self._stream(writer))
        self._streams.add(stream)
        stream.add_done_callback(self._streams.discard)

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        """Send a telegram every second until the client disconnects."""
        try:
            while not writer.is_closing():
                writer.write(telegram(self._load, self._around.now()))
                await writer.drain()
                await asyncio.sleep(_TELEGRAM_SECONDS)
        except OSError:
            pass
        finally:
            writer.close()


def _rest(around: Surroundings) -> web.Application:
    """Return a REST interface that the service polls for readings."""
    place = PLACES[Dialect.REST]
    load = around.load(place.dialect)

    async def answer(request: web.Request) -> web.Response:
        since, until = (datetime.fromisoformat(request.query[key]) for key in ("van", "tot"))
        return web.Response(body=readings(place, load, since, until), content_type=_JSON)

    app = web.Application()
    app.router.add_get("/metingen", answer)
    return app


async def _publish(around: Surroundings, port: int, spoke: Spoke) -> None:
    """Send as a Shelly that publishes to a broker, with a last will."""
    place = PLACES[Dialect.MQTT]
    device = Shelly(shelly_name(place), around.load(place.dialect))
    online = f"{device.device}/online"
    will = aiomqtt.Will(online, b"false", qos=1, retain=True)
    async with aiomqtt.Client(LOOPBACK, port, will=will, bind_address=LOOPBACK) as client:
        await client.publish(online, b"true", qos=1, retain=True)
        while True:
            notification = device.notification(around.now())
            await client.publish(f"{device.device}/events/rpc", notification, qos=1)
            spoke()
            await around.quarter()
