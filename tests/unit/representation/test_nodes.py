"""Nodes that are looked up: always as they are now, and rarely from the store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ldes_shok.ldes.node import ROOT, Node, NodeKind
from ldes_shok.representation import nodes
from ldes_shok.representation.nodes import CurrentNodes
from tests.support.vertical import event_stream

STREAM = event_stream("kasten")
LEAF = Node("2026/p1", "2026", NodeKind.LEAF, 0, 10, 1, 1, 5, 0, split=False, sealed=False)


class Source:
    """A store of leaves, with a count of what it was asked."""

    def __init__(self) -> None:
        self.committed = 0
        self.asked = 0
        self.nodes: dict[str, Node] = {}

    def generation(self) -> int:
        return self.committed

    def node(self, stream: str, path: str) -> Node | None:
        assert stream == "kasten"
        self.asked += 1
        return self.nodes.get(path)

    def commit(self, node: Node) -> None:
        self.nodes[node.path] = node
        self.committed += 1


@pytest.fixture
def source() -> Source:
    source = Source()
    source.commit(LEAF)
    return source


def test_nothing_is_looked_up_again_while_nothing_is_committed(source: Source) -> None:
    current = CurrentNodes(source)
    assert [current.node(STREAM, LEAF.path) for _ in range(5)] == [LEAF] * 5
    assert source.asked == 1


def test_what_was_committed_is_seen_at_once(source: Source) -> None:
    """P7: a member is visible as soon as it is acknowledged."""
    current = CurrentNodes(source)
    for members in range(2, 10):
        grown = replace(LEAF, members=members)
        source.commit(grown)
        assert current.node(STREAM, LEAF.path) == grown


def test_what_is_sealed_is_never_looked_up_again(source: Source) -> None:
    current, sealed = CurrentNodes(source), replace(LEAF, sealed=True)
    source.commit(sealed)
    assert current.node(STREAM, LEAF.path) == sealed
    asked = source.asked
    source.committed += 1
    assert current.node(STREAM, LEAF.path) == sealed
    assert source.asked == asked


def test_what_is_not_there_may_come(source: Source) -> None:
    current, other = CurrentNodes(source), replace(LEAF, path="2026/p2")
    assert current.node(STREAM, "2026/p2") is None
    source.commit(other)
    assert current.node(STREAM, "2026/p2") == other


def test_the_root_is_there_from_the_start(source: Source) -> None:
    root = CurrentNodes(source).node(STREAM, ROOT)
    assert root is not None
    assert (root.kind, root.sealed, root.members) == (NodeKind.INTERIOR, False, 0)


def test_memory_is_bounded(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """P13: it keeps its memory bound."""
    monkeypatch.setattr(nodes, "_MAX_SEALED", 3)
    monkeypatch.setattr(nodes, "_MAX_OPEN", 2)
    current = CurrentNodes(source)
    for number in range(20):
        node = replace(LEAF, path=f"2026/p{number}", sealed=number % 2 == 0)
        source.nodes[node.path] = node
        assert current.node(STREAM, node.path) == node
    assert (len(current._sealed), len(current._open)) == (3, 2)
