"""What a table can be about."""

from __future__ import annotations

from enum import StrEnum


class Subject(StrEnum):
    """What the rows of a file are."""

    ASSETS = "assets"
    READINGS = "readings"
    RESERVATIONS = "reservations"
