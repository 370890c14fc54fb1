"""The current state of a cabinet: its configuration with the latest status laid over it.

Kept in the log in the same transaction as the members that came of it. A late report becomes a
version with its own time and never moves what is current backwards: each axis keeps the value
with the latest observation time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from ldes_shok.cabinet.configuration import (
    CabinetConfiguration,
    ConfigurationData,
    MeterConfiguration,
    OutletConfiguration,
)
from ldes_shok.cabinet.event import StatusData
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.mapping.words import Words

S = TypeVar("S", bound=msgspec.Struct)
_KEPT_LINK_WORDS: Final = 32
AXES = ("operation", "occupancy", "power", "plug", "door", "connectivity")


class AxisValue(msgspec.Struct, frozen=True, array_like=True):
    """The latest word on one axis: value, when it was observed, and by which event."""

    value: str
    observed_at: str
    key: str

    def is_newer_than(self, other: AxisValue) -> bool:
        """Later observation wins; the key breaks ties, so arrival order never does."""
        mine, theirs = parse_instant(self.observed_at), parse_instant(other.observed_at)
        return (mine, self.key) > (theirs, other.key)


Axes = dict[str, AxisValue]


class OutletState(msgspec.Struct, frozen=True):
    """One outlet as configured, its axes, and what else was said of it.

    `since` is the earliest `validFrom` of a configuration that names it.
    """

    configuration: OutletConfiguration
    axes: Axes = {}
    since: str = ""
    words: Words = Words()


class CabinetState(msgspec.Struct, frozen=True):
    """One cabinet: what is known now.

    `configured` is False until a configuration event came; `removed_at` is empty unless it was
    removed; `since` has the `validFrom` of each configured field, by `cabinet/name`; `link` has
    the latest words on its connectivity, `upserts` the latest configurations, oldest first.
    """

    tenant: str
    cabinet: str
    configured: bool = False
    valid_from: str = ""
    removed_at: str = ""
    configuration: CabinetConfiguration = CabinetConfiguration()
    outlets: dict[str, OutletState] = {}
    meters: dict[str, MeterConfiguration] = {}
    axes: Axes = {}
    since: dict[str, str] = {}
    words: Words = Words()
    link: tuple[AxisValue, ...] = ()
    upserts: tuple[ConfigurationData, ...] = ()

    @property
    def meter_serials(self) -> frozenset[str]:
        """Every meter that a configuration ever named, here or at an outlet."""
        return frozenset(self.meters)

    def host_of(self, serial: str) -> str | None:
        """The outlet that a meter measures; None for the cabinet's head meter."""
        for name, outlet in self.outlets.items():
            if outlet.configuration.meter == serial:
                return name
        meter = self.meters.get(serial)
        return meter.outlet if meter else None

    def meter_for(self, outlet: str | None) -> str | None:
        """The serial of the meter that measures `outlet`, or the cabinet as a whole."""
        if outlet is not None:
            configured = self.outlets[outlet].configuration.meter
            if configured:
                return configured
        replaced = {meter.replaces for meter in self.meters.values()}
        for serial, meter in self.meters.items():
            if meter.outlet == outlet and serial not in replaced:
                return serial
        return None


def values(axes: Axes) -> dict[str, str]:
    """The bare words of the axes."""
    return {name: value.value for name, value in axes.items()}


def with_link(link: tuple[AxisValue, ...], word: AxisValue) -> tuple[AxisValue, ...]:
    """`link` with one more word on whether the cabinet is reached; the oldest is forgotten."""
    known = {(old.observed_at, old.key): old for old in (*link, word)}
    ordered = sorted(known.values(), key=lambda w: (parse_instant(w.observed_at), w.key))
    return tuple(ordered[-_KEPT_LINK_WORDS:])


def said(data: StatusData) -> dict[str, str]:
    """What a status event says, per axis; an absent axis says nothing."""
    pairs = ((axis, getattr(data, axis)) for axis in AXES)
    return {axis: value for axis, value in pairs if value is not None}


def with_status(axes: Axes, data: StatusData, observed_at: str, key: str) -> Axes:
    """`axes` after a status event: each axis moves forward in time or stays."""
    result = dict(axes)
    for axis, value in said(data).items():
        new = AxisValue(value, observed_at, key)
        current = result.get(axis)
        if current is None or new.is_newer_than(current):
            result[axis] = new
    return result


