"""The current state of a cabinet: its configuration, and its latest status.

The log stores it in the same transaction as the members of the event. A late report becomes a
version with its own time and never moves the current state back: each axis keeps the value with the
latest observation time. Of several reports of one instant, the same one takes precedence in any
order of arrival (`ldes_shok.mapping.precedence`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
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
from ldes_shok.mapping.latest_reports import LatestReports
from ldes_shok.mapping.precedence import ReportedBy

S = TypeVar("S", bound=msgspec.Struct)
_KEPT_LINK_WORDS: Final = 32
_ORDER_CHARACTERS: Final = 8
AXES = ("operation", "occupancy", "power", "plug", "door", "connectivity")


class AxisValue(msgspec.Struct, frozen=True, array_like=True):
    """The latest value of one axis, when it was observed, and by which event.

    `digest` is empty if an earlier version stored it.
    """

    value: str
    observed_at: str
    key: str
    digest: str = ""

    @property
    def rank(self) -> tuple[datetime, str, str]:
        """The sort key: later observation wins; key and content break ties, arrival never does."""
        return parse_instant(self.observed_at), self.key, self.digest


Axes = dict[str, AxisValue]


class Upsert(ConfigurationData, frozen=True):
    """A kept upsert, with the time of its report and a digest of its content.

    Both are empty if an earlier version stored it.
    """

    said_at: str = ""
    digest: str = ""

    @classmethod
    def of(cls, data: ConfigurationData, by: ReportedBy) -> Upsert:
        """The upsert `data`, as reported `by` an event."""
        return cls(
            data.op, data.valid_from, data.cabinet, data.outlets, data.meters, by.at, by.digest
        )

    @property
    def order(self) -> str:
        """The sort key as text, as the state keeps it; see `order_of`.

        It is short, because each configured field has one, and every event writes the state.
        """
        said_at = "" if self.said_at == self.valid_from else self.said_at
        return f"{self.valid_from} {said_at} {self.digest[:_ORDER_CHARACTERS]}"


def order_of(text: str) -> tuple[datetime, datetime, str]:
    """The sort key of an upsert: `validFrom`, then the time of its report, then its content."""
    valid_from, said_at, digest = (*text.split(" "), "", "")[:3]
    return parse_instant(valid_from), parse_instant(said_at or valid_from), digest


class OutletState(msgspec.Struct, frozen=True):
    """One outlet: its configuration, its axes, and other reports on it.

    `since` is the earliest `validFrom` of a configuration that names it.
    """

    configuration: OutletConfiguration
    axes: Axes = {}
    since: str = ""
    words: LatestReports = LatestReports()


class CabinetState(msgspec.Struct, frozen=True):
    """The present state of one cabinet.

    `configured` is False until a configuration event came. `removed_at` is empty unless the cabinet
    was removed. `since` has the order of the upsert that gave each configured field, by
    `cabinet/name`. `link` has the latest reports on its connectivity. `upserts` has the latest
    configurations; the last one takes precedence.
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
    words: LatestReports = LatestReports()
    link: tuple[AxisValue, ...] = ()
    upserts: tuple[Upsert, ...] = ()

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
    """The values of the axes alone."""
    return {name: value.value for name, value in axes.items()}


def with_link(link: tuple[AxisValue, ...], word: AxisValue) -> tuple[AxisValue, ...]:
    """`link` with one more report on connectivity, in the order of their rank."""
    ordered = sorted((*link, word), key=lambda each: each.rank)
    # Of two reports with one key, the one with the higher rank corrects the other.
    return tuple({(each.observed_at, each.key): each for each in ordered}.values())


def bounded_link(link: tuple[AxisValue, ...]) -> tuple[AxisValue, ...]:
    """`link` as it is stored: the oldest reports are dropped."""
    return link[-_KEPT_LINK_WORDS:]


def axes_of(data: StatusData) -> dict[str, str]:
    """The axes that a status event gives; an absent axis says nothing."""
    pairs = ((axis, getattr(data, axis)) for axis in AXES)
    return {axis: value for axis, value in pairs if value is not None}


def with_status(axes: Axes, data: StatusData, by: ReportedBy) -> Axes:
    """`axes` after a status event: each axis moves forward in time or stays."""
    result = dict(axes)
    for axis, value in axes_of(data).items():
        new = AxisValue(value, by.at, by.key, by.digest)
        current = result.get(axis)
        if current is None or new.rank > current.rank:
            result[axis] = new
    return result


def overruled(axes: Axes, data: StatusData, by: ReportedBy) -> Iterator[str]:
    """The fields of a status that another status of its instant overrules.

    Each with a sentence for the sender; `axes` are those after the status.
    """
    for axis, value in axes_of(data).items():
        word = axes[axis]
        if word.value != value and parse_instant(word.observed_at) == parse_instant(by.at):
            yield (
                f"data.{axis}: does not count: another status of the same instant says "
                f"{word.value}; give what corrects it a later observedAt"
            )


def overlay(below: S, above: S) -> S:
    """`below` with every field that `above` gives."""
    return msgspec.structs.replace(below, **_given_by(above))


def _given_by(struct: msgspec.Struct) -> dict[str, object]:
    pairs = ((name, getattr(struct, name)) for name in struct.__struct_fields__)
    return {name: value for name, value in pairs if value is not None}


def _is_late(new: str, current: str) -> bool:
    return bool(current) and parse_instant(new) < parse_instant(current)


def _later(one: str, other: str) -> str:
    """The later of two instants, or the only one; if they are equal, always the same text."""
    given = (text for text in (one, other) if text)
    return max(given, key=lambda text: (parse_instant(text), text), default="")


class _Merge:
    """Merges one upsert into the state: each field moves forward in order or stays."""

    def __init__(self, since: Mapping[str, str], upsert: Upsert) -> None:
        self.since = dict(since)
        self._order = upsert.order
        self._rank = order_of(upsert.order)

    def __call__(self, current: S, given: S, name: str) -> S:
        changes: dict[str, object] = {}
        for field, value in _given_by(given).items():
            place = f"{name}/{field}"
            since = self.since.get(place)
            if since is None or order_of(since) <= self._rank:
                self.since[place] = self._order
                changes[field] = value
        return msgspec.structs.replace(current, **changes)


def with_configuration(state: CabinetState, data: Upsert) -> CabinetState:
    """`state` after an upsert: the fields that it gives replace, the others stay.

    A late upsert replaces, field by field, only what comes before it in `order_of`. So the order of
    arrival does not matter.
    """
    merge = _Merge(state.since, data)
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
            # The meter stays known: after its replacement, late readings of it may still come.
            there = MeterConfiguration(outlet.meter, outlet=outlet.id)
            known_meter = meters.get(outlet.meter) or MeterConfiguration(outlet.meter)
            meters[outlet.meter] = merge(known_meter, there, f"meter/{outlet.meter}")
    for meter in data.meters:
        known_meter = meters.get(meter.serial) or MeterConfiguration(meter.serial)
        meters[meter.serial] = merge(known_meter, meter, f"meter/{meter.serial}")
    revived = state.removed_at and not _is_late(data.valid_from, state.removed_at)
    return msgspec.structs.replace(
        state,
        configured=True,
        valid_from=_later(state.valid_from, data.valid_from),
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
    if parse_instant(state.valid_from) >= parse_instant(valid_from):
        return state
    return msgspec.structs.replace(state, removed_at=_later(state.removed_at, valid_from))
