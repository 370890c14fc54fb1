"""Aggregates: the use of many users together. Only the service makes them; no source may."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ldes_shok.cabinet.fields import DecimalText, Name, wrong
from ldes_shok.cabinet.measurement import Period

Audience = Literal["public", "city"]
"""Who may read it: the public, or the city, which answers for the cabinets."""


class AggregateData(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """A sum, or the highest mean power of a quarter of an hour, over a period.

    Attributes:
        subject: a cabinet, a zone of the configuration, or an activity.
        audience: who may know it.
        revision: how often what the city was told of it was corrected before.
    """

    of: Literal["cabinet", "zone", "activity"]
    subject: Name
    quantity: Literal["energy.import", "power.peak"]
    period: Period
    value: DecimalText
    unit: Literal["Wh", "W"]
    audience: Audience = "public"
    revision: Annotated[int, Meta(ge=0)] = 0

    def __post_init__(self) -> None:
        expected = "Wh" if self.quantity == "energy.import" else "W"
        if self.unit != expected:
            raise wrong("unit", f"must be {expected} for {self.quantity}, not {self.unit}")
