"""The seam to a store that is repaired: what follows from other rows is made anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Protocol

from ldes_shok.ldes.node import Node

Place = tuple[str, str]
"""A tenant and its cabinet."""

HEAD: Final = "log_sum"
"""Among the tables that do not add up: what they add up to is itself not what was stored."""


class LogRepair(Protocol):
    """One transaction of the only writer. Members, events and what came in are never touched."""

    def unsound(self) -> frozenset[str]:
        """The tables that do not add up."""
        ...

    def put_states(self, states: Mapping[Place, bytes]) -> int:
        """Let these be the states of cabinets, and no others; returns how many rows changed."""
        ...

    def put_tallies(self) -> int:
        """Count what is stored again; returns how many rows changed."""
        ...

    def put_index(self, table: str) -> int:
        """Make an index of members or events anew where it is wrong; returns how many rows changed.

        Raises:
            LogDamaged: what it follows from cannot be read.
        """
        ...

    def put_nodes(self, stream: str, nodes: Iterable[Node]) -> int:
        """Let these be the nodes of a stream, and no others; returns how many rows changed."""
        ...

    def drop_memories(self) -> int:
        """Drop what is remembered and is not what was stored; returns how many rows."""
        ...

    def sum_anew(self, tables: Collection[str]) -> None:
        """Take these tables for what they should be; HEAD is all of them. The last thing."""
        ...
