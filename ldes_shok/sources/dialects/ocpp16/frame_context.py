"""One frame of one station while it is read: whose it is, when it was seen, what is known."""

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
    """Hides whose card it was."""

    def __call__(self, card: str, at: datetime, received_at: datetime, /) -> str | None:
        """The pseudonym of a card that was used `at`, `p1:` and 26 letters or digits.

        None leaves the user out.
        """
        ...


def no_pseudonym(_card: str, _at: datetime, _received_at: datetime, /) -> str | None:
    """Leaves every user out."""
    return None


Results = Iterator[Event | Refusal]
"""What a part of a frame says, in its order. The memory changes as they are taken, so all are."""


@dataclass(frozen=True, slots=True)
class FrameContext:
    """What the parts of a frame have in common.

    Attributes:
        source: of the events, `adapter:tenant:name`.
        station: whose frame it is.
        cabinet: the cabinet that the station is.
        at: when the frame was seen, aware UTC.
        received_at: when it came to us, aware UTC.
        tables: what the city knows.
        users: hides whose card it was.
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
        """The outlet that a connector is; None for 0, the whole cabinet."""
        if connector == 0:
            return None
        return self.tables.outlets.get(f"{self.station}/{connector}", str(connector))

    def meter(self, connector: int) -> str | None:
        """The serial number of a connector's meter; None if the city did not say."""
        return self.tables.meters.get(f"{self.station}/{connector}")

    def measured_at(self, value: object) -> Observed:
        """When a meter was read, or a session began or ended."""
        return judged(parse_time(value), self.at, zone=self.tables.zone)

    def known_since(self, value: object) -> Observed:
        """Since when a state is known, which is when it was reported and not when it began."""
        found = since(self.measured_at(value), self.at)
        return replace(found, flags=(REPORT_TIME, *found.flags))

    def seen(self) -> Observed:
        """Now: what the frame itself shows, such as that the station is there."""
        return Observed(self.at, "N")

    def event(self, connector: int, when: Observed, data: EventData) -> Event:
        """An event of a connector; the flags of `when` are those of the event."""
        return event_of(data, self.cabinet, self.outlet(connector), when)
