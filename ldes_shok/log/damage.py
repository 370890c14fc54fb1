"""What a store finds wrong with itself."""

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
        in_sums: the rows are sound and do not add up.
    """

    place: str
    sentence: str
    in_sums: bool = False


def misfit(table: str, kept: TableSum, found: TableSum, month: int = 0) -> Iterator[Damage]:
    """A table that does not add up to what its commits added and took away.

    `month` (YYYYMM) is which part of it; 0 is all of it.
    """
    if kept == found:
        return
    sentence = f"{found.rows} rows are there, {kept.rows} were written"
    if kept.rows == found.rows:
        sentence = f"one of its {kept.rows} rows or more is not what was written"
    place = f"table {table}, month {month}" if month else f"table {table}"
    yield Damage(place, sentence)
