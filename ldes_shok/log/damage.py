"""What a store finds wrong with itself."""

from __future__ import annotations

from dataclasses import dataclass


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
