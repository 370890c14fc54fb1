"""Compares the sockets of a cabinet with its head meter, for each day; adjusts nothing."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from ldes_shok.cabinet.event import Fault, FaultData
from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.derive.base import delivery
from ldes_shok.derive.contributions import HEAD, ZONE, used_in
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.derive.quarters import day_bounds, to_text

NAME: Final = "head-meter"
CODE: Final = "head_meter_differs"
TOLERANCE: Final = Decimal("0.05")
LEAST_WH: Final = Decimal(1_000)
"""The least difference that counts: the cabinet itself uses some, 40 W all day."""


def difference(
    tenant: str, day: date, cabinet: str, notebook: Notebook
) -> tuple[Decimal, Decimal] | None:
    """The Wh of the sockets and of the head meter, if they differ by too much."""
    sockets = head = Decimal(0)
    for outlet, _, _, _, wh in used_in(tenant, day, cabinet, notebook):
        if outlet == HEAD:
            head += wh
        else:
            sockets += wh
    if not sockets or not head:
        return None  # without one of them there is nothing to compare
    return (sockets, head) if abs(head - sockets) > max(TOLERANCE * head, LEAST_WH) else None


def report(
    tenant: str, day: date, cabinet: str, now: datetime, notebook: Notebook
) -> Delivery | None:
    """A fault of the lowest severity for the technical service; None if all is well."""
    found = difference(tenant, day, cabinet, notebook)
    if found is None:
        return None
    sockets, head = found
    event = Fault(
        v=1,
        cabinet=cabinet,
        observed_at=to_text(day_bounds(day, ZONE)[1]),
        clock="S",
        data=FaultData(
            fault_id=f"{CODE}.{day.isoformat()}",
            code="meter_fault",
            state="raised",
            severity="info",
            vendor_code=CODE,
            text=f"stopcontacten samen {sockets:f} Wh, hoofdmeter {head:f} Wh",
        ),
    )
    return delivery(event, tenant, NAME, now)
