"""Checklist 1.D and 1.E: where a client begins, and what it is told there."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pyoxigraph
import pyshacl
import pytest
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode

from ldes_shok.mapping.streams import WITH_VERSION_TIME
from tests.compliance.conftest import City
from tests.support.pages import (
    DCTERMS,
    GENERATED_AT,
    LDES,
    MEDIA_TYPES,
    POSITION,
    RDF_TYPE,
    TREE,
    XSD,
    Page,
    canonical,
    get,
)
from tests.support.service import STREAMS

pytestmark = pytest.mark.compliance

AT_MOST_ONE = (
    "timestampPath", "sequencePath", "versionOfPath", "versionTimestampPath",
    "versionSequencePath", "versionCreatePath", "versionUpdatePath", "versionDeletePath",
    "versionCreateObject", "versionUpdateObject", "versionDeleteObject", "transactionPath",
    "transactionFinalizedPath", "transactionFinalizedObject", "pollingInterval",
    "retentionPolicy",
)  # fmt: skip


@pytest.mark.parametrize("word", MEDIA_TYPES)
def test_the_root_links_its_stream_to_itself(city: City, word: str) -> None:
    """Rows 45, 46, 51: `?s tree:view <>` matches once, and ?s is an IRI."""
    for name in STREAMS:
        root = get(f"{city.url}/{name}/by-time", MEDIA_TYPES[word])
        assert root.subjects(f"{TREE}view", root.url) == [NamedNode(f"{city.url}/{name}")]
        assert sum(quad.predicate.value == f"{TREE}view" for quad in root.quads) == 1


@pytest.mark.parametrize("word", MEDIA_TYPES)
def test_the_stream_leads_to_its_one_view(city: City, word: str) -> None:
    """Rows 47, 48, 52: from the stream's IRI to its root; nothing else is a view there."""
    for name in STREAMS:
        stream = get(f"{city.url}/{name}", MEDIA_TYPES[word])
        assert stream.status == 200
        views = [quad for quad in stream.quads if quad.predicate.value == f"{TREE}view"]
        assert [(quad.subject, quad.object) for quad in views] == [
            (NamedNode(stream.url), NamedNode(f"{city.url}/{name}/by-time"))
        ]


def test_the_catalogue_leads_to_every_stream(city: City) -> None:
    """Row 49: the names are fixed: /{stream} and /{stream}/by-time."""
    catalogue = get(f"{city.url}/", "text/turtle")
    for name in STREAMS:
        assert any(quad.subject == NamedNode(f"{city.url}/{name}") for quad in catalogue.quads)


def test_every_node_says_what_it_is_and_whose(city: City) -> None:
    """Rows 53, 54, 55: one stream, one node, no other page typed; part of the stream.

    Row 53 by choice: every node has the stream's `tree:view`, so a client may start at a month.
    """
    for name, pages in city.pages.items():
        stream = f"{city.url}/{name}"
        for page in pages:
            types = Counter(
                (quad.subject, quad.object)
                for quad in page.quads
                if quad.predicate.value == RDF_TYPE
            )
            node, event_stream = NamedNode(f"{TREE}Node"), NamedNode(f"{LDES}EventStream")
            assert [s for s, t in types if t == node] == [NamedNode(page.url)]
            assert [s for s, t in types if t == event_stream] == [NamedNode(stream)]
            assert NamedNode(f"{TREE}Collection") not in {t for _, t in types}
            assert page.stream == stream
            parts = page.objects(page.url, f"{DCTERMS}isPartOf")
            assert parts == ([] if page is pages[0] else [NamedNode(stream)])


def test_a_client_that_starts_anywhere_is_told_the_paths(city: City) -> None:
    """Rows 56, 58, 59: on every node, each an IRI."""
    for page in city.every_page:
        assert page.value(page.stream, f"{LDES}timestampPath") == NamedNode(GENERATED_AT)
        version_of = page.value(page.stream, f"{LDES}versionOfPath")
        assert version_of == NamedNode(f"{DCTERMS}isVersionOf")


