"""The history of configurations: an observation counts for the cabinet as it was at its time.

A late report of a movable cabinet belongs to where the cabinet stood then, not to where it stands
now. A reading without a serial belongs to the meter of that time. So the state keeps the last
upserts themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

import msgspec

from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.mapping.state import (
    CabinetState,
    Upsert,
    order_of,
    overlay,
    with_configuration,
)

S = TypeVar("S", bound=msgspec.Struct)
_KEPT: Final = 16


def with_upsert(state: CabinetState, data: Upsert) -> CabinetState:
    """`state` after an upsert, which it keeps."""
    upserts = sorted((*state.upserts, data), key=lambda upsert: order_of(upsert.order))
    after = with_configuration(state, data)
    return msgspec.structs.replace(after, upserts=tuple(upserts))


def bounded_history(state: CabinetState) -> CabinetState:
    """`state` as it is stored: if it has too many upserts, the two oldest become one."""
    if len(state.upserts) <= _KEPT:
        return state
    oldest, next_one, *others = state.upserts
    return msgspec.structs.replace(state, upserts=(_squashed(oldest, next_one), *others))


def overruled_by(state: CabinetState, upsert: Upsert) -> Iterator[str]:
    """The fields of `upsert` that another one with the same `validFrom` overrules.

    Each with a sentence for the sender.
    """
    rank = order_of(upsert.order)
    for other in state.upserts:
        order = order_of(other.order)
        if order[0] == rank[0] and order > rank:
            for field in _contradicted(upsert, other):
                yield (
                    f"data.{field}: does not count: another configuration with the same validFrom "
                    "says otherwise, and was said later or comes first by its content; give this "
                    "one a later validFrom, or a later observedAt"
                )


def configured_at(state: CabinetState, at: str, outlet: str | None = None) -> CabinetState:
    """`state` with the configuration that held at the instant `at`.

    Before the first configuration the first one holds. `outlet` is always in the result: a report
    on it shows that it existed.
    """
    if len(state.upserts) < 2:
        return state
    instant = parse_instant(at)
    if instant >= parse_instant(state.valid_from):
        return state
    held = [u for u in state.upserts if parse_instant(u.valid_from) <= instant]
    then = CabinetState(state.tenant, state.cabinet)
    for upsert in held or state.upserts[:1]:
        then = with_configuration(then, upsert)
    configuration = then.configuration
    if configuration.position is None:
        position = state.configuration.position
        configuration = msgspec.structs.replace(configuration, position=position)
    outlets = {
        name: msgspec.structs.replace(known, configuration=then.outlets[name].configuration)
        for name, known in state.outlets.items()
        if name in then.outlets
    }
    if outlet is not None:
        outlets.setdefault(outlet, state.outlets[outlet])
    return msgspec.structs.replace(
        state,
        valid_from=then.valid_from,
        configuration=configuration,
        outlets=outlets,
        meters=then.meters,
    )


def _squashed(older: Upsert, newer: Upsert) -> Upsert:
    cabinet = older.cabinet
    if newer.cabinet is not None:
        cabinet = newer.cabinet if cabinet is None else overlay(cabinet, newer.cabinet)
    return msgspec.structs.replace(
        older,
        cabinet=cabinet,
        outlets=_merged(older.outlets, newer.outlets, "id"),
        meters=_merged(older.meters, newer.meters, "serial"),
    )


def _contradicted(upsert: Upsert, other: Upsert) -> Iterator[str]:
    """The fields that both give, with different values."""
    if upsert.cabinet is not None and other.cabinet is not None:
        yield from _different("cabinet", upsert.cabinet, other.cabinet)
    outlets = {outlet.id: outlet for outlet in other.outlets}
    for index, outlet in enumerate(upsert.outlets):
        if outlet.id in outlets:
            yield from _different(f"outlets[{index}]", outlet, outlets[outlet.id])
    meters = {meter.serial: meter for meter in other.meters}
    for index, meter in enumerate(upsert.meters):
        if meter.serial in meters:
            yield from _different(f"meters[{index}]", meter, meters[meter.serial])


def _different(path: str, one: S, other: S) -> Iterator[str]:
    for field in msgspec.structs.fields(one):
        given, counts = getattr(one, field.name), getattr(other, field.name)
        if given is not None and counts is not None and given != counts:
            yield f"{path}.{field.encode_name}"


def _merged(older: Sequence[S], newer: Sequence[S], name: str) -> tuple[S, ...]:
    result = {getattr(item, name): item for item in older}
    for item in newer:
        known = result.get(getattr(item, name))
        result[getattr(item, name)] = item if known is None else overlay(known, item)
    return tuple(result.values())
