"""Nodes that were looked up: at hand as long as they are as they are now."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from ldes_shok.ldes.node import ROOT, Node, NodeKind
from ldes_shok.representation import nodes
from ldes_shok.representation.nodes import CurrentNodes, find_node
from tests.support.vertical import event_stream

STREAM = event_stream("kasten")
LEAF = Node("2026/p1", "2026", NodeKind.LEAF, 0, 10, 1, 1, 5, 0, split=False, sealed=False)


class Source:
    """A store that counts its commits, and the nodes of it that are known."""

    def __init__(self) -> None:
        self.committed = 1
        self.known = CurrentNodes(lambda: self.committed)

    def look_up(self, node: Node) -> None:
        self.known.keep(STREAM, node, self.known.generation())

    def at_hand(self, path: str = LEAF.path) -> Node | None:
        return self.known.at_hand(STREAM, path)


@pytest.fixture
def source() -> Source:
    return Source()


def test_nothing_is_at_hand_that_was_not_looked_up(source: Source) -> None:
    assert source.at_hand() is None
    source.look_up(LEAF)
    assert source.at_hand() == LEAF
    assert source.at_hand("2026/p2") is None


def test_what_was_looked_up_before_a_commit_is_not_at_hand(source: Source) -> None:
    """P7: a member is visible as soon as it is acknowledged."""
    for members in range(2, 10):
        source.look_up(replace(LEAF, members=members))
        source.committed += 1
        assert source.at_hand() is None


def test_a_look_that_took_longer_than_a_commit_is_not_kept(source: Source) -> None:
    """P7: who asks after the commit must not be given what was there before it."""
    generation = source.known.generation()
    source.committed += 1
    source.known.keep(STREAM, LEAF, generation)
    assert source.at_hand() is None


def test_what_is_sealed_is_kept(source: Source) -> None:
    sealed, generation = replace(LEAF, sealed=True), source.known.generation()
    source.committed += 1
    source.known.keep(STREAM, sealed, generation)
    source.committed += 1
    assert source.at_hand() == sealed


def test_the_root_is_there_from_the_start() -> None:
    root = find_node(SimpleNamespace(node=lambda *_: None), STREAM, ROOT)
    assert root is not None
    assert (root.kind, root.sealed, root.members) == (NodeKind.INTERIOR, False, 0)
    assert find_node(SimpleNamespace(node=lambda *_: None), STREAM, "2026") is None


def test_memory_is_bounded(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """P13: it keeps its memory bound."""
    monkeypatch.setattr(nodes, "_MAX_SEALED", 3)
    monkeypatch.setattr(nodes, "_MAX_OPEN", 2)
    for number in range(20):
        node = replace(LEAF, path=f"2026/p{number}", sealed=number % 2 == 0)
        source.look_up(node)
        source.look_up(node)
        assert source.at_hand(node.path) == node
    assert (len(source.known._sealed), len(source.known._open)) == (3, 2)
