"""Nodes as bytes: assembled from what was stored, kept within bounds, and always current."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat

from ldes_shok.fragmentation.tree import Policy
from ldes_shok.ldes.member import Form
from ldes_shok.ldes.node import ROOT, Node, NodeKind
from ldes_shok.log.records import SealedHead
from ldes_shok.pipeline.archive import LeafArchiver, archive_all
from ldes_shok.rdf.context import load_context
from ldes_shok.representation.coding import Coded, Coding, encode
from ldes_shok.representation.pages import Key, PageCache, Pages
from tests.support.rdf import read, read_jsonld
from tests.support.vertical import (
    CONTEXT_IRI,
    NOON,
    Vertical,
    configuration,
    deliveries,
    open_vertical,
    status,
)

CODINGS: tuple[Coding, ...] = ("gzip", "br", "identity")
CONTEXTS = {CONTEXT_IRI: load_context().document}


@pytest.fixture
def vertical(tmp_path: Path) -> Iterator[Vertical]:
    opened = open_vertical(tmp_path, policy=Policy(leaf_members=3, bucket_leaves=3))
    yield opened
    opened.close()


@pytest.fixture
def pages(vertical: Vertical) -> Pages:
    return Pages(vertical.reader, vertical.hypermedia, PageCache(1_000_000))


def _report(vertical: Vertical, minute: int) -> None:
    vertical.clock.set(NOON + timedelta(minutes=minute))
    said = status(f"2026-05-12T10:{minute:02d}:00Z", axes={"occupancy": "free"})
    vertical.writer.write(deliveries(said))


def _fill(vertical: Vertical) -> None:
    vertical.writer.write(deliveries(configuration()))
    for minute in range(1, 12):
        _report(vertical, minute)


def _nodes(vertical: Vertical, stream: str = "kasten") -> list[Node]:
    found, waiting = [], [vertical.reader.node(stream, ROOT)]
    while waiting:
        node = waiting.pop()
        assert node is not None
        found.append(node)
        waiting.extend(vertical.reader.children(stream, node.path))
    return found


def test_the_root_is_there_before_anything_was_published(vertical: Vertical, pages: Pages) -> None:
    stream = vertical.stream("kasten")
    root = pages.node(stream, ROOT)
    assert root is not None
    assert (root.kind, root.sealed) == (NodeKind.INTERIOR, False)
    assert pages.node(stream, "2026") is None
    body = pages.render(stream, root, Form.TURTLE).body
    assert read(body, RdfFormat.TURTLE)
    assert b"tree:relation" not in body


def test_all_forms_of_every_node_are_the_same_graph(vertical: Vertical, pages: Pages) -> None:
    """P9: all RDF forms of a node are the same graph."""
    _fill(vertical)
    stream = vertical.stream("kasten")
    nodes = _nodes(vertical)
    assert {node.sealed for node in nodes} == {True, False}
    assert {node.kind for node in nodes} == set(NodeKind)
    for node in nodes:
        turtle, ntriples, jsonld = (pages.render(stream, node, form).body for form in Form)
        expected = read(turtle, RdfFormat.TURTLE)
        assert read(turtle, RdfFormat.TRIG) == expected
        assert read(ntriples, RdfFormat.N_TRIPLES) == read(ntriples, RdfFormat.N_QUADS) == expected
        assert read_jsonld(jsonld, CONTEXTS) == expected


def test_a_sealed_page_is_what_was_promised_when_it_was_sealed(
    vertical: Vertical, pages: Pages
) -> None:
    """P4: a sealed node never changes by a byte."""
    _fill(vertical)
    vertical.clock.set(NOON + timedelta(days=40))
    vertical.writer.seal()
    archive_all(vertical.log, LeafArchiver(vertical.reader, vertical.hypermedia))
    stream = vertical.stream("kasten")
    sealed = [node for node in _nodes(vertical) if node.sealed]
    assert len(sealed) > 5
    for node in sealed:
        for form in Form:
            head = vertical.reader.sealed_head("kasten", node.path, form)
            rendered = pages.render(stream, node, form)
            assert head is not None
            assert rendered.sealed
            assert hashlib.sha256(rendered.body).digest() == head.digest


def test_an_open_page_is_current(vertical: Vertical, pages: Pages) -> None:
    vertical.writer.write(deliveries(configuration()))
    stream = vertical.stream("kasten")
    tags, versions = set(), set()
    for minute in range(1, 8):
        _report(vertical, minute)
        for path in (ROOT, "2026/05/12"):
            node = pages.node(stream, path)
            assert node is not None
            assert pages.at_hand(stream, node, Form.TURTLE, "gzip") is None
            built = pages.build(stream, node, Form.TURTLE, "gzip")
            assert pages.at_hand(stream, node, Form.TURTLE, "gzip") == built
            assert pages.at_hand(stream, node, Form.TURTLE, "br") is None
            assert pages.at_hand(stream, node, Form.JSONLD, "gzip") is None
            assert gzip.decompress(built.body) == pages.render(stream, node, Form.TURTLE).body
            versions.add((path, pages.version(node)))
            if path:
                tags.add(built.tag)
    assert len(versions) == 14
    assert len(tags) > 1


def test_what_is_kept_is_what_would_be_made_anew(vertical: Vertical, pages: Pages) -> None:
    _fill(vertical)
    stream = vertical.stream("kasten")
    for node in _nodes(vertical):
        first = pages.build(stream, node, Form.JSONLD, "identity")
        again = Pages(vertical.reader, vertical.hypermedia, PageCache(0))
        assert again.build(stream, node, Form.JSONLD, "identity") == first
        kept = pages.at_hand(stream, node, Form.JSONLD, "identity")
        assert kept == first
        assert first.tag == hashlib.sha256(first.body).hexdigest()[:32]


def _key(name: str) -> Key:
    return ("kasten", name, Form.TURTLE, "gzip")


@given(
    st.lists(st.tuples(st.integers(0, 9), st.binary(max_size=40)), max_size=60),
    st.integers(0, 120),
)
def test_the_cache_stays_within_its_bound(puts: list[tuple[int, bytes]], max_bytes: int) -> None:
    """P13: it keeps its memory bound."""
    cache = PageCache(max_bytes)
    for number, body in puts:
        coded = Coded(body, "tag", sealed=True)
        cache.put(_key(str(number)), "1", coded)
        assert cache.get(_key(str(number)), "1") == coded
        held = [kept.body for _, kept in cache._entries.values()]
        assert sum(map(len, held)) == cache._bytes
        # The newest page is kept for the request that made it, however large.
        assert cache._bytes <= max_bytes or len(held) == 1


def test_the_cache_forgets_what_was_not_used_longest() -> None:
    cache, coded = PageCache(10), Coded(b"12345", "tag", sealed=True)
    cache.put(_key("a"), "1", coded)
    cache.put(_key("b"), "1", coded)
    assert cache.get(_key("a"), "1")
    cache.put(_key("c"), "1", coded)
    assert cache.get(_key("b"), "1") is None
    assert cache.get(_key("a"), "1") == coded


def test_the_cache_has_one_version_of_a_page() -> None:
    old, new = Coded(b"old", "o", sealed=False), Coded(b"new", "n", sealed=False)
    cache = PageCache(100)
    assert cache.latest(_key("a")) is None
    cache.put(_key("a"), "1", old)
    cache.put(_key("a"), "2", new)
    assert cache.get(_key("a"), "1") is None
    assert cache.get(_key("a"), "2") == cache.latest(_key("a")) == new
    assert cache.get(_key("x"), "2") is None


def test_an_interior_node_that_says_the_same_is_not_coded_again(
    vertical: Vertical, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    vertical.writer.write(deliveries(configuration()))
    stream, coded = vertical.stream("kasten"), []

    def counting(body: bytes, coding: Coding) -> bytes:
        coded.append(coding)
        return encode(body, coding)

    monkeypatch.setattr("ldes_shok.representation.pages.encode", counting)
    built = []
    for minute in (1, 2):
        _report(vertical, minute)
        root = pages.node(stream, ROOT)
        assert root is not None
        assert pages.at_hand(stream, root, Form.TURTLE, "gzip") is None
        built.append(pages.build(stream, root, Form.TURTLE, "gzip"))
        assert pages.at_hand(stream, root, Form.TURTLE, "gzip") == built[-1]
    assert built[0] == built[1]
    assert coded == ["gzip"]


class _Archive:
    """A log whose sealed leaves are archived."""

    def __init__(self, vertical: Vertical, pages: Pages) -> None:
        self._reader = vertical.reader
        self._pages = pages
        self._stream = vertical.stream("kasten")

    def __getattr__(self, name: str) -> object:
        if name == "blocks":
            raise AssertionError("no member is read")
        return getattr(self._reader, name)

    def _page(self, path: str, form: Form) -> bytes:
        node = self._reader.node("kasten", path)
        assert node is not None
        return self._pages.render(self._stream, node, form).body

    def archived_page(self, _: str, path: str, form: Form) -> bytes:
        return gzip.compress(self._page(path, form), 6, mtime=0)

    def sealed_head(self, _: str, path: str, form: Form) -> SealedHead:
        digest = hashlib.sha256(self._page(path, form)).digest()
        return SealedHead("kasten", path, form, b"?", b"?", digest)


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("coding", CODINGS)
def test_an_archived_leaf_is_given_as_it_is_stored(
    vertical: Vertical, pages: Pages, form: Form, coding: Coding
) -> None:
    _fill(vertical)
    stream = vertical.stream("kasten")
    node = next(n for n in _nodes(vertical) if n.sealed and n.kind is NodeKind.LEAF)
    archive: Any = _Archive(vertical, pages)
    archived = Pages(archive, vertical.hypermedia, PageCache(1_000_000))
    expected = pages.build(stream, node, form, coding)
    assert expected.sealed
    assert archived.build(stream, node, form, coding) == expected
    assert archived.at_hand(stream, node, form, coding) == expected
