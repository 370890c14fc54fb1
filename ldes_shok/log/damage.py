"""Damage that a store finds in itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ldes_shok.log.table_sums import TableSum


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing in the store that is not what was written.

    Attributes:
        place: where: a file, a table and the key of a row.
        sentence: what is wrong, for people.
        in_sums: the rows are sound, but their sum is wrong.
    """

    place: str
    sentence: str
    in_sums: bool = False


def misfit(table: str, kept: TableSum, found: TableSum, month: int = 0) -> Iterator[Damage]:
    """The damage of a table whose rows do not add up to the sum of its commits.

    `month` (YYYYMM) is the damaged part of the table; 0 is the whole table.
    """
    if kept == found:
        return
    sentence = f"{found.rows} rows are there, {kept.rows} were written"
    if kept.rows == found.rows:
        sentence = f"one of its {kept.rows} rows or more is not what was written"
    place = f"table {table}, month {month}" if month else f"table {table}"
    yield Damage(place, sentence)
