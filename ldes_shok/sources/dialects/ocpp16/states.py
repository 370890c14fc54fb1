"""A station's reports of its connectors, as the axes of a status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

from ldes_shok.cabinet.event import FaultData, Occupancy, Operation, Power, StatusData
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.sources.common.clocks import Observed
from ldes_shok.sources.decoder import Refusal
from ldes_shok.sources.dialects.ocpp16.faults import (
    NO_ERROR,
    cleared_events,
    fault_id_of,
    fault_of,
    raised_events,
)
from ldes_shok.sources.dialects.ocpp16.frame import load_json, text, whole
from ldes_shok.sources.dialects.ocpp16.frame_context import FrameContext, Results
from ldes_shok.sources.dialects.ocpp16.memory import Connector
from ldes_shok.sources.dialects.ocpp16.section import DataTransfer

_STATES: Final[Mapping[str, tuple[Operation, Occupancy, Power]]] = {
    "Available": ("operational", "free", "off"),
    "Reserved": ("operational", "reserved", "off"),
    "Preparing": ("operational", "in_use", "off"),
    "Finishing": ("operational", "in_use", "off"),
    "SuspendedEVSE": ("operational", "in_use", "off"),
    "Charging": ("operational", "in_use", "on"),
    "SuspendedEV": ("operational", "in_use", "on"),
    "Unavailable": ("maintenance", "unknown", "off"),
    "Faulted": ("defect", "unknown", "off"),
}
_UNKNOWN: Final[tuple[Operation, Occupancy, Power]] = ("unknown", "unknown", "unknown")


def reported_connector(payload: Mapping[str, Any]) -> int | None:
    """The connector of a report; None if it names none."""
    connector = whole(payload, "connectorId")
    return None if connector is None or connector < 0 else connector


def status_events(context: FrameContext, payload: Mapping[str, Any]) -> Results:
    """A StatusNotification: a status, and a fault that begins or ends."""
    connector, status = reported_connector(payload), text(payload, "status", 40)
    if connector is None or not status:
        name = "connectorId" if connector is None else "status"
        yield Refusal("no_status", f"{name} is missing: say which connector is in which state")
        return
    error = text(payload, "errorCode", 40)
    vendor_error = text(payload, "vendorErrorCode", 64)
    report = f"{status} {error} {vendor_error}"
    before = context.memory.connectors.get(connector)
    when = context.known_since(payload.get("timestamp"))
    if when.clock == "N" and before and before.report == report and not before.stale:
        # A repeated report without a time: known since the first of these reports.
        when = Observed(parse_instant(before.at), "N", when.flags)
    fault = fault_of(error, vendor_error, status, context.tables.vendor_codes)
    yield context.event(connector, when, state_data(context, connector, status))
    if when.is_held_back:
        return  # its order among the other reports is unknown
    is_late = before is not None and when.at < parse_instant(before.at)
    if not is_late:
        faulty = fault is not None
        told_at = context.seen().text
        now = Connector(status, report, when.text, when.text, told_at, faulty=faulty)
        if before is not None:
            now.back_at = before.back_at
            if before.report == report:
                now.since, now.told_at = before.since, before.told_at
        context.memory.connectors[connector] = now
    if fault is None:
        if not is_late:
            yield from cleared_events(context, connector, when)
        return
    code, severity = fault
    raised = FaultData(
        fault_id=fault_id_of(context, connector, code),
        code=code,
        state="raised",
        severity=severity,
        vendor_code=vendor_error or (error if error != NO_ERROR else "") or None,
        text=text(payload, "info", 200) or None,
    )
    yield from raised_events(context, connector, when, raised)
    if is_late and before is not None and not before.faulty:
        # The fault was over already when the report came.
        yield from cleared_events(context, connector, replace(when, at=parse_instant(before.at)))


def state_data(context: FrameContext, connector: int, status: str) -> StatusData:
    """The meaning of a status word; for the whole station it contains nothing of its outlets."""
    operation, occupancy, power = _STATES.get(status, _UNKNOWN)
    if status == "Unavailable":
        operation = context.tables.unavailable
    if connector == 0:
        return StatusData(operation=operation, vendor_state=status)
    return StatusData(operation=operation, occupancy=occupancy, power=power, vendor_state=status)


def data_transfer_events(context: FrameContext, payload: Mapping[str, Any]) -> Results:
    """A DataTransfer that reports whether the door is open; every other one is skipped."""
    vendor, message = text(payload, "vendorId", 255), text(payload, "messageId", 50)
    for rule in context.tables.data_transfers:
        if (rule.vendor, rule.message) == (vendor, message):
            yield from _door_events(context, rule, payload)
            return


def _door_events(context: FrameContext, rule: DataTransfer, payload: Mapping[str, Any]) -> Results:
    data = payload.get("data")
    if isinstance(data, str) and (rule.field or rule.time_field):
        data = load_json(data.encode("utf-8", "replace"))
    fields = data if isinstance(data, dict) else {}
    word = text(fields, rule.field, 64) if rule.field else text(payload, "data", 64)
    if isinstance(data, Refusal) or word not in {*rule.opened, *rule.closed}:
        yield Refusal(
            "no_door",
            f"the data of {rule.message} must say one of the words of data_transfers for an open "
            "or a closed door",
        )
        return
    when = context.known_since(fields.get(rule.time_field))
    door: Literal["open", "closed"] = "open" if word in rule.opened else "closed"
    yield context.event(0, when, StatusData(door=door, vendor_state=f"{rule.message[:40]} {door}"))
