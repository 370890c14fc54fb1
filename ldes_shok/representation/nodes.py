"""Keeps nodes that were looked up: sealed ones, and open ones until the next commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from ldes_shok.ldes.node import ROOT, Node, NodeKind
from ldes_shok.ldes.stream import EventStream

_MAX_SEALED: Final = 10_000
_MAX_OPEN: Final = 1_000


class NodeSource(Protocol):
    """A source of nodes; the log's readers are one."""

    def node(self, stream: str, path: str) -> Node | None:
        """Return one node of the first view."""
        ...


def find_node(source: NodeSource, stream: EventStream, path: str) -> Node | None:
    """Return the node at `path` as the log has it now; the root exists from the start."""
    node = source.node(stream.name, path)
    if node is None and path == ROOT:
        return Node(ROOT, None, NodeKind.INTERIOR, 0, None, 0, 0, 0, 0, split=True, sealed=False)
    return node


class CurrentNodes:
    """The nodes that were looked up and are still current. For one thread."""

    def __init__(self, generation: Callable[[], int]) -> None:
        """`generation` returns, from memory, another number after each commit."""
        self._now = generation
        self._generation: int | None = None
        self._sealed: dict[tuple[str, str], Node] = {}
        self._open: dict[tuple[str, str], Node] = {}

    def at_hand(self, stream: EventStream, path: str) -> Node | None:
        """Return the node at `path` if it is kept; it is never older than the newest commit."""
        key = (stream.name, path)
        node = self._sealed.get(key)
        if node is not None:
            return node
        self.generation()
        return self._open.get(key)

    def generation(self) -> int:
        """Return the generation; a read of the log that starts now is at least as new."""
        generation = self._now()
        if generation != self._generation:
            self._open.clear()
            self._generation = generation
        return generation

    def keep(self, stream: EventStream, node: Node, generation: int) -> None:
        """Keep a node that was looked up after `generation` was read."""
        if node.sealed:
            nodes, most = self._sealed, _MAX_SEALED
        elif generation == self.generation():
            nodes, most = self._open, _MAX_OPEN
        else:
            return
        key = (stream.name, node.path)
        if len(nodes) >= most and key not in nodes:
            del nodes[next(iter(nodes))]
        nodes[key] = node