def overlay(below: S, above: S) -> S:
    """`below` with every field that `above` gives."""
    return msgspec.structs.replace(below, **_given_by(above))


def _given_by(struct: msgspec.Struct) -> dict[str, object]:
    pairs = ((name, getattr(struct, name)) for name in struct.__struct_fields__)
    return {name: value for name, value in pairs if value is not None}


def _is_late(new: str, current: str) -> bool:
    return bool(current) and parse_instant(new) < parse_instant(current)


class _Merge:
    """One upsert on its way into the state: each field moves forward in time or stays."""

    def __init__(self, since: Mapping[str, str], valid_from: str) -> None:
        self.since = dict(since)
        self._valid_from = valid_from

    def __call__(self, current: S, given: S, name: str) -> S:
        changes: dict[str, object] = {}
        for field, value in _given_by(given).items():
            place = f"{name}/{field}"
            if not _is_late(self._valid_from, self.since.get(place, "")):
                self.since[place] = self._valid_from
                changes[field] = value
        return msgspec.structs.replace(current, **changes)


def with_configuration(state: CabinetState, data: ConfigurationData) -> CabinetState:
    """`state` after an upsert: what it gives replaces, what it leaves out stays.

    A late upsert (an earlier `validFrom` than another one's) only replaces what is older still,
    field by field, so the order of arrival does not matter.
    """
    merge = _Merge(state.since, data.valid_from)
    configuration = state.configuration
    if data.cabinet is not None:
        configuration = merge(configuration, data.cabinet, "cabinet")
    outlets, meters = dict(state.outlets), dict(state.meters)
    for outlet in data.outlets:
        known = outlets.get(outlet.id) or OutletState(OutletConfiguration(outlet.id))
        merged = merge(known.configuration, outlet, f"outlet/{outlet.id}")
        since = known.since
        if not since or _is_late(data.valid_from, since):
            since = data.valid_from
        outlets[outlet.id] = msgspec.structs.replace(known, configuration=merged, since=since)
        if outlet.meter:
            # Known for good: after it was replaced, it may still be late with its readings.
            there = MeterConfiguration(outlet.meter, outlet=outlet.id)
            known_meter = meters.get(outlet.meter) or MeterConfiguration(outlet.meter)
            meters[outlet.meter] = merge(known_meter, there, f"meter/{outlet.meter}")
    for meter in data.meters:
        known_meter = meters.get(meter.serial) or MeterConfiguration(meter.serial)
        meters[meter.serial] = merge(known_meter, meter, f"meter/{meter.serial}")
    late = _is_late(data.valid_from, state.valid_from)
    revived = state.removed_at and not _is_late(data.valid_from, state.removed_at)
    return msgspec.structs.replace(
        state,
        configured=True,
        valid_from=state.valid_from if late else data.valid_from,
        removed_at="" if revived else state.removed_at,
        configuration=configuration,
        outlets=outlets,
        meters=meters,
        since=merge.since,
    )


def with_removal(state: CabinetState, valid_from: str) -> CabinetState:
    """`state` after a removal; a late one changes nothing that came after it.

    At the same instant an upsert wins, whichever arrived first.
    """
    overtaken = parse_instant(state.valid_from) >= parse_instant(valid_from)
    if overtaken or (state.removed_at and _is_late(valid_from, state.removed_at)):
        return state
    return msgspec.structs.replace(state, removed_at=valid_from)


def as_of(state: CabinetState, data: ConfigurationData) -> CabinetState:
    """What the version of an upsert says: the event's own words laid over what is known."""
    outlets = {
        name: msgspec.structs.replace(outlet, configuration=overlay(outlet.configuration, given))
        for name, outlet in state.outlets.items()
        for given in (_given(data, name),)
    }
    return msgspec.structs.replace(
        state,
        valid_from=data.valid_from,
        configuration=overlay(state.configuration, data.cabinet or CabinetConfiguration()),
        outlets=outlets,
        meters={**state.meters, **{m.serial: m for m in data.meters}},
    )


def _given(data: ConfigurationData, outlet: str) -> OutletConfiguration:
    for given in data.outlets:
        if given.id == outlet:
            return given
    return OutletConfiguration(outlet)
