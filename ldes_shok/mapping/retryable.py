"""Decides which waiting events a configuration can release. Pure.

A cabinet may have tens of thousands of waiting events, and a new configuration every day. So only
events whose reason the configuration changed are looked at, and only those that it may have mended
are tried again.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ldes_shok.cabinet.stored_event import stored_event, stored_measurement
from ldes_shok.mapping.mapper import NO_POSITION, UNKNOWN_CABINET, UNKNOWN_OUTLET
from ldes_shok.mapping.observation import UNKNOWN_METER
from ldes_shok.mapping.state import CabinetState


def mended(before: CabinetState | None, after: CabinetState) -> frozenset[str]:
    """The reasons for which an event may have waited until a cabinet was `after`.

    Args:
        before: the cabinet against which all waiting events were tried; None if it had no state.
        after: the cabinet now.
    """
    if before is None or not before.configured:
        before = CabinetState(after.tenant, after.cabinet)
    changed = {
        UNKNOWN_CABINET: not before.configured or before.removed_at != after.removed_at,
        UNKNOWN_OUTLET: bool(after.outlets.keys() - before.outlets.keys()),
        UNKNOWN_METER: before.meters != after.meters or _hung(before) != _hung(after),
        NO_POSITION: before.configuration.position is None
        and after.configuration.position is not None,
    }
    return frozenset(code for code, is_mended in changed.items() if is_mended)


def may_pass(code: str, payload: bytes, state: CabinetState) -> bool:
    """Whether an event that waits for this reason is worth another try; False is certain."""
    if code not in {UNKNOWN_OUTLET, UNKNOWN_METER}:
        return True
    try:
        outlet = stored_event(payload).outlet
        meter = stored_measurement(payload).data.meter if code == UNKNOWN_METER else None
    except msgspec.DecodeError:
        return True  # stored by a version that was less strict: the retry reports what is wrong
    return (outlet is None or outlet in state.outlets) and (meter is None or meter in state.meters)


def _hung(state: CabinetState) -> Mapping[str, str | None]:
    return {name: outlet.configuration.meter for name, outlet in state.outlets.items()}
