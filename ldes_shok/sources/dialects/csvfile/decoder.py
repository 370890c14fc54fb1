"""Decodes rows of a table to canonical events, each with its line numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Final

import msgspec

from ldes_shok.cabinet.event import Event
from ldes_shok.errors import EventRejected
from ldes_shok.sources.common.events import Tree, read_tree
from ldes_shok.sources.decoder import Decoded, Message, Refusal
from ldes_shok.sources.dialects.csvfile.cells import Cells, WrongCell
from ldes_shok.sources.dialects.csvfile.section import CsvSource
from ldes_shok.sources.dialects.csvfile.sheet import SheetRow
from ldes_shok.sources.dialects.csvfile.subject import Subject
from ldes_shok.sources.dialects.csvfile.trees import (
    FIELD_OF,
    asset_tree,
    reading_tree,
    reservation_tree,
)

_ROW: Final = msgspec.json.Decoder(SheetRow)
_INDEX: Final = re.compile(r"\[[0-9]+\]")
_NAMED_BY: Final = {"outlets": "id", "meters": "serial"}
_NOT_COMPARED: Final = frozenset({"v", "kind", "cabinet", "observedAt", "clock", "flags"})

BAD_ROW: Final = "bad_row"


@dataclass(frozen=True, slots=True)
class FromLines:
    """The result of some lines of a file.

    Attributes:
        lines: their numbers, from 1.
        result: one event, or the reason why there is none.
    """

    lines: tuple[int, ...]
    result: Event | Refusal


class CsvDecoder:
    """Reads the messages that `Sheet.messages` makes.

    The key of a reading is its meter, moment and context. The key of a reservation is its number,
    its state and the moment of its last change. The key of a configuration is its cabinet and the
    moment from which it holds. So a file that is imported again publishes nothing, and a corrected
    row is a correction.

    Args:
        layout: the format of the city's files.
    """

    def __init__(self, layout: CsvSource) -> None:
        self._layout = layout

    def subject(self, message: Message) -> str | None:  # noqa: ARG002  a row is complete
        """Nothing is remembered."""
        return None

    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002
        """The events of a message."""
        return Decoded(tuple(found.result for found in self.results(message)))

    def results(self, message: Message) -> tuple[FromLines, ...]:
        """The events in the same order, each with its line numbers."""
        try:
            rows = [_ROW.decode(line) for line in message.payload.splitlines()]
            subject = Subject(message.attributes.get("as", ""))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
            reason = "these are no rows of an imported table: import the file again"
            return (FromLines((), Refusal("not_rows", reason)),)
        if subject is Subject.ASSETS:
            return self._assets(rows)
        delimiter = message.attributes.get("delimiter", "")
        return tuple(self._single(row, subject, delimiter) for row in rows)

    def _single(self, row: SheetRow, subject: Subject, delimiter: str) -> FromLines:
        cells = Cells(row, subject, self._layout)
        if row.problem:
            return FromLines((row.line,), _refusal(WrongCell("", row.problem), cells))
        try:
            if subject is Subject.READINGS:
                tree = reading_tree(cells, self._layout, delimiter)
            else:
                tree = reservation_tree(cells)
            return FromLines((row.line,), _event(tree))
        except WrongCell as wrong:
            return FromLines((row.line,), _refusal(wrong, cells))

    def _assets(self, rows: Sequence[SheetRow]) -> tuple[FromLines, ...]:
        """The rows of one cabinet: one event for each moment from which they hold."""
        configurations: dict[str, _Configuration] = {}
        results: list[FromLines] = []
        for row in rows:
            cells = Cells(row, Subject.ASSETS, self._layout)
            if row.problem:
                refusal = _refusal(WrongCell("", row.problem), cells)
                results.append(FromLines((row.line,), refusal))
                continue
            try:
                tree = asset_tree(cells)
                # Each row by itself first, so that an error names its row.
                _event(tree)
                held = configurations.setdefault(str(tree["observedAt"]), _Configuration())
                held.add(tree, row.line)
            except WrongCell as wrong:
                results.append(FromLines((row.line,), _refusal(wrong, cells)))
        return (*(held.result() for held in configurations.values() if held.lines), *results)


class _Configuration:
    """Rows that together describe a cabinet from one moment on."""

    def __init__(self) -> None:
        self.lines: list[int] = []
        self._tree: Tree = {}

    def add(self, tree: Tree, line: int) -> None:
        """Add the content of a row.

        Raises:
            WrongCell: it contradicts an earlier row; nothing of it is added.
        """
        merged = deepcopy(self._tree)
        _merge(merged, tree, "", self.lines[0] if self.lines else line)
        self._tree = merged
        self.lines.append(line)

    def result(self) -> FromLines:
        try:
            return FromLines(tuple(self.lines), _event(self._tree))
        except WrongCell as wrong:
            reason = f"lines {_span(self.lines)}, {wrong.field}: {wrong.reason}"
            return FromLines(tuple(self.lines), Refusal(BAD_ROW, reason))


def _merge(into: Tree, tree: Tree, path: str, first_line: int) -> None:
    for name, value in tree.items():
        place = f"{path}.{name}" if path else name
        known = into.get(name)
        if known is None:
            into[name] = deepcopy(value)
        elif isinstance(known, dict) and isinstance(value, dict):
            _merge(known, value, place, first_line)
        elif name in _NAMED_BY and isinstance(known, list) and isinstance(value, list):
            _merge_parts(known, value, place, first_line)  # type: ignore[arg-type]
        elif known != value and place not in _NOT_COMPARED:
            raise WrongCell(
                place,
                f"says {_shown(value)}, and a row of the same cabinet from line {first_line} on "
                f"says {_shown(known)}: make them agree",
            )


def _merge_parts(known: list[Tree], parts: list[Tree], place: str, first_line: int) -> None:
    name = _NAMED_BY[place.rpartition(".")[2]]
    for part in parts:
        same = next((other for other in known if other[name] == part[name]), None)
        if same is None:
            known.append(deepcopy(part))
        else:
            _merge(same, part, place, first_line)


def _event(tree: Tree) -> Event:
    try:
        return read_tree(tree)
    except EventRejected as error:
        raise WrongCell(_INDEX.sub("", error.field), error.reason) from error


def _refusal(wrong: WrongCell, cells: Cells) -> Refusal:
    if not wrong.field:
        return Refusal(BAD_ROW, f"line {cells.line}: {wrong.reason}")
    field = FIELD_OF.get(wrong.field) or wrong.field.rpartition(".")[2]
    if field == "at" and "at" not in cells.headers and "date" in cells.headers:
        field = "date"
    header = cells.headers.get(field)
    where = f"column {header}" if header else f"no column for {field}"
    return Refusal(BAD_ROW, f"line {cells.line}, {where}: {wrong.reason}")


def _shown(value: object) -> str:
    return str(value)[:60]


def _span(lines: Sequence[int]) -> str:
    return ", ".join(map(str, lines[:10])) + (" ..." if len(lines) > 10 else "")
