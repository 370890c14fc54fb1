"""StartTransaction and StopTransaction as sessions.

The central system numbers a transaction only in its answer. So the session's identifier comes from
the station's data: a start that comes again with another message id is the same session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from ldes_shok.cabinet import flags
from ldes_shok.cabinet.event import Energy, Event, SessionData, StatusData, StopReason
from ldes_shok.cabinet.identity import short_hash
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.cabinet.measurement import RegisterReading
from ldes_shok.sources.common.clocks import Observed
from ldes_shok.sources.decoder import Refusal
from ldes_shok.sources.dialects.ocpp16.frame import Call, Result, items, text, whole
from ldes_shok.sources.dialects.ocpp16.frame_context import FrameContext, Results
from ldes_shok.sources.dialects.ocpp16.memory import KnownSession
from ldes_shok.sources.dialects.ocpp16.samples import sample_events

_REASONS: Final[Mapping[str, StopReason]] = {
    "": "local",  # OCPP 1.6, 6.49: left out means Local
    "DeAuthorized": "deauthorized",
    "EmergencyStop": "emergency",
    "EVDisconnected": "unplugged",
    "HardReset": "reboot",
    "Local": "local",
    "Other": "other",
    "PowerLoss": "power_loss",
    "Reboot": "reboot",
    "Remote": "remote",
    "SoftReset": "reboot",
    "UnlockCommand": "remote",
}
_FREE: Final = frozenset({"Available", "Reserved"})
_FORGOTTEN: Final = timedelta(hours=24)
_MAX_WH: Final = 999_999_999_999


def start_events(context: FrameContext, call: Call) -> Results:
    """A StartTransaction: starts a session, and ends an earlier one whose end never came."""
    payload, memory = call.payload, context.memory
    connector = whole(payload, "connectorId")
    if connector is None or connector < 0:
        yield Refusal("no_connector", "connectorId is missing: say where the transaction starts")
        return
    when = context.measured_at(payload.get("timestamp"))
    session = memory.session(session_id_of(context, connector, when, payload))
    if session is None:
        session = _begun(context, connector, when, payload)
        for other in _open(context, when):
            if other.connector == connector:
                other.closed_by, other.ended_at = session.id, when.text
                other.meter_end = session.meter_start
        memory.sessions.append(session)
    memory.pending.pop(call.unique_id, None)  # from before a restart of the station
    memory.pending[call.unique_id] = session.id
    for other in memory.sessions:
        if other.closed_by == session.id:
            yield _end_event(context, other, when, "unknown", (flags.SESSION_INFERRED,))
    started = SessionData(
        session_id=session.id,
        event="started",
        started_at=session.started_at,
        user=session.user,
        start_register=_register(context, connector, session.meter_start),
        reservation_id=session.reservation or None,
    )
    yield context.event(connector, when, started)
    in_use = StatusData(occupancy="in_use", cause="session", vendor_state=call.action)
    yield context.event(connector, when, in_use)


def session_id_of(
    context: FrameContext, connector: int, when: Observed, payload: Mapping[str, Any]
) -> str:
    """The identifier of the session that a StartTransaction begins."""
    parts = (
        context.source,
        context.cabinet,
        context.outlet(connector) or "",
        when.text,
        _meter(payload, "meterStart"),
    )
    return f"t-{short_hash(chr(31).join(parts).encode())}"


def note_answer(context: FrameContext, result: Result) -> None:
    """Read the number of a transaction from the answer to a StartTransaction."""
    session = context.memory.session(context.memory.pending.pop(result.unique_id, ""))
    number = whole(result.payload, "transactionId")
    if session is not None and number is not None and number > 0:
        session.transaction = number


def forgotten_events(context: FrameContext, frame: str) -> Results:
    """End sessions whose outlet is known to be free for a day: their own end never comes.

    The wait is a day because a station that was cut off sends the end when it can. A session goes
    on while the outlet is in use, because a fair lasts for weeks.

    Args:
        context: any frame of the station.
        frame: its identifier, so that a frame that comes twice gives the same events.
    """
    memory, by = context.memory, f"{frame} {context.seen().text}"
    for session in _open(context, context.seen()):
        state = memory.connectors.get(session.connector)
        if state is None or state.status not in _FREE:
            continue
        since = parse_instant(state.since)
        waited = context.at - parse_instant(state.told_at or state.since)
        if since >= parse_instant(session.started_at) and waited >= _FORGOTTEN:
            session.ended_at, session.meter_end, session.closed_by = (
                state.since,
                session.seen_wh,
                by,
            )
    for session in memory.sessions:
        if session.closed_by == by:
            when = Observed(parse_instant(session.ended_at), "I", historical=True)
            yield _end_event(context, session, when, "unknown", (flags.SESSION_INFERRED,))


def stop_events(context: FrameContext, call: Call) -> Results:
    """A StopTransaction: ends a session, with its readings."""
    payload = call.payload
    when = context.measured_at(payload.get("timestamp"))
    number, meter = whole(payload, "transactionId"), _meter(payload, "meterStop")
    reason = _REASONS.get(text(payload, "reason", 40), "unknown")
    session = context.memory.transaction(number)
    inferred: tuple[str, ...] = ()
    if session is None:
        session = _stopped_without_number(context, when, number, f"{when.text} {meter}")
        inferred = (flags.SESSION_INFERRED,)
    if session is None:
        yield _unknown_end_event(context, when, number, meter, reason)
        return
    session.ended_at, session.meter_end, session.closed_by = when.text, meter, ""
    yield _end_event(context, session, when, reason, inferred)
    off = StatusData(power="off", cause="session", vendor_state=call.action)
    yield context.event(session.connector, when, off)
    yield from sample_events(context, session.connector, session, items(payload, "transactionData"))


def _begun(
    context: FrameContext, connector: int, when: Observed, payload: Mapping[str, Any]
) -> KnownSession:
    memory = context.memory
    card, reservation = text(payload, "idTag", 200), whole(payload, "reservationId")
    # A pseudonym has a key for each period: no key is made for a year from a wrong clock.
    used_at = context.at if when.is_held_back else when.at
    number: int | None = None
    if context.gives_numbers:
        number, memory.next_transaction = memory.next_transaction, memory.next_transaction + 1
    return KnownSession(
        id=session_id_of(context, connector, when, payload),
        connector=connector,
        started_at=when.text,
        meter_start=_meter(payload, "meterStart"),
        transaction=number,
        user=context.users(card, used_at, context.received_at) if card else None,
        reservation=str(reservation) if reservation is not None and reservation > 0 else "",
        flags=list(when.flags),
    )


def _open(context: FrameContext, when: Observed) -> list[KnownSession]:
    """The sessions that were open at a time and have no end."""
    return [
        session
        for session in context.memory.sessions
        if not session.ended_at and parse_instant(session.started_at) <= when.at
    ]


def _stopped_without_number(
    context: FrameContext, when: Observed, number: int | None, stop: str
) -> KnownSession | None:
    """The session that a stop with an unknown number, such as -1, ends.

    Only if the session is certain: one session is open, and its number is also unknown, or the stop
    has no number. Seen in the field: stations without an answer send -1.
    """
    memory = context.memory
    for session in memory.sessions:
        if session.stopped_by == stop:
            return session
    sessions = _open(context, when)
    if number is not None and number > 0:
        sessions = [session for session in sessions if session.transaction is None]
    if len(sessions) != 1 or stop in memory.strays:
        memory.strays = [stray for stray in memory.strays if stray != stop] + [stop]
        return None
    sessions[0].stopped_by = stop
    return sessions[0]


def _end_event(
    context: FrameContext,
    session: KnownSession,
    when: Observed,
    reason: StopReason,
    inferred: tuple[str, ...],
) -> Event:
    odd = [*session.flags, *when.flags, *inferred]
    if when.at < parse_instant(session.started_at):
        odd.append(flags.CLOCK_STEP)
    ended = SessionData(
        session_id=session.id,
        event="ended",
        started_at=session.started_at,
        ended_at=when.text,
        user=session.user,
        start_register=_register(context, session.connector, session.meter_start),
        end_register=_register(context, session.connector, session.meter_end),
        energy=_energy(session),
        reservation_id=session.reservation or None,
        stop_reason=reason,
    )
    when = replace(when, flags=tuple(dict.fromkeys(odd)))
    return context.event(session.connector, when, ended)


def _unknown_end_event(
    context: FrameContext, when: Observed, number: int | None, meter: str, reason: StopReason
) -> Event:
    """An end without a start. Its flag holds it back, so `startedAt` is never used."""
    parts = (context.source, context.cabinet, str(number), when.text, meter)
    ended = SessionData(
        session_id=f"t-{short_hash(chr(31).join(parts).encode())}",
        event="ended",
        started_at=when.text,
        ended_at=when.text,
        stop_reason=reason,
    )
    return context.event(0, when.noted(flags.SESSION_UNKNOWN), ended)


def _energy(session: KnownSession) -> Energy | None:
    if not session.meter_start or not session.meter_end:
        return None
    used = Decimal(session.meter_end) - Decimal(session.meter_start)
    return Energy(f"{used:f}", "Wh") if used >= 0 else None


def _register(context: FrameContext, connector: int, value: str) -> RegisterReading | None:
    meter = context.meter(connector)
    return RegisterReading(value, "Wh", meter) if value and meter else None


def _meter(payload: Mapping[str, Any], name: str) -> str:
    """A register in whole Wh (OCPP 1.6, 6.45 and 6.49); empty if there is none."""
    value = whole(payload, name)
    return "" if value is None or not -_MAX_WH <= value <= _MAX_WH else str(value)
