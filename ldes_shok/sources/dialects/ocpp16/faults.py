"""Faults: raised by a station's report or by its readings, cleared when the cause is gone.

A frame may come twice and must then give the same events. So each fault keeps the times when it was
raised and cleared, and a report with exactly that time repeats the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Final

from ldes_shok.cabinet.event import FaultCode, FaultData, Severity
from ldes_shok.cabinet.identity import short_hash
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.sources.common.clocks import Observed
from ldes_shok.sources.dialects.ocpp16.frame_context import FrameContext, Results
from ldes_shok.sources.dialects.ocpp16.memory import KnownFault

NO_ERROR: Final = "NoError"
_CODES: Final[Mapping[str, FaultCode]] = {
    "ConnectorLockFailure": "lock_fault",
    "EVCommunicationError": "other",
    "GroundFailure": "rcd_trip",
    "HighTemperature": "over_temperature",
    "InternalError": "controller_fault",
    "LocalListConflict": "other",
    "OtherError": "other",
    "OverCurrentFailure": "overcurrent",
    "OverVoltage": "overvoltage",
    "PowerMeterFailure": "meter_fault",
    "PowerSwitchFailure": "relay_fault",
    "ReaderFailure": "controller_fault",
    "ResetFailure": "controller_fault",
    "UnderVoltage": "undervoltage",
    "WeakSignal": "comm_loss",
}
_ONLY_TOLD: Final = frozenset({"LocalListConflict", "WeakSignal"})
_LEAKING: Final = Decimal("0.5")
_LEAKING_FOR: Final = timedelta(seconds=60)
_OFF: Final = frozenset({"Available", "Reserved", "Unavailable"})


def fault_of(
    error: str, vendor_error: str, status: str, table: Mapping[str, FaultCode]
) -> tuple[FaultCode, Severity] | None:
    """The fault for errorCode and vendorErrorCode; None without a fault."""
    known = table.get(vendor_error)
    if error in {"", NO_ERROR} and status != "Faulted" and known is None:
        return None
    code = known or _CODES.get(error, "other")
    if error in _ONLY_TOLD:
        return code, "info"
    return code, "error" if status == "Faulted" else "warning"


def raised_events(
    context: FrameContext, connector: int, when: Observed, data: FaultData, *, found: bool = False
) -> Results:
    """The event of a new fault; nothing if the fault was reported before."""
    known = _known(context, connector, data.code)
    if known is not None and _goes_on(known, when):
        return
    if known is None or (known.cleared_at and _begins_again(known, when)):
        if known is not None:
            context.memory.faults.remove(known)
        context.memory.faults.append(KnownFault(connector, data.code, when.text, found=found))
    yield context.event(connector, when, data)


def cleared_events(
    context: FrameContext, connector: int, when: Observed, *, found: bool = False
) -> Results:
    """The events that clear the faults of a connector: the reported ones, or the found ones."""
    for known in context.memory.faults:
        if known.connector != connector or known.found != found:
            continue
        if not known.cleared_at and when.at >= parse_instant(known.raised_at):
            known.cleared_at = when.text
        if known.cleared_at == when.text:
            fault_id = fault_id_of(context, connector, known.code)
            cleared = FaultData(fault_id, known.code, "cleared", "info")
            yield context.event(connector, when, cleared)


def fault_id_of(context: FrameContext, connector: int, code: str) -> str:
    """One identifier for a fault of a connector, the same each time."""
    parts = "\x1f".join((context.source, context.cabinet, context.outlet(connector) or "", code))
    return f"f-{short_hash(parts.encode())}"


def current_events(
    context: FrameContext, connector: int, when: Observed, amperes: Decimal
) -> Results:
    """A fault if current flows for a minute through an outlet that is off: its relay does not open.

    The relay is welded, or a person has bypassed it. In both cases the technical service must look.
    """
    state = context.memory.connectors.get(connector)
    if state is None or state.stale or connector == 0 or when.clock != "I":
        return
    if when.at < parse_instant(state.at):
        return  # from a buffer: the outlet's state at that time is unknown
    if state.status not in _OFF or amperes <= _LEAKING:
        state.leaking_since = ""
        yield from cleared_events(context, connector, when, found=True)
        return
    if not state.leaking_since or when.at < parse_instant(state.leaking_since):
        state.leaking_since = when.text
    if when.at - parse_instant(state.leaking_since) >= _LEAKING_FOR:
        raised = FaultData(
            fault_id=fault_id_of(context, connector, "relay_fault"),
            code="relay_fault",
            state="raised",
            severity="error",
            text=f"current flows although the status is {state.status}",
        )
        yield from raised_events(context, connector, when, raised, found=True)


def _known(context: FrameContext, connector: int, code: str) -> KnownFault | None:
    faults = context.memory.faults
    return next((f for f in faults if f.connector == connector and f.code == code), None)


def _goes_on(known: KnownFault, when: Observed) -> bool:
    if when.at <= parse_instant(known.raised_at):
        return False
    return not known.cleared_at or when.at < parse_instant(known.cleared_at)


def _begins_again(known: KnownFault, when: Observed) -> bool:
    return when.text != known.raised_at and when.at >= parse_instant(known.cleared_at)
