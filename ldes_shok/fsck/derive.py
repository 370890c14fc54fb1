"""The tree of a stream, derived again from its members' positions and the recorded policies."""

from __future__ import annotations

from collections.abc import Sequence

from ldes_shok.fragmentation.tree import Policy, TimeTree
from ldes_shok.ldes.node import Node
from ldes_shok.log.records import PolicyRecord


class Derivation:
    """Takes the members in order; returns the nodes, each sealed node once."""

    def __init__(self, policies: Sequence[PolicyRecord]) -> None:
        """`policies` as the log recorded them, oldest first."""
        self._waiting = list(policies)
        self._tree = TimeTree(Policy())
        self._open: list[Node] = []
        self._sealed: list[Node] = []

    def place(self, position: int, published_ms: int) -> None:
        """Add the next member to the tree.

        Raises:
            ValueError: its time is before the time of the last member.
        """
        now: PolicyRecord | None = None
        while self._waiting and self._waiting[0].from_position <= position:
            now = self._waiting.pop(0)
        if now is not None:
            policy = Policy(now.leaf_members, now.bucket_leaves, now.sparse_month_members)
            self._collect()
            self._tree = TimeTree(policy, self._open, self._tree.previous_members)
        self._tree.place(position, published_ms)

    def take_sealed(self) -> list[Node]:
        """The nodes sealed since the last call; child nodes come before their parent."""
        self._collect()
        sealed, self._sealed = self._sealed, []
        return sealed

    def end(self, instant_ms: int) -> list[Node]:
        """Seal the nodes that end at an instant; returns the nodes that stay open, root first."""
        self._tree.seal_until(instant_ms)
        self._collect()
        return self._open

    def _collect(self) -> None:
        changes = self._tree.take_changes()
        self._sealed += [node for node in changes if node.sealed]
        if changes:
            self._open = [node for node in changes if not node.sealed]
