"""The interface to a store under repair: it rebuilds rows that follow from other rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Protocol

from ldes_shok.ldes.node import Node

Place = tuple[str, str]
"""A tenant and its cabinet."""

HEAD: Final = "log_sum"
"""Stands among damaged tables for the sums themselves: they are not what was stored."""


class LogRepair(Protocol):
    """One transaction of the only writer. It never changes members, events or raw input."""

    def unsound(self) -> frozenset[str]:
        """The tables whose rows do not match their sums."""
        ...

    def put_states(self, states: Mapping[Place, bytes]) -> int:
        """Replace all states of cabinets by these; returns how many rows changed."""
        ...

    def put_tallies(self) -> int:
        """Recount the stored events; returns how many rows changed."""
        ...

    def put_index(self, table: str) -> int:
        """Rebuild an index of members or events where it is wrong; returns how many rows changed.

        Raises:
            LogDamaged: the rows that it follows from cannot be read.
        """
        ...

    def put_nodes(self, stream: str, nodes: Iterable[Node]) -> int:
        """Replace all nodes of a stream by these; returns how many rows changed."""
        ...

    def drop_memories(self) -> int:
        """Delete memories that are not what was stored; returns how many rows."""
        ...

    def sum_anew(self, tables: Collection[str]) -> None:
        """Accept the present rows of these tables; HEAD is all tables. Call this last."""
        ...
