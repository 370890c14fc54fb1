"""One frame of one station while it is read: what is known, and what has been said so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ldes_shok.cabinet.event import (
    Event,
    Fault,
    FaultData,
    Measurement,
    Session,
    SessionData,
    Status,
    StatusData,
)
from ldes_shok.cabinet.flags import SESSION_INFERRED
from ldes_shok.cabinet.measurement import MeasurementData
from ldes_shok.sources.decoder import Refusal
from ldes_shok.sources.dialects.ocpp16.memory import StationMemory
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16
from ldes_shok.sources.dialects.ocpp16.times import When, known_since, measured_at


class CardPseudonyms(Protocol):
    """Hides whose card it was."""

    def __call__(self, card: str, at: datetime, received_at: datetime, /) -> str | None:
        """The pseudonym of a card that was used `at`, `p1:` and 26 letters or digits.

        None leaves the user out.
        """
        ...


@dataclass(slots=True)
class Telling:
    """Gathers the events of one frame.

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
        results: events and refusals so far.
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
    results: list[Event | Refusal] = field(default_factory=list)

    def outlet(self, connector: int) -> str | None:
        """The outlet that a connector is; None for 0, the whole cabinet."""
        if connector == 0:
            return None
        return self.tables.outlets.get(f"{self.station}/{connector}", str(connector))

    def meter(self, connector: int) -> str | None:
        """The serial number of a connector's meter; None if the city did not say."""
        return self.tables.meters.get(f"{self.station}/{connector}")

    def measured_at(self, value: object) -> When:
        """When a meter was read, or a session began or ended."""
        return measured_at(value, self.tables.zone, self.at)

    def known_since(self, value: object) -> When:
        """When a state was reported."""
        return known_since(value, self.tables.zone, self.at)

    def seen(self) -> When:
        """Now: what the frame itself shows, such as that the station is there."""
        return When(self.at, "N", (), historical=False)

    def refuse(self, code: str, reason: str) -> None:
        """A part of the frame that should be an event and is none."""
        self.results.append(Refusal(code, reason))

    def status(self, connector: int, when: When, data: StatusData) -> None:
        """A change on one or more axes."""
        self.results.append(
            Status(
                v=1,
                cabinet=self.cabinet,
                outlet=self.outlet(connector),
                observed_at=when.text,
                clock=when.clock,
                historical=when.historical,
                flags=when.flags,
                data=data,
            )
        )

    def fault(self, connector: int, when: When, data: FaultData) -> None:
        """A fault, raised or cleared."""
        self.results.append(
            Fault(
                v=1,
                cabinet=self.cabinet,
                outlet=self.outlet(connector),
                observed_at=when.text,
                clock=when.clock,
                historical=when.historical,
                flags=when.flags,
                data=data,
            )
        )

    def session(
        self, connector: int, when: When, data: SessionData, flags: tuple[str, ...]
    ) -> None:
        """The start or the end of a session; `flags` are those of `when` and more."""
        self.results.append(
            Session(
                v=1,
                cabinet=self.cabinet,
                outlet=self.outlet(connector),
                observed_at=when.text,
                clock=when.clock,
                historical=when.historical,
                quality="estimated" if SESSION_INFERRED in flags else "good",
                flags=flags,
                data=data,
            )
        )

    def measurement(
        self, connector: int, when: When, data: MeasurementData, flags: tuple[str, ...]
    ) -> None:
        """Readings; `flags` are those of `when` and more."""
        self.results.append(
            Measurement(
                v=1,
                cabinet=self.cabinet,
                outlet=self.outlet(connector),
                observed_at=when.text,
                clock=when.clock,
                historical=when.historical,
                flags=flags,
                data=data,
            )
        )
