"""Aggregates: what many users used together. The service says this; nobody may report it."""

from __future__ import annotations

from typing import Literal

import msgspec

from ldes_shok.cabinet.fields import DecimalText, Name, wrong
from ldes_shok.cabinet.measurement import Period


class AggregateData(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """A sum, or the highest mean power of a quarter of an hour, over a period.

    `subject` is a cabinet, a zone of the configuration, or an activity.
    """

    of: Literal["cabinet", "zone", "activity"]
    subject: Name
    quantity: Literal["energy.import", "power.peak"]
    period: Period
    value: DecimalText
    unit: Literal["Wh", "W"]

    def __post_init__(self) -> None:
        expected = "Wh" if self.quantity == "energy.import" else "W"
        if self.unit != expected:
            raise wrong("unit", f"must be {expected} for {self.quantity}, not {self.unit}")
