"""The central system of a source's stations: takes their frames, answers after the commit.

No transport here: a WebSocket hands over what a station sends and sends what comes back.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final

import msgspec
import structlog

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.clock import Clock, format_instant
from ldes_shok.sources.base import Sink, Source, SourceState, SourceStatus
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.ocpp16.answers import answer_to
from ldes_shok.sources.ocpp16.attendance import Attendance
from ldes_shok.sources.ocpp16.memory import recall
from ldes_shok.sources.ocpp16.presence import LOST, MISSED_HEARTBEATS
from ldes_shok.sources.patience import Patience, Sleep
from ldes_shok.sources.progress import DEFECT, STUCK_AFTER_FAILURES, Progress
from ldes_shok.sources.push import token_digest

SUBPROTOCOL: Final = "ocpp1.6"
_LOOK_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class CentralSettings:
    """Who may come, and how long it may be silent.

    Attributes:
        stations: those that may connect.
        password: of all of them, which is never printed; a station's user name is its identity
            (OCPP-J 1.6, 6.2).
        heartbeat_seconds: how often a station is to say that it is there. After three of them in
            silence it is lost.
        reconnect_seconds: how long a station may be away that closed its connection.
        stuck_after: so many failures in a row make it stuck.
    """

    stations: frozenset[str]
    password: str = field(repr=False)
    heartbeat_seconds: int
    reconnect_seconds: int
    stuck_after: int = STUCK_AFTER_FAILURES


class CentralSystem(Source):
    """Takes what the stations of one source send.

    Args:
        origin: of the events.
        settings: who may come.
        decoding: reads the frames, and remembers.
        sink: takes the events.
        clock: stamps the moment of receipt.
        monotonic: seconds that never jump, for silence.
        rng: spreads the retries.
        sleep: how to wait; a test passes its own.
    """

    def __init__(
        self,
        origin: Origin,
        settings: CentralSettings,
        decoding: Decoding,
        sink: Sink,
        clock: Clock,
        monotonic: Callable[[], float],
        rng: Random,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._origin = origin
        self._settings = settings
        self._decoding = decoding
        self._sink = sink
        self._clock = clock
        self._sleep = sleep
        self._state = SourceState.STARTING
        self._secrets = {
            station: token_digest(f"{station}:{settings.password}") for station in settings.stations
        }
        self._attendance = Attendance(
            settings.stations,
            monotonic,
            silent_seconds=MISSED_HEARTBEATS * settings.heartbeat_seconds,
            away_seconds=settings.reconnect_seconds,
        )
        self._log = structlog.get_logger(source=origin.name, adapter=origin.adapter)
        self._progress = Progress(origin.name, self._log, settings.stuck_after)
        self._patience = Patience(rng, self._log, self._progress.held_back, sleep)

    @property
    def name(self) -> str:
        """The source's name, which stands in its address."""
        return self._origin.name

    @property
    def heartbeat_seconds(self) -> int:
        """How often a station is to say that it is there."""
        return self._settings.heartbeat_seconds

    @property
    def status(self) -> SourceStatus:
        """How many of the stations are connected."""
        here, all_ = self._attendance.connected, len(self._settings.stations)
        detail = f"{here} of {all_} stations connected"
        return SourceStatus(self._origin.name, self._state, detail, self._progress.status.stuck)

    def failed(self, error: Exception) -> bool:
        """A defect of ours: it looks for lost stations again."""
        return self._progress.crashed(error)

    def admits(self, station: str, authorization: str | None) -> bool:
        """Whether this is that station, and one of ours."""
        return is_station(self._secrets.get(station), authorization)

    def connected(self, station: str) -> None:
        """A connection of a station was opened."""
        self._attendance.opened(station)

    def disconnected(self, station: str) -> None:
        """A connection of a station was closed."""
        self._attendance.closed(station)

    async def take(self, station: str, payload: bytes) -> bytes | None:
        """The answer to a frame, after the commit; None where none is due.

        While nothing is taken (overloaded, the log unavailable) the station waits, and sends
        nothing else (OCPP-J 1.6, 4.1.1).

        Raises:
            ShuttingDown: nothing was taken; the station sends it again.
        """
        self._attendance.heard(station)
        await self._submit(self._message(station, "up", payload, self._clock.now()))
        memory = recall(await self._decoding.memory(station))
        return answer_to(payload, memory, self._clock.now(), self._settings.heartbeat_seconds)

    async def run(self) -> None:
        """Look for stations that are lost, until cancelled."""
        self._state = SourceState.CONNECTED
        try:
            while True:
                await self._sleep(_LOOK_SECONDS)
                await self.look()
                self._progress.passed(DEFECT)
        finally:
            self._state = SourceState.STOPPED

    async def look(self) -> None:
        """Tell of the stations that are lost by now.

        Raises:
            ShuttingDown: nothing was taken.
        """
        for station in self._attendance.lost():
            now = self._clock.now()
            said = msgspec.json.encode({"link": LOST, "at": format_instant(now)})
            await self._submit(self._message(station, "link", said, now))
            self._log.warning("station_lost", station=station)

    def _message(self, station: str, direction: str, payload: bytes, at: datetime) -> Message:
        # The time too: a station counts from 1 again after it started, and what it said then is
        # not what it says now, though the bytes are the same.
        attributes = {"station": station, "direction": direction, "at": format_instant(at)}
        return Message(payload, at, attributes)

    async def _submit(self, message: Message) -> None:
        await self._patience.until_taken(lambda: self._decoding.submit([message], self._sink))


def is_station(secret: bytes | None, authorization: str | None) -> bool:
    """HTTP Basic, compared in a time that tells nothing.

    Args:
        secret: the digest of what the station must show; None for one that is not ours, which
            takes as long.
        authorization: the Authorization header.
    """
    presented = token_digest(_basic(authorization))
    return hmac.compare_digest(secret or token_digest(""), presented) and secret is not None


def _basic(authorization: str | None) -> str:
    """User name and password of an Authorization header, with a colon; empty if there is none."""
    scheme, _, coded = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(coded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
