"""Finds lost stations whose frames are mirrored: this service has no connection to them.

A station is lost after three of its heartbeat intervals without a frame. The interval comes from
the central system (BootNotification, HeartbeatInterval) or from the source's settings. The time of
the loss follows from the frames alone, so a repetition after a crash is the same event.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

import msgspec

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.clock import Clock, format_instant
from ldes_shok.sources.base import Aside, Sink, SourceState, SourceStatus
from ldes_shok.sources.common.progress import STUCK_AFTER_FAILURES
from ldes_shok.sources.common.retry import Sleep
from ldes_shok.sources.common.running import RunningSource
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.ocpp16.memory import StationMemory, recalled
from ldes_shok.sources.dialects.ocpp16.presence.events import LOST, MISSED_HEARTBEATS

UNKNOWN_HEARTBEAT: Final = timedelta(hours=1)
"""The interval of a station whose start was not mirrored; few have a longer one."""

_LOOK_SECONDS: Final = 10.0

Known = Callable[[], Sequence[tuple[str, bytes]]]
"""Every station of the source, with its memory in the log; reads the log."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """A source of mirrored frames.

    Attributes:
        origin: of its events.
        decoding: reads its frames.
        known: its stations.
        aside: runs reads of the log.
        silent: the silence after which a station is lost; None: three of its intervals.
    """

    origin: Origin
    decoding: Decoding
    known: Known
    silent: timedelta | None = None
    aside: Aside = asyncio.to_thread


class MirroredSilence(RunningSource):
    """Publishes the loss of stations of one mirrored source.

    While the service was down it received no frames. So every station has its full time after a
    start.

    Args:
        mirror: the source.
        sink: takes the events.
        clock: measures the silence.
        rng: spreads the retries.
        stuck_after: this many failures in a row make it stuck.
        sleep: how to wait; a test passes its own.
    """

    def __init__(
        self,
        mirror: Mirror,
        sink: Sink,
        clock: Clock,
        rng: Random,
        *,
        stuck_after: int = STUCK_AFTER_FAILURES,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        origin = mirror.origin
        super().__init__(origin.name, origin.adapter, rng, stuck_after=stuck_after, sleep=sleep)
        self._mirror = mirror
        self._sink = sink
        self._clock = clock
        self._started = clock.now()

    @property
    def status(self) -> SourceStatus:
        """Always connected; the transport has its own status."""
        name = self._mirror.origin.name
        return SourceStatus(name, SourceState.CONNECTED, stuck=self._progress.status.stuck)

    async def _deliver(self) -> None:
        while True:
            await self._sleep(_LOOK_SECONDS)
            # While no event is stored, the next look finds the same stations.
            await self._retry.until_taken(self.look)
            self._progress.done()

    async def look(self) -> None:
        """Publish the loss of stations that are lost now.

        Raises:
            Overloaded, LogUnavailable, ValidationUnavailable, ShuttingDown: no event was taken.
        """
        now = self._clock.now()
        for station, stored in await self._mirror.aside(self._mirror.known):
            lost_at = self._lost_at(recalled(stored), now)
            if lost_at is None:
                continue
            envelope = {
                "station": station,
                "direction": "link",
                "at": format_instant(lost_at),
                "frame": {"link": LOST},
            }
            message = Message(msgspec.json.encode(envelope), now, {})
            await self._mirror.decoding.submit([message], self._sink)
            self._log.warning("station_lost", station=station)

    def _lost_at(self, memory: StationMemory, now: datetime) -> datetime | None:
        """When it was lost; None if it is there, was reported as lost, or never had contact."""
        if memory.link.state != "online" or not memory.heard_at:
            return None
        silent = self._mirror.silent
        if silent is None:
            interval = timedelta(seconds=memory.heartbeat_seconds) or UNKNOWN_HEARTBEAT
            silent = MISSED_HEARTBEATS * interval
        lost_at = parse_instant(memory.heard_at) + silent
        return lost_at if now >= max(lost_at, self._started + silent) else None
