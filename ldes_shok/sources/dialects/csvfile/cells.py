"""The cells of one row by field, and their errors by line and column."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeVar

from ldes_shok.sources.dialects.csvfile.columns import column_of
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.csvfile.sheet import SheetRow
from ldes_shok.sources.dialects.csvfile.subject import Subject
from ldes_shok.sources.dialects.csvfile.values import instant, number, shown
from ldes_shok.sources.dialects.csvfile.words import word

Value = TypeVar("Value")

_PHASES: Final = re.compile(
    r"([13])\s*-?\s*(?:f|ph|fas|fase|fasen|fasig|phase|phases)?", re.IGNORECASE
)
_RATING: Final = re.compile(r"\s*m?a$", re.IGNORECASE)


class WrongCell(Exception):
    """A cell without a usable value.

    Attributes:
        field: one of our fields, or a path of the canonical event.
        reason: what to do; starts with a verb.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Cells:
    """The cells of one row, with the source's defaults for empty ones."""

    def __init__(self, row: SheetRow, subject: Subject, layout: CsvSource) -> None:
        self.line = row.line
        self.headers: dict[str, str] = {}
        self.units: dict[str, str] = {}
        self._texts: dict[str, str] = dict(layout.defaults)
        self._layout = layout
        for header, text in row.cells.items():
            column = column_of(header, subject, layout.columns)
            if column is not None:
                self.headers[column.field] = header
                self.units[column.field] = column.unit
                if text:
                    self._texts[column.field] = text

    def text(self, field: str) -> str:
        """A cell; empty if there is none."""
        return self._texts.get(field, "")

    def word(self, field: str) -> str:
        """A cell as one of our words; empty if there is none."""
        text = self.text(field)
        return word(field, text) if text else ""

    def number(self, field: str) -> Decimal | None:
        """A cell as a number, without an A or mA at its end.

        Raises:
            WrongCell: it is no number.
        """
        text = _RATING.sub("", self.text(field))
        return Decimal(self._read(field, lambda: number(text))) if text else None

    def phases(self, field: str) -> int | None:
        """The number of phases in a cell.

        Raises:
            WrongCell: it is neither 1 nor 3.
        """
        text = self.text(field)
        if not text:
            return None
        match = _PHASES.fullmatch(text)
        if match is None:
            raise WrongCell(field, f"must be 1 or 3, not {shown(text)}")
        return int(match[1])

    def instant(
        self, field: str, time: str = "", *, at_midnight: bool = False
    ) -> tuple[str, tuple[str, ...]]:
        """A cell as a moment in UTC, with flags; `time` is the field with the time of day, if any.

        Raises:
            WrongCell: it is no moment, or empty.
        """
        text, layout = self.text(field), self._layout
        if not text:
            raise WrongCell(field, "is empty: fill it in")
        zone, order = layout.zone, layout.date_order
        return self._read(field, lambda: instant(text, time, zone, order, at_midnight=at_midnight))

    def _read(self, field: str, read: Callable[[], Value]) -> Value:
        try:
            return read()
        except ValueError as error:
            raise WrongCell(field, str(error)) from error