@pytest.mark.parametrize("path", ["", "/by-time"])
@pytest.mark.parametrize("name", STREAMS)
def test_the_context_is_said_once_on_the_root_and_the_stream(
    city: City, name: str, path: str
) -> None:
    """Rows 56 to 60, 63, 65, 66, 118: the whole context, each property at most once."""
    page = get(f"{city.url}/{name}{path}")
    stream = f"{city.url}/{name}"
    for prop in AT_MOST_ONE:
        values = page.objects(stream, LDES + prop)
        assert len(values) <= 1, prop
        assert all(isinstance(v, NamedNode) for v in values if prop.endswith("Path")), prop
    assert page.value(stream, f"{LDES}sequencePath") == NamedNode(POSITION)
    interval = page.value(stream, f"{LDES}pollingInterval")
    assert interval == Literal("60", datatype=NamedNode(f"{XSD}integer"))
    assert page.value(stream, f"{TREE}shape") == NamedNode(f"{city.url}/shapes/{name}")
    versioned = [NamedNode(f"{DCTERMS}modified")] if name in WITH_VERSION_TIME else []
    assert page.objects(stream, f"{LDES}versionTimestampPath") == versioned
    assert len(page.objects(stream, f"{LDES}versionSequencePath")) == len(versioned)
    assert page.objects(stream, f"{LDES}retentionPolicy") == []


def test_the_root_describes_its_source_on_the_same_page(city: City) -> None:
    """Rows 71, 72, 73, 124: one description, an ldes:EventSource; no retention policy."""
    for name in STREAMS:
        root = city.root(name)
        source = root.value(root.url, f"{TREE}viewDescription")
        assert isinstance(source, NamedNode)
        assert root.value(source.value, RDF_TYPE) == NamedNode(f"{LDES}EventSource")
        assert root.value(source.value, f"{TREE}rootNode") == NamedNode(root.url)
        assert all("retentionPolicy" not in quad.predicate.value for quad in root.quads)


def test_the_context_is_the_same_on_the_root_and_in_the_stream_document(city: City) -> None:
    """Row 74."""
    for name in STREAMS:
        stream = NamedNode(f"{city.url}/{name}")
        said = [
            canonical(q for q in page.quads if q.subject == stream)
            for page in (get(f"{city.url}/{name}"), city.root(name))
        ]
        assert said[0] == said[1]


@pytest.mark.parametrize("name", STREAMS)
def test_the_shape_is_there_for_everybody(city: City, name: str) -> None:
    """Row 69: 200, RDF in every format, CORS; it describes itself as a node shape."""
    url = f"{city.url}/shapes/{name}"
    for media_type in MEDIA_TYPES.values():
        shape = get(url, media_type)
        assert (shape.status, shape.media_type) == (200, media_type)
        assert shape.headers["access-control-allow-origin"] == "*"
        types = shape.objects(url, RDF_TYPE)
        assert NamedNode("http://www.w3.org/ns/shacl#NodeShape") in types
    page = get(url, "text/html")
    assert (page.status, page.media_type) == (200, "text/html")
    assert b"<h2>Elk lid</h2>" in page.body


@pytest.mark.parametrize("name", STREAMS)
def test_the_shape_is_the_same_in_every_form_and_says_nothing_twice(city: City, name: str) -> None:
    """A reader that keeps statements as they come gets each of them once."""
    url = f"{city.url}/shapes/{name}"
    shapes: list[pyoxigraph.Dataset] = []
    for media_type in MEDIA_TYPES.values():
        form = pyoxigraph.RdfFormat.from_media_type(media_type)
        assert form is not None
        body = get(url, media_type).raw
        statements = list(pyoxigraph.parse(body, format=form, base_iri=url))
        assert len(statements) == len(set(statements))
        shape = pyoxigraph.Dataset(statements)
        shape.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
        shapes.append(shape)
    assert all(shape == shapes[0] for shape in shapes)
    assert len({len(shape) for shape in shapes}) == 1


