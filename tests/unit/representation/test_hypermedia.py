"""What stands around the members: the same facts in three forms, in the profile's order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat

from ldes_shok.clock import format_milliseconds
from ldes_shok.ldes.member import Form
from ldes_shok.ldes.node import Relation
from ldes_shok.ldes.stream import EventStream
from ldes_shok.rdf.context import load_context
from ldes_shok.representation.hypermedia import HypermediaWriter, NodeHypermedia, node_iri
from tests.support.rdf import Graph, read, read_jsonld
from tests.support.vertical import CONTEXT_IRI, event_stream

WRITER = HypermediaWriter(CONTEXT_IRI)
CONTEXTS = {CONTEXT_IRI: load_context().document}
KASTEN, INDIVIDUAL = event_stream("kasten"), event_stream("verbruik-individueel")
LDES, TREE = "https://w3id.org/ldes#", "https://w3id.org/tree#"

bounds = st.lists(st.tuples(st.integers(0, 10**12), st.integers(10**12, 3 * 10**12)), max_size=4)


def _relations(path: str, found: list[tuple[int, int]]) -> tuple[Relation, ...]:
    prefix = f"{path}/" if path else "20"
    return tuple(Relation(f"{prefix}{n:02d}", *both) for n, both in enumerate(found, start=1))


def _page(page: NodeHypermedia, form: Form) -> Graph:
    prefix, suffix = WRITER.around(page, form)
    body = prefix + suffix
    match form:
        case Form.TURTLE:
            return read(body, RdfFormat.TURTLE, page.iri)
        case Form.NTRIPLES:
            return read(body, RdfFormat.N_QUADS)
        case Form.JSONLD:
            return read_jsonld(body, CONTEXTS)


def _values(graph: Graph, subject: str, predicate: str) -> set[str]:
    return {
        quad.object.value
        for quad in graph
        if isinstance(quad.object, NamedNode | Literal)
        and quad.subject == NamedNode(subject)
        and quad.predicate.value == predicate
    }


@given(
    st.sampled_from([KASTEN, INDIVIDUAL]),
    st.sampled_from(["", "2026", "2026/05/12/18", "2026/05/12/p3"]),
    st.booleans(),
    bounds,
)
def test_the_three_forms_say_the_same(
    stream: EventStream, path: str, sealed: bool, found: list[tuple[int, int]]
) -> None:
    """P9: all RDF forms of a node are the same graph."""
    page = NodeHypermedia(stream, path, sealed=sealed, relations=_relations(path, found))
    turtle = _page(page, Form.TURTLE)
    assert turtle == _page(page, Form.NTRIPLES) == _page(page, Form.JSONLD)
    assert bool(_values(turtle, page.iri, f"{LDES}immutable")) == sealed
    kinds = [q for q in turtle if q.predicate.value == f"{TREE}relation"]
    assert len(kinds) == 2 * len(found)


@pytest.mark.parametrize("stream", [KASTEN, INDIVIDUAL], ids=lambda stream: str(stream.name))
def test_the_streams_own_document_is_the_same_in_three_forms(stream: EventStream) -> None:
    """P9: all RDF forms of a node are the same graph."""
    turtle = read(WRITER.stream_document(stream, Form.TURTLE), RdfFormat.TURTLE, stream.iri)
    assert turtle == read(WRITER.stream_document(stream, Form.NTRIPLES), RdfFormat.N_TRIPLES)
    assert turtle == read_jsonld(WRITER.stream_document(stream, Form.JSONLD), CONTEXTS)
    assert _values(turtle, stream.iri, f"{TREE}view") == {stream.view_iri}
    assert _values(turtle, stream.iri, f"{TREE}shape") == {stream.shape_iri}
    versioned = _values(turtle, stream.iri, f"{LDES}versionTimestampPath")
    assert versioned == ({stream.versioned_by} if stream.versioned_by else set())


@pytest.mark.parametrize("path", ["", "2026", "2026/05/12/p1"])
def test_every_node_describes_its_stream(path: str) -> None:
    page = NodeHypermedia(KASTEN, path, sealed=False)
    graph = _page(page, Form.TURTLE)
    assert _values(graph, KASTEN.iri, f"{TREE}view") == {page.iri}
    assert _values(graph, KASTEN.iri, f"{LDES}timestampPath") == {
        "http://www.w3.org/ns/prov#generatedAtTime"
    }
    assert _values(graph, KASTEN.iri, f"{LDES}versionOfPath")
    assert bool(_values(graph, KASTEN.iri, f"{TREE}shape")) == (path == "")


def test_a_relation_has_a_target_a_path_and_a_bound() -> None:
    page = NodeHypermedia(
        KASTEN, "2026", sealed=True, relations=(Relation("2026/05", 5, 1_000_000),)
    )
    graph = _page(page, Form.TURTLE)
    for kind, bound in (("GreaterThanOrEqualTo", 5), ("LessThan", 1_000_000)):
        (node,) = (q.subject for q in graph if q.object == NamedNode(f"{TREE}{kind}Relation"))
        assert Quad(node, NamedNode(f"{TREE}node"), NamedNode(node_iri(KASTEN, "2026/05"))) in graph
        value = Literal(
            format_milliseconds(bound),
            datatype=NamedNode("http://www.w3.org/2001/XMLSchema#dateTime"),
        )
        assert Quad(node, NamedNode(f"{TREE}value"), value) in graph


def test_a_copy_of_the_tree_under_another_name_still_holds_together() -> None:
    page = NodeHypermedia(KASTEN, "2026", sealed=True, relations=(Relation("2026/05", 5, 9),))
    prefix, _ = WRITER.around(page, Form.TURTLE)
    moved = prefix.replace(f"@base <{page.iri}> .\n".encode(), b"")
    graph = read(moved, RdfFormat.TURTLE, "https://mirror.test/copy/2026")
    assert NamedNode("https://mirror.test/copy/2026/05") in {quad.object for quad in graph}


def test_a_sealed_head_is_the_same_bytes_every_time() -> None:
    """P4: a sealed node never changes by a byte."""
    page = NodeHypermedia(KASTEN, "2026", sealed=True, relations=(Relation("2026/05", 5, 9),))
    for form in Form:
        assert WRITER.around(page, form) == HypermediaWriter(CONTEXT_IRI).around(page, form)


def test_members_stand_between_what_comes_before_and_after() -> None:
    page = NodeHypermedia(KASTEN, "2026/p1", sealed=False)
    prefix, suffix = WRITER.around(page, Form.JSONLD)
    members = [b'{"@id":"http://shok.test/id/1"}', b'{"@id":"http://shok.test/id/2"}']
    body = prefix + WRITER.separator(Form.JSONLD).join(members) + suffix
    assert _values(read_jsonld(body, CONTEXTS), KASTEN.iri, f"{TREE}member") == {
        "http://shok.test/id/1",
        "http://shok.test/id/2",
    }
    assert WRITER.separator(Form.TURTLE) == WRITER.separator(Form.NTRIPLES) == b""
