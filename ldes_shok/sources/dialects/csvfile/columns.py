"""The names of columns in Dutch and in English, and the field of each.

A header is compared without case, accents, spaces and punctuation. It may contain a unit, as in
`Stand (kWh)` or `stand_kwh`. A column with an unknown header is neither read nor stored: lists of
bookings hold names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ldes_shok.sources.dialects.csvfile.subject import Subject

_WORD = re.compile(r"[^a-z0-9]+")
_UNIT: Final = re.compile(r"(mwh|kwh|wh)$")
_WITH_UNIT: Final = frozenset({"import_register", "export_register"})

_CABINET: Final = "cabinet kast kastnummer kastnr kastid cabinetid cabinetnumber"
_OUTLET: Final = "outlet stopcontact stopcontactnummer contactdoos aansluitpunt outletid socketid"
_METER: Final = "meter meternummer meternr serienummer serienr meterserial serial metersn"

NAMES: Final[Mapping[Subject, Mapping[str, str]]] = {
    Subject.ASSETS: {
        "cabinet": _CABINET,
        "valid_from": "validfrom geldigvanaf vanaf indienst indienstsinds datumindienst since",
        "type": "type kasttype cabinettype soort soortkast",
        "name": "name naam kastnaam locatie location benaming",
        "latitude": "latitude lat breedtegraad breedte wgs84lat",
        "longitude": "longitude lon lng long lengtegraad lengte wgs84lon",
        "street": "street straat straatnaam adres",
        "number": "number huisnummer huisnr housenumber",
        "postcode": "postcode postalcode zip",
        "municipality": "municipality gemeente stad plaats city",
        "ean": "ean eannummer eancode eannr",
        "max_current": "maxcurrent maxcurrenta hoofdzekering hoofdzekeringa maxstroom maxstrooma",
        "cabinet_phases": "cabinetphases fasenkast aansluitingfasen",
        "manufacturer": "manufacturer fabrikant merk",
        "model": "model kastmodel",
        "network": "network netwerk net",
        "supplier": "supplier leverancier energieleverancier",
        "manager": "manager beheerder kastbeheerder",
        "outlet": _OUTLET,
        "socket": "socket sockettype stopcontacttype typestopcontact contactdoostype stekker",
        "phases": "phases fasen aantalfasen",
        "rated_current": "ratedcurrent ratedcurrenta ampere amperage stroom nominalestroom",
        "rcd": "rcd rcdma differentieel differentieelma aardlek aardlekma",
        "meter": _METER,
        "meter_model": "metermodel metertype typemeter",
    },
    Subject.READINGS: {
        "cabinet": _CABINET,
        "outlet": _OUTLET,
        "meter": _METER,
        "at": "at timestamp tijdstip datumtijd datumentijd datetime opgenomenop meetmoment",
        "date": "date datum opnamedatum",
        "time": "time tijd uur tijdstipvandag uurminuut",
        "import_register": "importregister stand meterstand afname standafname reading register "
        "verbruiksstand standverbruik meterreading",
        "export_register": "exportregister injectie standinjectie meterstandinjectie export",
        "unit": "unit eenheid",
        "quality": "quality kwaliteit",
        "clock": "clock klok",
        "context": "context moment aanleiding beginofeinde",
    },
    Subject.RESERVATIONS: {
        "cabinet": _CABINET,
        "outlet": _OUTLET,
        "reservation": "reservation reservationid reservatie reservatienummer reservatienr "
        "reservering reserveringsnummer boeking boekingsnummer booking bookingid",
        "state": "state status toestand reservatiestatus",
        "start": "start begin van from starttijd begintijd vanaf",
        "end": "end einde tot until eindtijd",
        "at": "at changedat gewijzigdop gewijzigd bijgewerktop tijdstip timestamp updatedat",
        "holder": "holder houder pseudoniem pseudonym",
        "activity": "activity activiteit activiteitid activityid markt evenement",
        "activity_type": "activitytype soortactiviteit activiteittype typeactiviteit",
    },
}
"""Field to the headers that hold it, as `plain_name` makes them."""

REQUIRED: Final[Mapping[Subject, tuple[tuple[str, ...], ...]]] = {
    Subject.ASSETS: (("cabinet",), ("valid_from",)),
    Subject.READINGS: (
        ("cabinet",),
        ("meter",),
        ("at", "date"),
        ("import_register", "export_register"),
    ),
    Subject.RESERVATIONS: (
        ("cabinet",),
        ("reservation",),
        ("state",),
        ("start",),
        ("end",),
        ("at",),
    ),
}
"""Each group needs at least one of its columns (or a default)."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is read.

    Attributes:
        header: as in the file.
        field: the field of its cells.
        unit: `wh`, `kwh` or `mwh`, if its header has one.
    """

    header: str
    field: str
    unit: str = ""


def fields_of(subject: Subject) -> tuple[str, ...]:
    """The fields that a row of a kind may have."""
    return tuple(NAMES[subject])


def plain_name(header: str) -> str:
    """A header without case, accents, spaces and signs."""
    ascii_text = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode()
    return _WORD.sub("", ascii_text.lower())


def column_of(header: str, subject: Subject, columns: Mapping[str, str]) -> Column | None:
    """The column of a header; None if the header is unknown.

    Args:
        header: as in the file.
        subject: of the rows.
        columns: headers in the settings, with the field of each.
    """
    plain = plain_name(header)
    unit = _UNIT.search(plain)
    without_unit = plain[: unit.start()] if unit else plain
    chosen = {plain_name(theirs): ours for theirs, ours in columns.items()}
    field = chosen.get(plain)
    if field is None or field not in NAMES[subject]:
        field = _known(plain, subject) or _known(without_unit, subject)
    if field is None:
        return None
    return Column(header, field, unit[1] if unit and field in _WITH_UNIT else "")


def missing_of(present: Sequence[str], subject: Subject) -> str:
    """One sentence on the fields that a file with these fields lacks; empty if none."""
    lacking = [group for group in REQUIRED[subject] if not set(group) & set(present)]
    if not lacking:
        return ""
    wanted = ", ".join(
        " or ".join(f"{field} (such as {NAMES[subject][field].split()[1]})" for field in group)
        for group in lacking
    )
    return (
        f"it has no column {wanted}: name the columns in the first line, or say in the source's "
        "`columns` which header is which, or give a default"
    )


def _known(plain: str, subject: Subject) -> str | None:
    for field, names in NAMES[subject].items():
        if plain in names.split() or plain == field.replace("_", ""):
            return field
    return None
