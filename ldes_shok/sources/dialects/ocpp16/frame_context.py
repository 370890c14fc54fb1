"""The context of one frame while it is read: station, time, memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from ldes_shok.cabinet.event import Event
from ldes_shok.cabinet.flags import REPORT_TIME
from ldes_shok.sources.common.clocks import Observed, judged, since
from ldes_shok.sources.common.events import EventData, event_of
from ldes_shok.sources.decoder import Refusal
from ldes_shok.sources.dialects.ocpp16.memory import StationMemory
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16
from ldes_shok.sources.dialects.ocpp16.times import parse_time


class CardPseudonyms(Protocol):
    """Makes pseudonyms of cards."""

    def __call__(self, card: str, at: datetime, received_at: datetime, /) -> str | None:
        """The pseudonym of a card that was used `at`, `p1:` and 26 letters or digits.

        None leaves the user out.
        """
        ...


def no_pseudonym(_card: str, _at: datetime, _received_at: datetime, /) -> str | None:
    """Leaves every user out."""
    return None


Results = Iterator[Event | Refusal]
"""The events of a part of a frame, in order. Taking them changes the memory, so take all."""


@dataclass(frozen=True, slots=True)
class FrameContext:
    """The common data of all parts of a frame.

    Attributes:
        source: of the events, `adapter:tenant:name`.
        station: the station of the frame.
        cabinet: the cabinet of the station.
        at: when the frame was seen, aware UTC.
        received_at: when we received it, aware UTC.
        tables: the city's data.
        users: makes pseudonyms of cards.
        gives_numbers: whether we are the central system, which numbers the transactions.
        memory: of the station; changed as the frame is read.
    """

    source: str
    station: str
    cabinet: str
    at: datetime
    received_at: datetime
    tables: Ocpp16
    users: CardPseudonyms
    gives_numbers: bool
    memory: StationMemory

    def outlet(self, connector: int) -> str | None:
        """The outlet of a connector; None for 0, the whole cabinet."""
        if connector == 0:
            return None
        return self.tables.outlets.get(f"{self.station}/{connector}", str(connector))

    def meter(self, connector: int) -> str | None:
        """The serial number of a connector's meter; None if the city gave none."""
        return self.tables.meters.get(f"{self.station}/{connector}")

    def measured_at(self, value: object) -> Observed:
        """The time of a meter reading, or of the begin or end of a session."""
        return judged(parse_time(value), self.at, zone=self.tables.zone)

    def known_since(self, value: object) -> Observed:
        """The time since which a state is known: its report, not its beginning."""
        found = since(self.measured_at(value), self.at)
        return replace(found, flags=(REPORT_TIME, *found.flags))

    def seen(self) -> Observed:
        """The time of the frame itself, for facts that the frame shows, such as contact."""
        return Observed(self.at, "N")

    def event(self, connector: int, when: Observed, data: EventData) -> Event:
        """An event of a connector; the flags of `when` are those of the event."""
        return event_of(data, self.cabinet, self.outlet(connector), when)
