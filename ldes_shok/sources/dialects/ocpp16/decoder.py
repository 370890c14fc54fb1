"""Decodes OCPP 1.6J frames to canonical events.

The decoder is as lenient as stations need: a bad sample spoils only itself, and a request that
needs an answer gets it, whatever its content. It reads both directions, because only the answer
holds the number of a transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Event
from ldes_shok.cabinet.fields import is_name
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.cabinet.instants import BACKLOG, parse_instant
from ldes_shok.sources.common.clock_steps import stepped
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.dialects.ocpp16.envelope import Envelopes, Located
from ldes_shok.sources.dialects.ocpp16.frame import Call, Failure, Frame, Result, frame_of
from ldes_shok.sources.dialects.ocpp16.frame_context import (
    CardPseudonyms,
    FrameContext,
    Results,
    no_pseudonym,
)
from ldes_shok.sources.dialects.ocpp16.memory import recalled, remembered
from ldes_shok.sources.dialects.ocpp16.presence.events import (
    LOST,
    heard_events,
    lost_events,
    note_heard,
    note_interval,
)
from ldes_shok.sources.dialects.ocpp16.samples import meter_value_events
from ldes_shok.sources.dialects.ocpp16.section import Ocpp16
from ldes_shok.sources.dialects.ocpp16.sessions import (
    forgotten_events,
    note_answer,
    start_events,
    stop_events,
)
from ldes_shok.sources.dialects.ocpp16.states import (
    data_transfer_events,
    reported_connector,
    status_events,
)

MAX_RESULTS: Final = 500
_CONNECTED: Final = "ocpp16"
"""The adapter of stations that connect to us."""


class Ocpp16Decoder:
    """Reads the frames of the stations of one source.

    Args:
        tables: the city's data of the stations.
        origin: of the events; a part of the identifiers of sessions. For stations that connect to
            us we are the central system: we number the transactions and accept only stations in
            `tables`. For mirrored frames the answers give the numbers.
        users: makes pseudonyms of cards; by default every user is left out.
    """

    def __init__(
        self,
        tables: Ocpp16,
        origin: Origin,
        *,
        users: CardPseudonyms = no_pseudonym,
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
        """The station; None if the message does not name one."""
        located = self._envelopes.locate(message)
        return None if isinstance(located, Refusal) else located.station

    def decode(self, message: Message, memory: bytes) -> Decoded:
        """The events of one frame."""
        located = self._envelopes.locate(message)
        if isinstance(located, Refusal):
            return Decoded((located,), memory)
        cabinet = self._cabinet(located.station)
        if cabinet is None:
            reason = "its station is not one of stations: add it there, with its cabinet"
            return Decoded((Refusal("unknown_station", reason),), memory)
        context = FrameContext(
            source=self._source,
            station=located.station,
            cabinet=cabinet,
            at=located.at,
            received_at=message.received_at,
            tables=self._tables,
            users=self._users,
            gives_numbers=self._gives_numbers,
            memory=recalled(memory),
        )
        results = tuple(_results(context, located))
        return Decoded(_bounded(_stepped(context, results)), remembered(context.memory))

    def _cabinet(self, station: str) -> str | None:
        cabinet = self._tables.stations.get(station)
        if cabinet is None and not self._gives_numbers and is_name(station):
            return station
        return cabinet


def _stepped(
    context: FrameContext, results: Sequence[Event | Refusal]
) -> tuple[Event | Refusal, ...]:
    """The results, with the flag if the station's clock was set back."""
    known = context.memory.ahead
    before = parse_instant(known) if known else None
    flagged, after = stepped(results, context.at, before)
    context.memory.ahead = instant_text(after) if after else ""
    return flagged


def _bounded(results: tuple[Event | Refusal, ...]) -> tuple[Event | Refusal, ...]:
    """Cut the results: one frame must not fill the queue."""
    if len(results) <= MAX_RESULTS:
        return results
    reason = f"a frame gives at most {MAX_RESULTS} events, and this would give {len(results)}"
    return (*results[:MAX_RESULTS], Refusal("too_many_events", reason))


def _results(context: FrameContext, located: Located) -> Results:
    if located.direction == "link":
        if isinstance(located.content, dict) and located.content.get("link") == LOST:
            yield from lost_events(context)
        return
    frame = frame_of(located.content)
    if isinstance(frame, Refusal):
        yield frame
    else:
        yield from _frame_events(context, frame, located.direction)


def _frame_events(context: FrameContext, frame: Frame, direction: str) -> Results:
    if direction == "up":
        note_heard(context)
        yield from _station_events(context, frame)
        return
    if not isinstance(frame, Failure):
        note_interval(context, frame)
    match frame:
        case Result():
            note_answer(context, frame)
        case Failure():
            context.memory.pending.pop(frame.unique_id, None)
        case Call():
            pass  # requests of the central system are not published


def _station_events(context: FrameContext, frame: Frame) -> Results:
    if not isinstance(frame, Call):
        yield from heard_events(context, frame.unique_id, None, boots=False)
        return
    reports = frame.action == "StatusNotification"
    reported = reported_connector(frame.payload) if reports else None
    boots = frame.action == "BootNotification"
    yield from heard_events(context, frame.unique_id, reported, boots=boots)
    if frame.action != "StopTransaction":
        yield from forgotten_events(context, frame.unique_id)
    match frame.action:
        case "StatusNotification":
            yield from status_events(context, frame.payload)
        case "MeterValues":
            yield from meter_value_events(context, frame.payload)
        case "StartTransaction":
            yield from start_events(context, frame)
        case "StopTransaction":
            yield from stop_events(context, frame)
            # Last: a session that ends in this frame must not count as one whose end never comes.
            yield from forgotten_events(context, frame.unique_id)
        case "DataTransfer":
            yield from data_transfer_events(context, frame.payload)
        case _:
            pass  # Heartbeat, Authorize and the rest only show that the station is there
