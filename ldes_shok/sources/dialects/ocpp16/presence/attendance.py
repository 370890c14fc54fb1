"""The present stations, by the time of last contact. No clock of its own, no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(slots=True)
class _Place:
    heard_seconds: float
    connections: int = 0
    away_since_seconds: float | None = None
    is_lost: bool = False


class Attendance:
    """Keeps the time of the last contact with each station.

    A station is lost after `silent_seconds` of silence, or `away_seconds` after it closed its
    connection. A station that comes back before that was never away, so an unstable link gives no
    events. After a start every station has its full time.

    Args:
        stations: all known stations.
        monotonic: seconds that never jump.
        silent_seconds: how long a station may be silent.
        away_seconds: how long it may be without a connection after it closed one.
    """

    def __init__(
        self,
        stations: Iterable[str],
        monotonic: Callable[[], float],
        *,
        silent_seconds: float,
        away_seconds: float,
    ) -> None:
        self._monotonic = monotonic
        self._silent_seconds = silent_seconds
        self._away_seconds = away_seconds
        now = monotonic()
        self._places = {station: _Place(now) for station in sorted(stations)}

    @property
    def connected(self) -> int:
        """How many stations have a connection."""
        return sum(place.connections > 0 for place in self._places.values())

    def opened(self, station: str) -> None:
        """Record an open connection; it counts as a contact."""
        place = self._places[station]
        place.connections += 1
        self.heard(station)

    def heard(self, station: str) -> None:
        """Record a contact: the station sent a frame."""
        place = self._places[station]
        place.heard_seconds, place.is_lost, place.away_since_seconds = (
            self._monotonic(),
            False,
            None,
        )

    def closed(self, station: str) -> None:
        """Record a closed connection; the station may have opened another one before."""
        place = self._places[station]
        place.connections -= 1
        if not place.connections:
            place.away_since_seconds = self._monotonic()

    def lost(self) -> list[str]:
        """The stations that are lost and were not lost at the last call."""
        now = self._monotonic()
        found = []
        for station, place in self._places.items():
            away = place.away_since_seconds
            is_away = away is not None and now - away >= self._away_seconds
            if not place.is_lost and (is_away or now - place.heard_seconds >= self._silent_seconds):
                place.is_lost = True
                found.append(station)
        return found
