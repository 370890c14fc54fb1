"""OCPP 1.6J frames as canonical events.

Lenient where a station is: a bad sample spoils itself and nothing else, and what must be answered
is answered whatever was in it. Both directions are read, because the number of a transaction stands
in the answer only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Event
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.cabinet.instants import BACKLOG, parse_instant
from ldes_shok.sources.common.clock_steps import stepped
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.dialects.ocpp16.envelope import Envelopes, Located
from ldes_shok.sources.dialects.ocpp16.frame import Call, Failure, Frame, Result, frame_of
from ldes_shok.sources.dialects.ocpp16.frame_context import CardPseudonyms, Telling
from ldes_shok.sources.dialects.ocpp16.memory import StationMemory, recall, stored_form
from ldes_shok.sources.dialects.ocpp16.presence.events import (
    LOST,
    note_heard,
    note_interval,
    tell_heard,
    tell_lost,
)
from ldes_shok.sources.dialects.ocpp16.samples import tell_meter_values
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16
from ldes_shok.sources.dialects.ocpp16.sessions import (
    tell_answer,
    tell_forgotten,
    tell_start,
    tell_stop,
)
from ldes_shok.sources.dialects.ocpp16.states import (
    reported_connector,
    tell_data_transfer,
    tell_status,
)

MAX_RESULTS: Final = 500
_CONNECTED: Final = "ocpp16"
"""The adapter of stations that connect to us."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def no_user(_card: str, _at: datetime, _received_at: datetime, /) -> str | None:
    """Leaves every user out."""
    return None


class Ocpp16Decoder:
    """Reads the frames of the stations of one source.

    Args:
        tables: what the city knows of them.
        origin: of the events; it stands in identifiers of sessions. Stations that connect to us
            have us as their central system, which numbers the transactions and takes no station
            but those of `tables`; of mirrored frames the numbers are read in the answers.
        users: hides whose card it was; by default every user is left out.
    """

    def __init__(
        self,
        tables: Ocpp16,
        origin: Origin,
        *,
        users: CardPseudonyms = no_user,
    ) -> None:
        self._tables = tables
        self._source = origin.source
        self._gives_numbers = origin.adapter == _CONNECTED
        self._users = users
        self._envelopes = Envelopes(tables.topic)

    @property
    def historical_after(self) -> timedelta:
        """An hour."""
        return BACKLOG

    def cut(self, message: Message) -> Sequence[Message]:
        """One message for each frame."""
        return self._envelopes.cut(message)

    def subject(self, message: Message) -> str | None:
        """The station; None where that cannot be told."""
        located = self._envelopes.locate(message)
        return None if isinstance(located, Refusal) else located.station

    def decode(self, message: Message, memory: bytes) -> Decoded:
        """What one frame says."""
        located = self._envelopes.locate(message)
        if isinstance(located, Refusal):
            return Decoded((located,), memory)
        cabinet = self._cabinet(located.station)
        if cabinet is None:
            reason = "its station is not one of stations: add it there, with its cabinet"
            return Decoded((Refusal("unknown_station", reason),), memory)
        telling = self.telling(located, message.received_at, cabinet, recall(memory))
        if located.direction == "link":
            if isinstance(located.said, dict) and located.said.get("link") == LOST:
                tell_lost(telling)
        else:
            frame = frame_of(located.said)
            if isinstance(frame, Refusal):
                telling.results.append(frame)
            else:
                _tell(telling, frame, located.direction)
        return Decoded(_bounded(_stepped(telling)), stored_form(telling.memory))

    def telling(
        self, located: Located, received_at: datetime, cabinet: str, memory: StationMemory
    ) -> Telling:
        """A frame to be read."""
        return Telling(
            source=self._source,
            station=located.station,
            cabinet=cabinet,
            at=located.at,
            received_at=received_at,
            tables=self._tables,
            users=self._users,
            gives_numbers=self._gives_numbers,
            memory=memory,
        )

    def _cabinet(self, station: str) -> str | None:
        cabinet = self._tables.stations.get(station)
        if cabinet is None and not self._gives_numbers and _NAME.fullmatch(station):
            return station
        return cabinet


def _stepped(telling: Telling) -> tuple[Event | Refusal, ...]:
    """What was said, flagged where the station's clock was set back."""
    known = telling.memory.ahead
    before = parse_instant(known) if known else None
    results, after = stepped(telling.results, telling.at, before)
    telling.memory.ahead = instant_text(after) if after else ""
    return results


def _bounded(results: tuple[Event | Refusal, ...]) -> tuple[Event | Refusal, ...]:
    """No frame may fill the queue alone."""
    if len(results) <= MAX_RESULTS:
        return results
    reason = f"a frame gives at most {MAX_RESULTS} events, and this would give {len(results)}"
    return (*results[:MAX_RESULTS], Refusal("too_many_events", reason))


def _tell(telling: Telling, frame: Frame, direction: str) -> None:
    if direction == "up":
        note_heard(telling)
        _tell_up(telling, frame)
        return
    if not isinstance(frame, Failure):
        note_interval(telling, frame)
    match frame:
        case Result():
            tell_answer(telling, frame)
        case Failure():
            telling.memory.pending.pop(frame.unique_id, None)
        case Call():
            pass  # what the central system asks of a station is not ours to publish


def _tell_up(telling: Telling, frame: Frame) -> None:
    if not isinstance(frame, Call):
        tell_heard(telling, frame.unique_id, None, boots=False)
        return
    reports = frame.action == "StatusNotification"
    reported = reported_connector(frame.payload) if reports else None
    boots = frame.action == "BootNotification"
    tell_heard(telling, frame.unique_id, reported, boots=boots)
    if frame.action != "StopTransaction":
        tell_forgotten(telling, frame.unique_id)
    match frame.action:
        case "StatusNotification":
            tell_status(telling, frame.payload)
        case "MeterValues":
            tell_meter_values(telling, frame.payload)
        case "StartTransaction":
            tell_start(telling, frame)
        case "StopTransaction":
            tell_stop(telling, frame)
            # After it: what ends now is not a session whose end never comes.
            tell_forgotten(telling, frame.unique_id)
        case "DataTransfer":
            tell_data_transfer(telling, frame.payload)
        case _:
            pass  # Heartbeat, Authorize and the rest say that the station is there
