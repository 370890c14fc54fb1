"""Which configuration held when: what was observed is attributed to the cabinet as it was then.

A movable cabinet is reported late from where it stood, not from where it stands now; a reading
without a serial is of the meter that hung there. So the state keeps the last upserts themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from ldes_shok.cabinet.configuration import ConfigurationData
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.mapping.state import (
    CabinetState,
    overlay,
    with_configuration,
)

S = TypeVar("S", bound=msgspec.Struct)
_KEPT: Final = 16


def with_upsert(state: CabinetState, data: ConfigurationData) -> CabinetState:
    """`state` after an upsert, which is remembered; of many, the two oldest become one."""
    upserts = sorted((*state.upserts, data), key=lambda upsert: parse_instant(upsert.valid_from))
    if len(upserts) > _KEPT:
        upserts[:2] = [_squashed(upserts[0], upserts[1])]
    after = with_configuration(state, data)
    return msgspec.structs.replace(after, upserts=tuple(upserts))


def configured_at(state: CabinetState, at: str, outlet: str | None = None) -> CabinetState:
    """`state` with the configuration that held at the instant `at`.

    Before the first configuration the first one holds. `outlet` is there in any case: who
    reports of it knows that it was.
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


def _squashed(older: ConfigurationData, newer: ConfigurationData) -> ConfigurationData:
    cabinet = older.cabinet
    if newer.cabinet is not None:
        cabinet = newer.cabinet if cabinet is None else overlay(cabinet, newer.cabinet)
    return ConfigurationData(
        "upsert",
        older.valid_from,
        cabinet,
        _merged(older.outlets, newer.outlets, "id"),
        _merged(older.meters, newer.meters, "serial"),
    )


def _merged(older: Sequence[S], newer: Sequence[S], name: str) -> tuple[S, ...]:
    result = {getattr(item, name): item for item in older}
    for item in newer:
        known = result.get(getattr(item, name))
        result[getattr(item, name)] = item if known is None else overlay(known, item)
    return tuple(result.values())
