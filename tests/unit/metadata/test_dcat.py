"""The catalogue, read as a client reads it."""

from __future__ import annotations

import pytest
import rdflib
from rdflib import DCAT, DCTERMS, FOAF, RDF, Namespace, URIRef
from rdflib.compare import isomorphic

from ldes_shok.ldes.stream import Access, EventStream
from ldes_shok.metadata.dcat import STANDARD, Catalogue, ServiceDescription
from ldes_shok.metadata.publisher import Publisher

BASE = "http://shok.test"
LDES = Namespace("https://w3id.org/ldes#")
TREE = Namespace("https://w3id.org/tree#")
RIGHTS = Namespace("http://publications.europa.eu/resource/authority/access-right/")
LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"


def stream(name: str, access: Access, versioned_by: str = "") -> EventStream:
    return EventStream(
        name=name,
        kind=name,
        iri=f"{BASE}/{name}",
        view_iri=f"{BASE}/{name}/by-time",
        shape_iri=f"{BASE}/shapes/{name}",
        title_nl=f"{name} (nl)",
        title_en=f"{name} (en)",
        description_nl='Wat een "kast" meldt\nen meer',
        description_en="Invented.",
        access=access,
        versioned_by=versioned_by,
        polling_interval_seconds=60,
    )


STREAMS = [
    stream("kasten", Access.OPEN, str(DCTERMS.modified)),
    stream("techniek", Access.TOKEN),
]


def catalogue() -> Catalogue:
    return Catalogue(
        BASE,
        ServiceDescription("Kasten", "Cabinets", "Stromen van kasten.", "Streams of cabinets."),
        Publisher(name="Stad Voorbeeldstad", iri=f"{BASE}/id/organisatie/voorbeeldstad/stad"),
        LICENCE,
        STREAMS,
    )


@pytest.fixture(scope="module")
def graph() -> rdflib.Graph:
    return rdflib.Graph().parse(data=catalogue().document("ttl"), format="turtle")


def test_the_front_page_is_a_catalogue_of_all_streams(graph: rdflib.Graph) -> None:
    root = URIRef(f"{BASE}/")
    assert (root, RDF.type, DCAT.Catalog) in graph
    assert set(graph.objects(root, DCAT.dataset)) == {URIRef(s.iri) for s in STREAMS}
    assert {title.language for title in graph.objects(root, DCTERMS.title)
            if isinstance(title, rdflib.Literal)} == {"nl", "en"}  # fmt: skip
    publisher = graph.value(root, DCTERMS.publisher)
    assert (publisher, RDF.type, FOAF.Agent) in graph
    assert str(graph.value(publisher, FOAF.name)) == "Stad Voorbeeldstad"


@pytest.mark.parametrize("each", STREAMS, ids=lambda each: each.name)
class TestStream:
    def test_row_141_the_stream_is_the_dataset(
        self, graph: rdflib.Graph, each: EventStream
    ) -> None:
        dataset = URIRef(each.iri)
        assert {DCAT.Dataset, LDES.EventStream} <= set(graph.objects(dataset, RDF.type))
        assert (dataset, DCTERMS.type, LDES.EventStream) in graph

    def test_row_142_the_distribution_leads_to_the_root(
        self, graph: rdflib.Graph, each: EventStream
    ) -> None:
        source = graph.value(URIRef(each.iri), DCAT.distribution)
        for predicate in (DCAT.downloadURL, DCAT.accessURL):
            assert list(graph.objects(source, predicate)) == [URIRef(each.view_iri)]
        licences = {URIRef(LICENCE)} if each.access is Access.OPEN else set()
        assert set(graph.objects(source, DCTERMS.license)) == licences
        assert len(list(graph.objects(source, DCAT.mediaType))) == 1

    def test_row_143_the_service_leads_to_the_root(
        self, graph: rdflib.Graph, each: EventStream
    ) -> None:
        service = graph.value(None, DCAT.servesDataset, URIRef(each.iri))
        assert (service, RDF.type, DCAT.DataService) in graph
        assert list(graph.objects(service, DCAT.endpointURL)) == [URIRef(each.view_iri)]
        assert (URIRef(f"{BASE}/"), DCAT.service, service) in graph

    def test_row_144_an_event_source_is_the_view_for_full_copies(
        self, graph: rdflib.Graph, each: EventStream
    ) -> None:
        source = URIRef(f"{each.view_iri}#source")
        assert (source, RDF.type, LDES.EventSource) in graph
        assert list(graph.objects(source, TREE.rootNode)) == [URIRef(each.view_iri)]

    def test_row_145_it_says_what_it_conforms_to(
        self, graph: rdflib.Graph, each: EventStream
    ) -> None:
        specifications = {
            URIRef("https://w3id.org/ldes/specification"),
            URIRef("https://w3id.org/tree/specification"),
        }
        service = graph.value(None, DCAT.servesDataset, URIRef(each.iri))
        assert specifications <= set(graph.objects(service, DCTERMS.conformsTo))
        of_dataset = set(graph.objects(URIRef(each.iri), DCTERMS.conformsTo))
        assert specifications | {URIRef(STANDARD)} == of_dataset

    def test_row_146_it_names_the_shape_and_the_paths(
        self, graph: rdflib.Graph, each: EventStream
    ) -> None:
        dataset = URIRef(each.iri)
        assert (dataset, TREE["shape"], URIRef(each.shape_iri)) in graph
        assert graph.value(dataset, LDES.versionOfPath) == DCTERMS.isVersionOf
        own_time = graph.value(dataset, LDES.versionTimestampPath)
        assert own_time == (URIRef(each.versioned_by) if each.versioned_by else None)

    def test_it_says_who_may_read(self, graph: rdflib.Graph, each: EventStream) -> None:
        expected = RIGHTS.PUBLIC if each.access is Access.OPEN else RIGHTS.RESTRICTED
        assert graph.value(URIRef(each.iri), DCTERMS.accessRights) == expected


def test_the_catalogue_is_no_node_of_a_view(graph: rdflib.Graph) -> None:
    """A client that starts here must not find `?s tree:view <this page>`."""
    assert not list(graph.triples((None, TREE.view, None)))
    assert not list(graph.triples((None, TREE.member, None)))


def test_all_forms_are_the_same_graph(graph: rdflib.Graph) -> None:
    formats = {"trig": "trig", "nt": "nt", "nq": "nquads", "jsonld": "json-ld"}
    for form, name in formats.items():
        dataset = rdflib.Dataset()
        dataset.parse(data=catalogue().document(form), format=name)
        read = rdflib.Graph()
        for subject, predicate, value, _ in dataset.quads():
            assert subject is not None
            assert predicate is not None
            assert value is not None
            read.add((subject, predicate, value))
        assert isomorphic(read, graph), form


def test_it_is_the_same_bytes_every_time() -> None:
    assert catalogue().document("jsonld") == catalogue().document("jsonld")
    assert catalogue().document("ttl").startswith(b"@prefix ")


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="xml"):
        catalogue().document("xml")
