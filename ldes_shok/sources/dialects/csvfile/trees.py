"""One row as a canonical event: a reading, a reservation, or a part of a cabinet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ldes_shok.cabinet.decimals import point_moved
from ldes_shok.sources.common.events import Tree, event_tree, filled
from ldes_shok.sources.dialects.csvfile.cells import Cells, WrongCell
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.csvfile.sheet import HIDDEN
from ldes_shok.sources.dialects.csvfile.values import reading

_PLACES: Final = {"wh": 0, "kwh": 3, "mwh": 6}
_REGISTERS: Final = {
    "import_register": "energy.import.register",
    "export_register": "energy.export.register",
}

FIELD_OF: Final = {
    "observedAt": "at",
    "data.validFrom": "valid_from",
    "data.meter": "meter",
    "data.context": "context",
    "data.readings": "import_register",
    "data.readings.value": "import_register",
    "data.reservationId": "reservation",
    "data.state": "state",
    "data.period.start": "start",
    "data.period.end": "end",
    "data.holder": "holder",
    "data.activity": "activity",
    "data.activity.id": "activity",
    "data.activity.type": "activity_type",
    "data.cabinet.maxCurrentA": "max_current",
    "data.cabinet.phases": "cabinet_phases",
    "data.cabinet.position": "longitude",
    "data.outlets.id": "outlet",
    "data.outlets.socket": "socket",
    "data.outlets.phases": "phases",
    "data.outlets.ratedCurrentA": "rated_current",
    "data.outlets.rcdMa": "rcd",
    "data.outlets.meter": "meter",
    "data.meters.serial": "meter",
    "data.meters.model": "meter_model",
    "data.meters.outlet": "outlet",
}
"""Path in the canonical event, without indexes, to the field, if the names differ."""


def reading_tree(cells: Cells, layout: CsvSource, delimiter: str) -> Tree:
    """A manual reading: of one meter at one moment, import and export.

    No device recorded the time: `clock` is N unless a column has I.

    Raises:
        WrongCell: a cell has no usable value.
    """
    if cells.text("at"):
        observed_at, flags = cells.instant("at")
    else:
        observed_at, flags = cells.instant("date", cells.text("time"))
    readings: list[Tree] = []
    for field, quantity in _REGISTERS.items():
        text = cells.text(field)
        if text:
            value = _register(cells, field, layout, delimiter)
            readings.append({"quantity": quantity, "phase": "total", "value": value, "unit": "Wh"})
    if not readings:
        raise WrongCell("import_register", "is empty: there is no reading in this row")
    data = {
        "meter": cells.text("meter"),
        "context": cells.word("context"),
        "readings": readings,
    }
    return _tree(
        cells,
        "measurement",
        observed_at,
        data,
        clock=cells.word("clock") or "N",
        outlet=cells.text("outlet"),
        quality=cells.word("quality"),
        flags=list(flags),
    )


def reservation_tree(cells: Cells) -> Tree:
    """A reservation from the booking system's list.

    Raises:
        WrongCell: a cell has no usable value, or names a person.
    """
    if cells.text("holder") == HIDDEN:
        raise WrongCell(
            "holder",
            "must be a pseudonym, p1: and 26 lower-case letters or digits: what stands there was "
            "not kept; leave the column out if it has names",
        )
    observed_at, flags = cells.instant("at")
    start, start_flags = cells.instant("start")
    end, end_flags = cells.instant("end")
    activity = filled({"id": cells.text("activity"), "type": cells.word("activity_type")})
    data = {
        "reservationId": cells.text("reservation"),
        "state": cells.word("state"),
        "period": {"start": start, "end": end},
        "holder": cells.text("holder"),
        "activity": activity if "id" in activity else None,
    }
    odd = list(dict.fromkeys((*flags, *start_flags, *end_flags)))
    return _tree(cells, "reservation", observed_at, data, outlet=cells.text("outlet"), flags=odd)


def asset_tree(cells: Cells) -> Tree:
    """The part of a cabinet in one row: the cabinet itself, one outlet, one meter.

    A meter without an outlet is the cabinet's head meter.

    Raises:
        WrongCell: a cell has no usable value.
    """
    valid_from, flags = cells.instant("valid_from", at_midnight=True)
    outlet, serial = cells.text("outlet"), cells.text("meter")
    outlets: list[Tree] = []
    if outlet:
        outlets.append(
            filled(
                {
                    "id": outlet,
                    "socket": cells.word("socket"),
                    "phases": cells.phases("phases"),
                    "ratedCurrentA": cells.number("rated_current"),
                    "rcdMa": cells.number("rcd"),
                    "meter": serial,
                }
            )
        )
    meters: list[Tree] = []
    model = cells.text("meter_model")
    if serial and (model or not outlet):
        meters.append(filled({"serial": serial, "model": model, "outlet": outlet}))
    data = {
        "op": "upsert",
        "validFrom": valid_from,
        "cabinet": _cabinet(cells),
        "outlets": outlets,
        "meters": meters,
    }
    return _tree(cells, "configuration", valid_from, data, flags=list(flags))


def _tree(
    cells: Cells,
    kind: str,
    observed_at: str,
    data: Mapping[str, object],
    *,
    clock: str = "N",
    **more: object,
) -> Tree:
    tree = event_tree(kind, cells.text("cabinet"), observed_at, clock, filled(data), **more)
    return filled(tree)


def _cabinet(cells: Cells) -> Tree:
    longitude, latitude = cells.number("longitude"), cells.number("latitude")
    if (longitude is None) != (latitude is None):
        lacking = "longitude" if longitude is None else "latitude"
        raise WrongCell(lacking, "is empty, and the other half of the position is not")
    address = ("street", "number", "postcode", "municipality")
    return filled(
        {
            "type": cells.word("type"),
            "name": cells.text("name"),
            "position": None if longitude is None else [longitude, latitude],
            "ean": cells.text("ean").replace(" ", ""),
            "maxCurrentA": cells.number("max_current"),
            "phases": cells.phases("cabinet_phases"),
            "manufacturer": cells.text("manufacturer"),
            "model": cells.text("model"),
            "address": filled({name: cells.text(name) for name in address}),
            "network": cells.text("network"),
            "supplier": cells.text("supplier"),
            "manager": cells.text("manager"),
        }
    )


def _register(cells: Cells, field: str, layout: CsvSource, delimiter: str) -> str:
    unit = (cells.text("unit") if "unit" in cells.headers else "") or cells.units.get(field, "")
    unit = (unit or cells.text("unit")).lower()
    if unit not in _PLACES:
        raise WrongCell(
            field if not unit else "unit",
            "has no unit: write it in the header, as in `Stand (kWh)`, or in a column `Eenheid`"
            if not unit
            else f"must be Wh, kWh or MWh, not {unit[:20]}",
        )
    try:
        value = reading(cells.text(field), layout.decimal, delimiter)
    except ValueError as error:
        raise WrongCell(field, str(error)) from error
    return point_moved(value, _PLACES[unit])
