"""The kinds of tables."""

from __future__ import annotations

from enum import StrEnum


class Subject(StrEnum):
    """The kind of the rows of a file."""

    ASSETS = "assets"
    READINGS = "readings"
    RESERVATIONS = "reservations"
