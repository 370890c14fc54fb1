"""A file as messages: one for each row; for assets one for each cabinet.

A message holds only the cells of known columns: other cells are not stored. A holder that is not a
pseudonym is not stored either (`HIDDEN`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from ldes_shok.sources.decoder import Message
from ldes_shok.sources.dialects.csvfile.columns import Column, column_of, missing_of, plain_name
from ldes_shok.sources.dialects.csvfile.records import Record, delimiter_of, read_records, text_of
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.csvfile.subject import Subject

HIDDEN: Final = "(not kept)"
MAX_ROWS: Final = 200_000
_PSEUDONYM: Final = re.compile(r"p1:[0-9a-z]{26}")
_LINES: Final = msgspec.json.Encoder()


class SheetRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row in its stored form.

    Attributes:
        line: in its file, from 1.
        cells: by header, of the known columns.
        problem: the reason why it is no row; empty if it is one.
    """

    line: int
    cells: dict[str, str] = {}
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A parsed file.

    Attributes:
        subject: the kind of its rows.
        delimiter: between its cells.
        rows: in order, without empty ones.
        unread: headers of unknown columns.
        cabinets: header of the column with the cabinets.
    """

    subject: Subject
    delimiter: str
    rows: tuple[SheetRow, ...]
    unread: tuple[str, ...]
    cabinets: str

    def messages(self, received_at: datetime) -> Iterator[Message]:
        """The messages to decode, one by one; the rows of a cabinet's assets are one message."""
        attributes = {"as": self.subject.value, "delimiter": self.delimiter}
        for group in self._groups():
            lines = b"\n".join(_LINES.encode(row) for row in group)
            yield Message(lines, received_at, attributes)

    def _groups(self) -> Iterator[Sequence[SheetRow]]:
        if self.subject is not Subject.ASSETS:
            yield from ((row,) for row in self.rows)
            return
        cabinets: dict[str, list[SheetRow]] = {}
        for row in self.rows:
            # A broken row, or a row without a cabinet, is a message by itself.
            name = row.cells.get(self.cabinets) or f"\0{row.line}"
            cabinets.setdefault(name, []).append(row)
        yield from cabinets.values()


def read_sheet(data: bytes, subject: Subject, layout: CsvSource) -> Sheet:
    """Cut a file into rows.

    Raises:
        ValueError: it is no table of this kind; the message says what to do.
    """
    text = text_of(data, layout.encoding)
    delimiter = delimiter_of(text, layout.delimiter)
    records = read_records(text, delimiter)
    header = next(records, None)
    if header is None or header.problem:
        raise ValueError("its first line holds no names of columns: put them there")
    columns = [column_of(name, subject, layout.columns) for name in header.cells]
    _check_columns(columns, subject, layout)
    rows: list[SheetRow] = []
    for record in records:
        if len(rows) == MAX_ROWS:
            raise ValueError(f"it has more than {MAX_ROWS} rows: cut it into smaller files")
        rows.append(_row(record, columns, len(header.cells)))
    unread = [
        name
        for name, column in zip(header.cells, columns, strict=True)
        if column is None and plain_name(name)
    ]
    cabinets = next((c.header for c in columns if c and c.field == "cabinet"), "")
    return Sheet(subject, delimiter, tuple(rows), tuple(unread), cabinets)


def _check_columns(columns: Sequence[Column | None], subject: Subject, layout: CsvSource) -> None:
    seen: dict[str, str] = {}
    headers: set[str] = set()
    for column in columns:
        if column is None:
            continue
        if column.field in seen or column.header in headers:
            raise ValueError(
                f"its columns {seen.get(column.field, column.header)} and {column.header} both "
                f"hold {column.field}: rename one, or say in the source's `columns` which it is"
            )
        seen[column.field] = column.header
        headers.add(column.header)
    if lacking := missing_of([*seen, *layout.defaults], subject):
        raise ValueError(lacking)


def _row(record: Record, columns: Sequence[Column | None], width: int) -> SheetRow:
    if record.problem:
        return SheetRow(record.line, problem=record.problem)
    cells = record.cells
    if len(cells) < width or any(cell.strip() for cell in cells[width:]):
        return SheetRow(
            record.line,
            problem=f"it has {len(cells)} cells, and the first line has {width}: put quotes round "
            "a cell that holds the delimiter",
        )
    kept = {
        column.header: _kept(column, cell)
        for column, cell in zip(columns, cells[:width], strict=True)
        if column is not None
    }
    return SheetRow(record.line, kept)


def _kept(column: Column, cell: str) -> str:
    text = cell.strip()
    if text and column.field == "holder" and _PSEUDONYM.fullmatch(text) is None:
        return HIDDEN
    return text
