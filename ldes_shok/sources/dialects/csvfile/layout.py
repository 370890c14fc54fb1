"""How a city's CSV files are written: what no program can guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Subject(StrEnum):
    """What the rows of a file are."""

    ASSETS = "assets"
    READINGS = "readings"
    RESERVATIONS = "reservations"


@dataclass(frozen=True, slots=True)
class Layout:
    """What is known of a file before it is opened.

    Attributes:
        columns: header in the file to our field, where the header is none that we know.
        defaults: field to text, for what the file has no column or an empty cell for.
        delimiter: between two cells; `auto` finds it in the header.
        decimal: the decimal sign; `auto` takes what can be read in one way only.
        encoding: `auto` is UTF-8, with or without a byte order mark, else Windows-1252.
        zone: IANA name of the zone of times without an offset.
        date_order: of dates such as 03/04/2026; ISO 8601 dates are always read as such.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    delimiter: Literal["auto", ";", ",", "tab", "|"] = "auto"
    decimal: Literal["auto", "comma", "point"] = "auto"
    encoding: Literal["auto", "utf-8", "windows-1252", "iso-8859-15", "utf-16"] = "auto"
    zone: str = "Europe/Brussels"
    date_order: Literal["dmy", "mdy"] = "dmy"
