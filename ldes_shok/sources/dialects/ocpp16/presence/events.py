"""The events of a station's presence: in contact, lost, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal

import msgspec

from ldes_shok.cabinet.event import StatusData
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.sources.dialects.ocpp16.frame import Call, Result, text, whole
from ldes_shok.sources.dialects.ocpp16.frame_context import FrameContext, Results
from ldes_shok.sources.dialects.ocpp16.memory import StationLink
from ldes_shok.sources.dialects.ocpp16.states import state_data

LOST: Final = "lost"
MISSED_HEARTBEATS: Final = 3
"""A station is lost after this many missed heartbeats."""

_NOTED_EVERY: Final = timedelta(seconds=30)
"""A memory is stored when it changed: this avoids a change for every frame of a busy station."""

_MOST_SECONDS: Final = 86_400 * 7


def heard_events(
    context: FrameContext, frame: str, reported: int | None, *, boots: bool
) -> Results:
    """A frame came from the station: the station is there, which is an event if that is new.

    A station that was away reports what changed meanwhile (OCPP 1.6, 4.9), and after a boot
    everything. So without a boot the other connectors are unchanged.

    Args:
        context: the frame.
        frame: its identifier, so that a frame that comes twice gives the same events.
        reported: the connector whose state the frame itself reports.
        boots: whether the station has just started.
    """
    link, when = context.memory.link, context.seen()
    again = (link.since, link.by) == (when.text, frame)
    if link.state == "online" and not again:
        return
    if link.state == "offline" and when.at < parse_instant(link.since):
        return
    returns = link.state == "offline" or again
    context.memory.link = StationLink("online", when.text, frame)
    yield context.event(
        0, when, StatusData(connectivity="online", cause="boot" if boots else "inferred")
    )
    if not returns:
        return
    for number, connector in context.memory.connectors.items():
        if number == 0 or not (connector.stale or connector.back_at == when.text):
            continue
        online = StatusData(connectivity="online", cause="boot" if boots else "inferred")
        if not boots and number != reported:
            state = state_data(context, number, connector.status)
            online = msgspec.structs.replace(state, connectivity="online", cause="inferred")
        yield context.event(number, when, online)
        connector.back_at = when.text
        connector.stale = boots


def note_heard(context: FrameContext) -> None:
    """Store the time of the last contact, if the station's frames are mirrored."""
    memory, when = context.memory, context.seen()
    if context.gives_numbers:
        return
    if not memory.heard_at or when.at - parse_instant(memory.heard_at) >= _NOTED_EVERY:
        memory.heard_at = when.text


def note_interval(context: FrameContext, frame: Call | Result) -> None:
    """Store the heartbeat interval of the central system (OCPP 1.6, 4.2, 9.1)."""
    payload: Mapping[str, Any] = frame.payload
    if isinstance(frame, Result):
        # Only the answer to a BootNotification has both of these.
        wanted = whole(payload, "interval") if {"currentTime", "status"} <= payload.keys() else None
    elif frame.action == "ChangeConfiguration" and text(payload, "key", 64) == "HeartbeatInterval":
        wanted = whole(payload, "value")
    else:
        wanted = None
    if wanted is not None and 0 <= wanted <= _MOST_SECONDS:
        context.memory.heartbeat_seconds = wanted


def lost_events(context: FrameContext) -> Results:
    """The station is lost: its outlets have an unknown state, and are not free.

    A station without any contact before gives no event.
    """
    link, when = context.memory.link, context.seen()
    if not link.state or (link.state == "offline" and link.since != when.text):
        return
    if link.state == "online" and when.at < parse_instant(link.since):
        return
    context.memory.link = StationLink("offline", when.text, LOST)
    lost: Literal["heartbeat_lost"] = "heartbeat_lost"
    yield context.event(
        0,
        when,
        StatusData(operation="unknown", connectivity="offline", cause=lost),
    )
    for number, connector in context.memory.connectors.items():
        connector.stale = True
        if number == 0:
            continue
        yield context.event(
            number,
            when,
            StatusData(
                operation="unknown",
                occupancy="unknown",
                power="unknown",
                connectivity="offline",
                cause=lost,
            ),
        )
