"""Makes canonical events from what a decoder found: one constructor for all dialects.

Dialects that build events as JSON (a table, another stream) use `event_tree` and `read_tree`, so
that an error names its field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.event import (
    Clock,
    Event,
    Fault,
    FaultData,
    Measurement,
    Session,
    SessionData,
    Status,
    StatusData,
)
from ldes_shok.cabinet.flags import SESSION_INFERRED
from ldes_shok.cabinet.measurement import MeasurementData
from ldes_shok.sources.common.clocks import Observed

EventData = MeasurementData | StatusData | SessionData | FaultData
Tree = dict[str, "Tree | list[Tree] | list[str] | list[Decimal] | str | int | Decimal"]
"""A part of a canonical event, as JSON."""

_KINDS: Final[Mapping[type, Callable[..., Event]]] = {
    MeasurementData: Measurement,
    StatusData: Status,
    SessionData: Session,
    FaultData: Fault,
}
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def event_of(
    data: EventData,
    cabinet: str,
    outlet: str | None,
    observed: Observed,
    *,
    key: str | None = None,
) -> Event:
    """The event that holds `data`.

    Args:
        data: its type is the kind of the event.
        cabinet: the cabinet of the event.
        outlet: the outlet of the event; None or empty: the cabinet as a whole.
        observed: the time, with all flags of the event. An inferred event is estimated.
        key: identifies the event; None: its content identifies it.
    """
    return _KINDS[type(data)](
        v=1,
        cabinet=cabinet,
        outlet=outlet or None,
        key=key,
        observed_at=observed.text,
        clock=observed.clock,
        historical=observed.historical,
        quality="estimated" if SESSION_INFERRED in observed.flags else "good",
        flags=observed.flags,
        data=data,
    )


def event_tree(
    kind: str, cabinet: str, observed_at: str, clock: Clock | str, data: Tree, **more: object
) -> Tree:
    """An event as JSON, with the non-empty values of `more` (outlet, key, flags)."""
    envelope: Tree = {
        "v": 1,
        "kind": kind,
        "cabinet": cabinet,
        "observedAt": observed_at,
        "clock": clock,
        "data": data,
    }
    return envelope | filled(more)


def filled(pairs: Mapping[str, object]) -> Tree:
    """The pairs that have a value."""
    return {name: value for name, value in pairs.items() if value not in (None, "", {}, [], ())}  # type: ignore[misc]


def read_tree(tree: Tree) -> Event:
    """The event of a tree.

    Raises:
        EventRejected: the tree is no event; names the field.
    """
    return decode_event(_ENCODER.encode(tree))