@pytest.mark.parametrize("name", STREAMS)
def test_members_conform_to_the_published_shape(
    city: City, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows 67, 70: judged by pyshacl alone, against the shape as it is served.

    Every kind of member once; the member's own statements must be enough for every required path,
    and nobody says which node is to be judged: the shape does.
    """
    shapes = rdflib.Graph().parse(data=get(f"{city.url}/shapes/{name}", "text/turtle").body)
    judged: set[frozenset[str]] = set()
    for page in city.pages[name]:
        for iri in page.members:
            quads = page.member(iri)
            kind = frozenset(f"{q.predicate.value}" for q in quads)
            if kind in judged:
                continue
            judged.add(kind)
            lines = "".join(f"{line} .\n" for line in canonical(quads))
            # Or rdflib rewrites what was published (`00.750Z` becomes `00.750000+00:00`); each call
            # of pyshacl switches that on again.
            monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
            graph = rdflib.Graph().parse(data=lines, format="nt")
            conforms, _, text = pyshacl.validate(
                graph, shacl_graph=rdflib.Graph() + shapes, advanced=False
            )
            assert conforms, text
            graph.remove((rdflib.URIRef(iri), rdflib.URIRef(GENERATED_AT), None))
            conforms, _, _ = pyshacl.validate(
                graph, shacl_graph=rdflib.Graph() + shapes, advanced=False
            )
            assert not conforms
    assert judged


@pytest.mark.parametrize("name", STREAMS)
def test_a_page_conforms_to_the_published_shape(
    city: City, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole page and the served shape, nothing else: right as it is, and one fault is found."""
    shapes = rdflib.Graph().parse(data=get(f"{city.url}/shapes/{name}", "text/turtle").body)
    page = next(page for page in city.pages[name] if page.members)
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
    graph = rdflib.Graph().parse(data=page.body, format="turtle", publicID=page.url)
    conforms, _, text = pyshacl.validate(graph, shacl_graph=rdflib.Graph() + shapes)
    assert conforms, text
    for predicate in (GENERATED_AT, f"{DCTERMS}isVersionOf", RDF_TYPE):
        spoilt = rdflib.Graph() + graph
        spoilt.remove((rdflib.URIRef(page.members[-1]), rdflib.URIRef(predicate), None))
        conforms, _, text = pyshacl.validate(spoilt, shacl_graph=rdflib.Graph() + shapes)
        assert not conforms
        assert page.members[-1] in text


def test_members_are_within_a_page_that_says_how_they_are_ordered(city: City) -> None:
    """Rows 61, 82, 106: one xsd:dateTime, UTC, three decimals; rows 63, 64: then the position."""
    for pages in city.pages.values():
        last: tuple[str, int] = ("", 0)
        for page in in_time(pages):
            for iri in page.members:
                (moment,) = page.objects(iri, GENERATED_AT)
                (position,) = page.objects(iri, POSITION)
                assert moment.datatype.value == f"{XSD}dateTime"
                assert len(moment.value) == len("2026-05-12T08:00:00.000Z")
                assert moment.value.endswith("Z")
                assert position.datatype.value == f"{XSD}integer"
                assert len(position.value) == 16
                assert (moment.value, int(position.value)) > last
                assert int(position.value) == (last[1] + 1 if last[1] else 10**15 + 1)
                last = (moment.value, int(position.value))


def in_time(pages: list[Page]) -> list[Page]:
    """Leaves in the order of their members."""

    def first(page: Page) -> int:
        return int(page.value(page.members[0], POSITION).value)

    return sorted((page for page in pages if page.members), key=first)


def test_blank_nodes_are_relations_or_members_own(city: City) -> None:
    """Row 58: no path is a blank node (a SHACL list), which clients compare by name."""
    for page in city.every_page:
        for quad in page.quads:
            if quad.predicate.value.endswith("Path"):
                assert not isinstance(quad.object, BlankNode)


def test_the_polling_interval_is_longer_than_what_caches_keep(city: City) -> None:
    """Rows 25, 65."""
    interval = timedelta(seconds=60)
    caching = city.root().headers["cache-control"].partition("max-age=")[2]
    assert timedelta(seconds=int(caching)) < interval
