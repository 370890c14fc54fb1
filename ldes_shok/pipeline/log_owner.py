"""Checks by the events of a log that it fits the settings: the IRI secret and the tenants."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import Final

import msgspec
import structlog

from ldes_shok.errors import EventRejected, LogDamaged, LogMismatch, NotMapped
from ldes_shok.log.base import LogWriter
from ldes_shok.log.records import EventRecord
from ldes_shok.mapping.mapper import Mapper
from ldes_shok.mapping.state import CabinetState
from ldes_shok.pipeline.arrivals import received_again

_LOOKED_AT: Final = 5_000
_ENOUGH: Final = 3
"""After so many readings without a member the answer is no: one or two may map differently now."""


def refuse_lost_tenants(
    log: LogWriter, tenants: Collection[str], former_tenants: Collection[str]
) -> None:
    """Refuse a log that has events of an unknown tenant: the tenant may have been renamed.

    A tenant's name is part of the IRIs of its cabinets.

    Raises:
        LogMismatch: the log has events of a tenant that is neither present nor former.
    """
    held = log.tenants()
    for name in sorted(held - set(tenants) - set(former_tenants)):
        raise LogMismatch(
            f"tenants: this log has events of {name}, which is none of tenants: its name stands in "
            "the IRIs of its cabinets, so a tenant that is renamed would begin again; call it "
            f"{name} again, or if it left, set former_tenants: [{name}]"
        )
    if strangers := sorted(set(former_tenants) - held):
        structlog.get_logger("ldes_shok").warning(
            "former_tenants_unknown", tenants=strangers, advice="the log has no event of them"
        )


def written_with(mapper: Mapper, log: LogWriter) -> bool | None:
    """Whether the newest readings have the IRIs that the mapper's secret makes; None if unknown."""
    missing = 0
    for event in _readings(log):
        try:
            state = log.state(event.tenant, event.cabinet)
            known = None if state is None else msgspec.json.decode(state, type=CabinetState)
            mapped = mapper.map(received_again(event, event.received_ms), known)
        except (EventRejected, NotMapped, LogDamaged, KeyError, ValueError):
            continue  # damaged, or mapped by former rules or tenants: it proves nothing
        if log.versioned([draft.entity for draft in mapped.drafts]):
            return True
        missing += 1
        if missing >= _ENOUGH:
            return False
    return None


def _readings(log: LogWriter) -> Iterator[EventRecord]:
    newest = log.next_event_id - 1
    for id_ in range(newest, max(0, newest - _LOOKED_AT), -1):
        event = None
        with suppress(LogDamaged):
            event = log.event(id_)
        if event is not None and event.kind == "measurement" and event.quarantine is None:
            yield event
