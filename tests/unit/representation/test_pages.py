"""Nodes as bytes: assembled from what was stored, kept within bounds, and always current."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat

from ldes_shok.fragmentation.tree import Policy
from ldes_shok.ldes.member import Form
from ldes_shok.ldes.node import ROOT, Node, NodeKind
from ldes_shok.rdf.context import load_context
from ldes_shok.representation.pages import PageCache, Pages, encode
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
            assert pages.cached(stream, node, Form.TURTLE, "gzip") is None
            built = pages.build(stream, node, Form.TURTLE, "gzip")
            assert pages.cached(stream, node, Form.TURTLE, "gzip") == built
            assert pages.cached(stream, node, Form.TURTLE, "br") is None
            assert pages.cached(stream, node, Form.JSONLD, "gzip") is None
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
        kept = pages.cached(stream, node, Form.JSONLD, "identity")
        assert kept == first
        assert first.tag == hashlib.sha256(first.body).hexdigest()[:32]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.binary(max_size=40)), max_size=60),
    st.integers(0, 120),
)
def test_the_cache_stays_within_its_bound(puts: list[tuple[int, bytes]], max_bytes: int) -> None:
    """P13: it keeps its memory bound."""
    cache = PageCache(max_bytes)
    for number, body in puts:
        cache.put((str(number),), "1", body)
        assert cache.get((str(number),), "1") == body
        held = [kept for _, kept in cache._entries.values()]
        assert sum(map(len, held)) == cache._bytes
        # The newest page is kept for the request that made it, however large.
        assert cache._bytes <= max_bytes or len(held) == 1


def test_the_cache_forgets_what_was_not_used_longest() -> None:
    cache = PageCache(10)
    cache.put(("a",), "1", b"12345")
    cache.put(("b",), "1", b"12345")
    assert cache.get(("a",), "1")
    cache.put(("c",), "1", b"12345")
    assert cache.get(("b",), "1") is None
    assert cache.get(("a",), "1") == b"12345"


def test_the_cache_has_one_version_of_a_page() -> None:
    cache = PageCache(100)
    cache.put(("a",), "1", b"old")
    cache.put(("a",), "2", b"new")
    assert cache.get(("a",), "1") is None
    assert cache.get(("a",), "2") == b"new"
    assert cache.get(("x",), "2") is None


@pytest.mark.parametrize("coding", ["gzip", "br", "identity"])
def test_coding_the_same_body_gives_the_same_bytes(coding: str) -> None:
    body = b"<a> <b> <c> .\n" * 200
    first, second = encode(body, coding), encode(body, coding)
    assert first == second
    decoded = {"gzip": gzip.decompress, "br": brotli.decompress, "identity": bytes}[coding]
    assert decoded(first) == body
