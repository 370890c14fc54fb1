"""Looking nodes up: what is sealed is remembered, what is open until the next commit."""

from __future__ import annotations

from typing import Final, Protocol

from ldes_shok.ldes.node import ROOT, Node, NodeKind
from ldes_shok.ldes.stream import EventStream

_MAX_SEALED: Final = 10_000
_MAX_OPEN: Final = 1_000


class NodeSource(Protocol):
    """Where nodes stand; the log's readers are one."""

    def generation(self) -> int:
        """Another number than before whenever anything was committed since; cheap to ask."""
        ...

    def node(self, stream: str, path: str) -> Node | None:
        """One node of the first view."""
        ...


def find_node(source: NodeSource, stream: EventStream, path: str) -> Node | None:
    """The node at `path` as the log has it now; the root exists from the start."""
    node = source.node(stream.name, path)
    if node is None and path == ROOT:
        return Node(ROOT, None, NodeKind.INTERIOR, 0, None, 0, 0, 0, 0, split=True, sealed=False)
    return node


class CurrentNodes:
    """Nodes as they are now. For one thread: generations of two of them cannot be compared."""

    def __init__(self, source: NodeSource) -> None:
        self._source = source
        self._generation: int | None = None
        self._sealed: dict[tuple[str, str], Node] = {}
        self._open: dict[tuple[str, str], Node] = {}

    def node(self, stream: EventStream, path: str) -> Node | None:
        """The node at `path`; never an older one than was committed when this was called."""
        key = (stream.name, path)
        node = self._sealed.get(key)
        if node is not None:
            return node
        generation = self._source.generation()
        if generation != self._generation:
            self._open.clear()
            self._generation = generation
        node = self._open.get(key)
        if node is None:
            node = find_node(self._source, stream, path)
            if node is not None:
                self._keep(key, node)
        return node

    def _keep(self, key: tuple[str, str], node: Node) -> None:
        nodes, most = (self._sealed, _MAX_SEALED) if node.sealed else (self._open, _MAX_OPEN)
        if len(nodes) >= most:
            del nodes[next(iter(nodes))]
        nodes[key] = node
