"""The bounded memory of a station between its frames."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from ldes_shok.cabinet.event import FaultCode
from ldes_shok.sources.common import memory

MAX_PENDING: Final = 64
MAX_SESSIONS: Final = 64
MAX_CONNECTORS: Final = 64
MAX_FAULTS: Final = 256


class StationLink(msgspec.Struct, omit_defaults=True):
    """The contact with a station.

    Attributes:
        state: empty while it is unknown.
        since: UTC, as text.
        by: the frame that showed it.
    """

    state: Literal["", "online", "offline"] = ""
    since: str = ""
    by: str = ""


class Connector(msgspec.Struct, omit_defaults=True):
    """The last state of a connector; 0 is the whole station.

    Attributes:
        status: as reported.
        report: status, errorCode and vendorErrorCode, to recognise a repeated report.
        at: UTC, as text: when it was last reported.
        since: UTC, as text: the time of the first of these equal reports in a row.
        told_at: UTC, as text: when that first report was seen; long after it if the station was cut
            off.
        faulty: whether it had a fault.
        stale: whether the station was lost since.
        back_at: when contact with the station came back, as text.
        leaking_since: since when current flows although it is off; empty if none flows.
    """

    status: str
    report: str = msgspec.field(name="said")
    at: str
    since: str = ""
    told_at: str = ""
    faulty: bool = False
    stale: bool = False
    back_at: str = ""
    leaking_since: str = ""


class KnownFault(msgspec.Struct, omit_defaults=True):
    """A fault of a connector, raised and perhaps cleared.

    `found` is True if its readings show it and the station did not report it.
    """

    connector: int
    code: FaultCode
    raised_at: str
    cleared_at: str = ""
    found: bool = False


class KnownSession(msgspec.Struct, omit_defaults=True):
    """A transaction; open while `ended_at` is empty. It holds no card, only a pseudonym.

    Attributes:
        id: of the session.
        connector: the connector.
        started_at, ended_at: UTC, as text.
        meter_start, meter_end: the register in Wh; empty if unknown.
        transaction: its number from the central system; None while that is unknown.
        user: a pseudonym.
        reservation: the number of the reservation; empty if none.
        flags: what is odd about its start.
        seen_at: UTC, as text: of its last reading of a register; empty if there was none.
        seen_wh: that reading.
        closed_by: what ended it because its own end never came: the next session on the connector,
            or the frame that came a day after its outlet was free.
        stopped_by: the StopTransaction that ended it without its number.
    """

    id: str
    connector: int
    started_at: str
    meter_start: str = ""
    transaction: int | None = None
    user: str | None = None
    reservation: str = ""
    flags: list[str] = []
    seen_at: str = ""
    seen_wh: str = ""
    ended_at: str = ""
    meter_end: str = ""
    closed_by: str = ""
    stopped_by: str = ""


class StationMemory(msgspec.Struct, omit_defaults=True):
    """The whole memory of one station. Changed while a frame is read, then stored again.

    Attributes:
        next_transaction: the number of the next transaction, if we give it.
        pending: requests that wait for the central system's answer: id to session.
        strays: the StopTransactions whose session is unknown.
        ahead: UTC, as text: the latest time of the station while its clock was ahead; empty if it
            is not.
        heard_at: UTC, as text: the last frame of the station, to half a minute; only if its frames
            are mirrored.
        heartbeat_seconds: how often the central system asks for a heartbeat; 0 if unknown.
    """

    next_transaction: int = 1
    link: StationLink = msgspec.field(default_factory=StationLink)
    connectors: dict[int, Connector] = {}
    faults: list[KnownFault] = []
    sessions: list[KnownSession] = []
    pending: dict[str, str] = {}
    strays: list[str] = []
    ahead: str = ""
    heard_at: str = ""
    heartbeat_seconds: int = 0

    def session(self, session_id: str) -> KnownSession | None:
        """The session with this identifier."""
        return next((s for s in self.sessions if s.id == session_id), None)

    def transaction(self, number: int | None) -> KnownSession | None:
        """The latest session to which the central system gave this number."""
        if number is None or number <= 0:
            return None
        return next((s for s in reversed(self.sessions) if s.transaction == number), None)

    def bound(self) -> None:
        """Drop the oldest surplus entries; ended sessions go before open ones."""
        while len(self.sessions) > MAX_SESSIONS:
            ended = (number for number, s in enumerate(self.sessions) if s.ended_at)
            del self.sessions[next(ended, 0)]
        while len(self.pending) > MAX_PENDING:
            del self.pending[next(iter(self.pending))]
        while len(self.connectors) > MAX_CONNECTORS:
            del self.connectors[next(iter(self.connectors))]
        del self.faults[:-MAX_FAULTS]
        del self.strays[:-MAX_PENDING]


_DECODER: Final = msgspec.json.Decoder(StationMemory)


def recalled(stored: bytes) -> StationMemory:
    """The stored memory; an empty one if this version does not know its form.

    Then open sessions are published as if their start never came: held back, not lost.
    """
    return memory.recalled(stored, _DECODER, StationMemory())


def remembered(known: StationMemory) -> bytes:
    """The memory as bytes for `recalled`; the oldest surplus entries are dropped."""
    known.bound()
    return msgspec.json.encode(known)
