"""Configuration: the parts of a cabinet, valid from an instant on."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from ldes_shok.cabinet.fields import (
    DecimalText,
    Ean,
    Instant,
    Label,
    Name,
    Text40,
    Text80,
    check_number,
    wrong,
)
from ldes_shok.cabinet.instants import check_instant

CabinetType = Literal["marktkast", "foorkast", "evenementenkast", "walstroomkast", "other"]
Socket = Literal[
    "IEC60309-2P+E-16",
    "IEC60309-2P+E-32",
    "IEC60309-3P+N+E-16",
    "IEC60309-3P+N+E-32",
    "IEC60309-3P+N+E-63",
    "IEC60309-3P+N+E-125",
    "CEE7/5",
    "CEE7/3",
    "powerlock",
    "IEC62196-2",
    "terminal",
    "other",
]


_LONGITUDES: Final = (Decimal(-180), Decimal(180))
_LATITUDES: Final = (Decimal(-90), Decimal(90))
_POSITION_DECIMALS: Final = 20
_RATING_DECIMALS: Final = 6
_RATING_LIMITS: Final = (Decimal("0.000001"), Decimal(100_000))


def _check_rating(field: str, value: Decimal | None) -> None:
    """Raise ValueError unless `value`, in A or mA, is absent or can be a rating."""
    if value is not None:
        check_number(field, value, _RATING_LIMITS, _RATING_DECIMALS)


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a cabinet stands; what is left out comes from the tenant."""

    street: Label | None = None
    number: Label | None = None
    postcode: Label | None = None
    municipality: Label | None = None


class CabinetConfiguration(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """The cabinet itself; `position` is [longitude, latitude] in WGS 84 degrees."""

    type: CabinetType | None = None
    name: Label | None = None
    position: tuple[Decimal, Decimal] | None = None
    ean: Ean | None = None
    max_current_a: Decimal | None = msgspec.field(default=None, name="maxCurrentA")
    phases: Literal[1, 3] | None = None
    manufacturer: Text80 | None = None
    model: Text80 | None = None
    firmware: Text40 | None = None
    mobile: bool | None = None
    address: Address | None = None
    network: Label | None = None
    supplier: Label | None = None
    manager: Label | None = None

    def __post_init__(self) -> None:
        _check_rating("maxCurrentA", self.max_current_a)
        if self.position is not None:
            longitude, latitude = self.position
            check_number("position[0]", longitude, _LONGITUDES, _POSITION_DECIMALS)
            check_number("position[1]", latitude, _LATITUDES, _POSITION_DECIMALS)


class OutletConfiguration(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """One outlet (Stopcontact)."""

    id: Name
    socket: Socket | None = None
    phases: Literal[1, 3] | None = None
    rated_current_a: Decimal | None = msgspec.field(default=None, name="ratedCurrentA")
    rcd_ma: Decimal | None = msgspec.field(default=None, name="rcdMa")
    meter: Name | None = None

    def __post_init__(self) -> None:
        _check_rating("ratedCurrentA", self.rated_current_a)
        _check_rating("rcdMa", self.rcd_ma)


class MeterConfiguration(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """One meter; without `outlet` it is the cabinet's head meter."""

    serial: Name
    model: Text80 | None = None
    outlet: Name | None = None
    initial: DecimalText | None = None
    replaces: Name | None = None
    final: DecimalText | None = None
    rollover_wh: DecimalText | None = None


class ConfigurationData(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """What is said about a cabinet from `valid_from` on."""

    op: Literal["upsert", "remove"]
    valid_from: Instant
    cabinet: CabinetConfiguration | None = None
    outlets: Annotated[tuple[OutletConfiguration, ...], Meta(max_length=96)] = ()
    meters: Annotated[tuple[MeterConfiguration, ...], Meta(max_length=97)] = ()

    def __post_init__(self) -> None:
        check_instant("validFrom", self.valid_from)
        seen: set[str] = set()
        for index, outlet in enumerate(self.outlets):
            if outlet.id in seen:
                raise wrong(f"outlets[{index}].id", f"names outlet {outlet.id} a second time")
            seen.add(outlet.id)
        seen.clear()
        for index, meter in enumerate(self.meters):
            if meter.serial in seen:
                raise wrong(f"meters[{index}].serial", f"names meter {meter.serial} a second time")
            seen.add(meter.serial)
