"""The central system of a source's stations: takes their frames, answers after the commit.

No transport here: a WebSocket hands over what a station sends and sends what comes back.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final, Protocol

import msgspec
import structlog

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.clock import Clock, format_instant
from ldes_shok.sources.base import Sink, Source, SourceState, SourceStatus
from ldes_shok.sources.common.progress import DEFECT, STUCK_AFTER_FAILURES, SourceProgress
from ldes_shok.sources.common.retry import Retry, Sleep
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.ocpp16.answers import answer_to
from ldes_shok.sources.dialects.ocpp16.memory import recalled
from ldes_shok.sources.dialects.ocpp16.presence.attendance import Attendance
from ldes_shok.sources.dialects.ocpp16.presence.events import LOST, MISSED_HEARTBEATS
from ldes_shok.sources.transports.http.push import basic_credentials, token_digest

SUBPROTOCOL: Final = "ocpp1.6"
_LOOK_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class CentralSettings:
    """Who may come, and how long it may be silent.

    Attributes:
        stations: those that may connect.
        passwords: of all of them, which are never printed; each is good, and a station's user name
            is its identity (OCPP-J 1.6, 6.2).
        heartbeat_seconds: how often a station is to say that it is there. After three of them in
            silence it is lost.
        reconnect_seconds: how long a station may be away that closed its connection.
        stuck_after: so many failures in a row make it stuck.
    """

    stations: frozenset[str]
    passwords: tuple[str, ...] = field(repr=False)
    heartbeat_seconds: int
    reconnect_seconds: int
    stuck_after: int = STUCK_AFTER_FAILURES


class StationConnection(Protocol):
    """A station's connection, as far as its central system must know it."""

    def refuse(self) -> None:
        """Close it soon: what was shown to open it is not good any more."""
        ...


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
        self._secrets: Mapping[str, tuple[bytes, ...]] = {}
        self._nobodys: tuple[bytes, ...] = ()
        self._open: dict[StationConnection, tuple[str, bytes]] = {}
        self.renew(settings.passwords)
        self._attendance = Attendance(
            settings.stations,
            monotonic,
            silent_seconds=MISSED_HEARTBEATS * settings.heartbeat_seconds,
            away_seconds=settings.reconnect_seconds,
        )
        self._log = structlog.get_logger(source=origin.name, adapter=origin.adapter)
        self._progress = SourceProgress(origin.name, self._log, settings.stuck_after)
        self._patience = Retry(rng, self._log, self._progress.held_back, sleep)

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

    def renew(self, passwords: Sequence[str]) -> None:
        """From now on these are good; connections that were opened with another one are closed."""
        self._nobodys = tuple(token_digest(str(number)) for number in range(len(passwords)))
        self._secrets = {
            station: tuple(token_digest(f"{station}:{password}") for password in passwords)
            for station in self._settings.stations
        }
        for connection, (station, shown) in list(self._open.items()):
            if shown not in self._secrets[station]:
                connection.refuse()

    def admitted(self, station: str, authorization: str | None) -> bytes | None:
        """What this station showed, as a digest; None if it is not that station, or not ours."""
        secrets = self._secrets.get(station)
        shown = shown_by(secrets or self._nobodys, authorization)
        return None if secrets is None else shown

    def connected(self, station: str, shown: bytes, connection: StationConnection) -> None:
        """A connection of a station was opened, with what it had shown."""
        self._attendance.opened(station)
        self._open[connection] = station, shown
        if shown not in self._secrets[station]:
            connection.refuse()

    def disconnected(self, connection: StationConnection) -> None:
        """A connection of a station was closed."""
        station, _ = self._open.pop(connection)
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
        known = await self._patience.until_taken(lambda: self._decoding.memory(station))
        memory = recalled(known)
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
            payload = msgspec.json.encode({"link": LOST, "at": format_instant(now)})
            await self._submit(self._message(station, "link", payload, now))
            self._log.warning("station_lost", station=station)

    def _message(self, station: str, direction: str, payload: bytes, at: datetime) -> Message:
        # The time too: a station counts from 1 again after it started, and what it said then is
        # not what it says now, though the bytes are the same.
        attributes = {"station": station, "direction": direction, "at": format_instant(at)}
        return Message(payload, at, attributes)

    async def _submit(self, message: Message) -> None:
        await self._patience.until_taken(lambda: self._decoding.submit([message], self._sink))


def shown_by(secrets: Sequence[bytes], authorization: str | None) -> bytes | None:
    """HTTP Basic, compared in a time that tells nothing: which of the secrets was shown.

    Args:
        secrets: the digests of what may be shown; each is compared.
        authorization: the Authorization header.
    """
    presented = token_digest(basic_credentials(authorization))
    matches = [hmac.compare_digest(each, presented) for each in secrets]
    return presented if any(matches) else None
