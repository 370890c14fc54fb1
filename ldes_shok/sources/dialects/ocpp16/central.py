"""The central system of a source's stations: takes their frames, answers after the commit.

It contains no transport: a WebSocket passes in a station's frames and sends the answers.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol

import msgspec

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.clock import format_instant
from ldes_shok.sources.base import SourceStatus
from ldes_shok.sources.common.progress import DEFECT
from ldes_shok.sources.common.running import RunningSource
from ldes_shok.sources.common.tools import RunningTools
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.ocpp16.answers import answer_to
from ldes_shok.sources.dialects.ocpp16.memory import recalled
from ldes_shok.sources.dialects.ocpp16.presence.attendance import Attendance
from ldes_shok.sources.dialects.ocpp16.presence.events import LOST, MISSED_HEARTBEATS
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16Source
from ldes_shok.sources.transports.http.push import basic_credentials, token_digest

SUBPROTOCOL: Final = "ocpp1.6"
_ADAPTER: Final = "ocpp16"
_LOOK_SECONDS: Final = 1.0


class StationConnection(Protocol):
    """A station's connection, as its central system needs it."""

    def refuse(self) -> None:
        """Close it soon: the password that opened it is no longer valid."""
        ...


class CentralSystem(RunningSource):
    """Takes what the stations of one source send.

    Args:
        section: the known stations, and how long they may be silent. A station is lost after three
            heartbeat intervals in silence, or `reconnect_seconds` after it closed its connection.
        passwords: of all stations; each is valid, and a station's user name is its identity (OCPP-J
            1.6, 6.2).
        decoding: reads the frames, and keeps the memories.
        tools: of a source.
        monotonic: seconds that never jump, for silence.
    """

    def __init__(
        self,
        section: Ocpp16Source,
        passwords: Sequence[str],
        decoding: Decoding,
        tools: RunningTools,
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__(
            section.name, _ADAPTER, tools.rng, stuck_after=tools.stuck_after, sleep=tools.sleep
        )
        self._origin = Origin(_ADAPTER, section.tenant, section.name)
        self._section = section
        self._decoding = decoding
        self._sink = tools.sink
        self._clock = tools.clock
        self._secrets: Mapping[str, tuple[bytes, ...]] = {}
        self._nobodys: tuple[bytes, ...] = ()
        self._open: dict[StationConnection, tuple[str, bytes]] = {}
        self.renew_passwords(passwords)
        self._attendance = Attendance(
            frozenset(section.stations),
            monotonic,
            silent_seconds=MISSED_HEARTBEATS * section.heartbeat_seconds,
            away_seconds=section.reconnect_seconds,
        )

    @property
    def name(self) -> str:
        """The source's name, a part of its URL."""
        return self._origin.name

    @property
    def heartbeat_seconds(self) -> int:
        """How often a station must send a heartbeat."""
        return self._section.heartbeat_seconds

    @property
    def status(self) -> SourceStatus:
        """How many of the stations are connected."""
        here, all_ = self._attendance.connected, len(self._section.stations)
        detail = f"{here} of {all_} stations connected"
        return replace(self._progress.status, detail=detail)

    def renew_passwords(self, passwords: Sequence[str]) -> None:
        """Replace the valid passwords; close connections that were opened with another one."""
        self._nobodys = tuple(token_digest(str(number)) for number in range(len(passwords)))
        self._secrets = {
            station: tuple(token_digest(f"{station}:{password}") for password in passwords)
            for station in self._section.stations
        }
        for connection, (station, shown) in list(self._open.items()):
            if shown not in self._secrets[station]:
                connection.refuse()

    def admitted(self, station: str, authorization: str | None) -> bytes | None:
        """The digest of the password of this station; None if the station or password is wrong."""
        secrets = self._secrets.get(station)
        shown = shown_by(secrets or self._nobodys, authorization)
        return None if secrets is None else shown

    def connected(self, station: str, shown: bytes, connection: StationConnection) -> None:
        """Record that a station opened a connection, with the digest of its password."""
        self._attendance.opened(station)
        self._open[connection] = station, shown
        if shown not in self._secrets[station]:
            connection.refuse()

    def disconnected(self, connection: StationConnection) -> None:
        """Record that a station's connection was closed."""
        station, _ = self._open.pop(connection)
        self._attendance.closed(station)

    async def take(self, station: str, payload: bytes) -> bytes | None:
        """The answer to a frame, after the commit; None if the frame needs no answer.

        While the service takes no events (overloaded, the log unavailable) the station waits, and
        sends nothing else (OCPP-J 1.6, 4.1.1).

        Raises:
            ShuttingDown: the frame was not taken; the station sends it again.
        """
        self._attendance.heard(station)
        await self._submit(self._message(station, "up", payload, self._clock.now()))
        known = await self._retry.until_taken(lambda: self._decoding.memory(station))
        memory = recalled(known)
        return answer_to(payload, memory, self._clock.now(), self._section.heartbeat_seconds)

    async def _deliver(self) -> None:
        self._progress.listening()
        while True:
            await self._sleep(_LOOK_SECONDS)
            await self.look()
            self._progress.passed(DEFECT)

    async def look(self) -> None:
        """Publish the loss of stations that are lost now.

        Raises:
            ShuttingDown: no event was taken.
        """
        for station in self._attendance.lost():
            now = self._clock.now()
            payload = msgspec.json.encode({"link": LOST, "at": format_instant(now)})
            await self._submit(self._message(station, "link", payload, now))
            self._log.warning("station_lost", station=station)

    def _message(self, station: str, direction: str, payload: bytes, at: datetime) -> Message:
        # The time too: a station counts from 1 again after a start, so equal bytes may be a new
        # message.
        attributes = {"station": station, "direction": direction, "at": format_instant(at)}
        return Message(payload, at, attributes)

    async def _submit(self, message: Message) -> None:
        await self._retry.until_taken(lambda: self._decoding.submit([message], self._sink))


def shown_by(secrets: Sequence[bytes], authorization: str | None) -> bytes | None:
    """Find the secret in a header with HTTP Basic, in a time that reveals nothing.

    Args:
        secrets: the digests of the valid secrets; each is compared.
        authorization: the Authorization header.
    """
    presented = token_digest(basic_credentials(authorization))
    matches = [hmac.compare_digest(each, presented) for each in secrets]
    return presented if any(matches) else None
