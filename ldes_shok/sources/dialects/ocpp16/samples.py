"""MeterValues as measurements: one for each time and context. A bad sample spoils only itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from ldes_shok.cabinet import flags
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.cabinet.measurement import MOST_READINGS, Context, MeasurementData, Reading
from ldes_shok.sources.common.clocks import Observed
from ldes_shok.sources.decoder import Refusal
from ldes_shok.sources.dialects.ocpp16.faults import current_events
from ldes_shok.sources.dialects.ocpp16.frame import items, text, whole
from ldes_shok.sources.dialects.ocpp16.frame_context import FrameContext, Results
from ldes_shok.sources.dialects.ocpp16.memory import KnownSession
from ldes_shok.sources.dialects.ocpp16.readings import read_sample

_CONTEXTS: Final[Mapping[str, Context]] = {
    "": "periodic",
    "Sample.Periodic": "periodic",
    "Sample.Clock": "clock",
    "Transaction.Begin": "begin",
    "Transaction.End": "end",
    "Trigger": "trigger",
}
_LEAST_RATIO: Final = 500
_MOST_RATIO: Final = 2000
"""Volts times amperes over watts: about 1000 where the watts are kilowatts."""


@dataclass(slots=True)
class _Group:
    readings: list[Reading] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)


def meter_value_events(context: FrameContext, payload: Mapping[str, Any]) -> Results:
    """The readings of a MeterValues request."""
    connector = whole(payload, "connectorId")
    if connector is None or connector < 0:
        yield Refusal("no_connector", "connectorId must be 0 (the station) or more")
        return
    session = context.memory.transaction(whole(payload, "transactionId"))
    if not items(payload, "meterValue"):
        yield Refusal("no_reading", "meterValue must be a list with a timestamp and sampledValue")
    yield from sample_events(context, connector, session, items(payload, "meterValue"))


def sample_events(
    context: FrameContext,
    connector: int,
    session: KnownSession | None,
    meter_values: Sequence[Mapping[str, Any]],
) -> Results:
    """The readings of a list of `meterValue`."""
    for meter_value in meter_values:
        when = context.measured_at(meter_value.get("timestamp"))
        for sample_context, group in _groups(context, connector, meter_value).items():
            yield from _group_events(context, connector, session, when, sample_context, group)


def _group_events(
    context: FrameContext,
    connector: int,
    session: KnownSession | None,
    when: Observed,
    sample_context: Context,
    group: _Group,
) -> Results:
    if not group.readings:
        if group.dropped:
            yield Refusal("no_reading", f"no reading is left: {group.dropped[0]}")
        return
    data = MeasurementData(
        readings=tuple(group.readings),
        meter=context.meter(connector),
        context=sample_context,
        session=session.id if session else None,
    )
    noted = when.noted(flags.READING_DROPPED) if group.dropped else when
    yield context.event(connector, noted, data)
    if session is not None and not when.flags:
        _see_register(session, when, group.readings)
    amperes = [Decimal(r.value) for r in group.readings if r.quantity == "current"]
    if amperes:
        yield from current_events(context, connector, when, max(amperes))


def _see_register(session: KnownSession, when: Observed, readings: Sequence[Reading]) -> None:
    """Keep the last register of a session, in case its end never comes."""
    if session.seen_at and when.at < parse_instant(session.seen_at):
        return
    for reading in readings:
        if (reading.quantity, reading.phase) == ("energy.import.register", "total"):
            session.seen_at, session.seen_wh = when.text, reading.value


def _groups(
    context: FrameContext, connector: int, meter_value: Mapping[str, Any]
) -> Mapping[Context, _Group]:
    groups: dict[Context, _Group] = {}
    for sample in items(meter_value, "sampledValue"):
        group = groups.setdefault(_CONTEXTS.get(text(sample, "context", 30), "other"), _Group())
        found = read_sample(sample, whole_station=connector == 0)
        if found.reading is not None:
            group.readings.append(found.reading)
        elif found.dropped:
            group.dropped.append(found.dropped)
    for group in groups.values():
        group.readings = list(_kept(context, connector, group))
    return groups


def _kept(context: FrameContext, connector: int, group: _Group) -> Iterator[Reading]:
    """The readings that fit into one event."""
    seen: set[tuple[str, str]] = set()
    kilowatts = _is_kilowatts(group.readings)
    for reading in group.readings:
        slot = (reading.quantity, reading.phase)
        if slot in seen or len(seen) == MOST_READINGS:
            group.dropped.append(f"{reading.quantity} on {reading.phase} is given twice")
        elif reading.quantity.endswith(".register") and context.meter(connector) is None:
            group.dropped.append(
                f"a register needs its meter: name it in meters, as {context.station}/{connector}"
            )
        elif kilowatts and reading.quantity == "power.import" and reading.flags:
            group.dropped.append("power without a unit is a thousandth of volts times amperes")
        else:
            seen.add(slot)
            yield reading


def _is_kilowatts(readings: Sequence[Reading]) -> bool:
    """Whether power has no unit, and voltage and current show that it is in kW."""
    values = {(r.quantity, r.phase): Decimal(r.value) for r in readings}
    watts = values.get(("power.import", "total"), Decimal())
    volt_amperes = sum(
        (
            amperes * values[("voltage", phase)]
            for (quantity, phase), amperes in values.items()
            if quantity == "current" and ("voltage", phase) in values
        ),
        Decimal(),
    )
    return watts > 0 and _LEAST_RATIO <= volt_amperes / watts <= _MOST_RATIO
