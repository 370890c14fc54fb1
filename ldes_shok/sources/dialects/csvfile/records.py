"""Cuts CSV text into records with line numbers; one broken record spoils only itself.

The format is RFC 4180 as spreadsheets write it: any of four delimiters, any line end, quotes only
where needed. The standard library's reader puts the rest of the file into a cell whose quote is
never closed. Here such a line is refused, and reading goes on at the next line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

DELIMITERS: Final = (";", ",", "\t", "|")
MAX_RECORD_CHARACTERS: Final = 65_536
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_QUOTED: Final = re.compile(r'[ ]*+"([^"]*+(?:""[^"]*+)*+)"[ ]*+')


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Attributes:
        line: the number of its first line, from 1.
        cells: without quotes; empty if it is broken.
        problem: why it cannot be read; empty if it can.
    """

    line: int
    cells: tuple[str, ...]
    problem: str = ""


def text_of(data: bytes, encoding: str) -> str:
    """The text of a file, without a byte order mark.

    Args:
        data: the file.
        encoding: its name, or `auto`: UTF-8 if it is that, else Windows-1252.

    Raises:
        ValueError: it is not in this encoding.
    """
    candidates = ("utf-8-sig", "windows-1252") if encoding == "auto" else (encoding,)
    if encoding == "auto" and data.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = ("utf-16",)
    for candidate in candidates:
        try:
            return data.decode("utf-8-sig" if candidate == "utf-8" else candidate)
        except UnicodeError:
            continue
    raise ValueError(
        f"it is not text in {' or '.join(candidates)}: save it as UTF-8, or say which encoding "
        "it has"
    )


def delimiter_of(text: str, delimiter: str) -> str:
    """The delimiter; `auto` finds it in the first line that is not empty."""
    if delimiter != "auto":
        return "\t" if delimiter == "tab" else delimiter
    first = next((line for line in _LINE_END.split(text[:MAX_RECORD_CHARACTERS]) if line), "")
    return max(DELIMITERS, key=first.count)


def read_records(text: str, delimiter: str) -> Iterator[Record]:
    """The records of a text in order, without records whose cells are all empty."""
    cell = re.compile(rf'[^"{re.escape(delimiter)}\r\n][^{re.escape(delimiter)}\r\n]*+|')
    position, line = 0, 1
    while position < len(text):
        end, cells = _record(text, position, delimiter, cell)
        if cells is None:
            match = _LINE_END.search(text, position)
            end = match.end() if match else len(text)
            yield Record(
                line,
                (),
                "a quote is opened and not closed, or something stands behind it: write a quote "
                'inside a cell twice ("")',
            )
        elif any(part.strip() for part in cells):
            yield Record(line, tuple(cells))
        line += sum(1 for _ in _LINE_END.finditer(text, position, end))
        position = end


def _record(
    text: str, start: int, delimiter: str, cell: re.Pattern[str]
) -> tuple[int, list[str] | None]:
    """The end of the record, and its cells; None in place of the cells if it is broken."""
    cells: list[str] = []
    position = start
    limit = min(len(text), start + MAX_RECORD_CHARACTERS)
    while True:
        quoted = _QUOTED.match(text, position, limit)
        match = quoted or cell.match(text, position, limit)
        if match is None:
            return start, None
        cells.append(match[1].replace('""', '"') if quoted else match[0].strip())
        position = match.end()
        if position == len(text):
            return position, cells
        if text.startswith(delimiter, position):
            position += len(delimiter)
            continue
        ending = _LINE_END.match(text, position)
        if ending is None:
            return start, None
        return ending.end(), cells
