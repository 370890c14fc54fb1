"""Checklist 1.L: from the catalogue to a stream."""

from __future__ import annotations

import pytest
from pyoxigraph import NamedNode

from tests.compliance.conftest import City
from tests.support.local_service import LocalService
from tests.support.pages import DCAT, DCTERMS, LDES, MEDIA_TYPES, RDF_TYPE, TREE, Page, get
from tests.support.service import STREAMS

pytestmark = pytest.mark.compliance

SPECIFICATIONS = {
    NamedNode("https://w3id.org/ldes/specification"),
    NamedNode("https://w3id.org/tree/specification"),
}


@pytest.fixture(params=MEDIA_TYPES.values())
def catalogue(city: City, request: pytest.FixtureRequest) -> Page:
    """`GET /` in each RDF format."""
    return get(f"{city.url}/", request.param)


def test_every_stream_is_a_dataset_in_the_catalogue(city: City, catalogue: Page) -> None:
    """Rows 141, 145, 146: typed as an event stream, conforming to both texts, with its shape."""
    (record,) = catalogue.subjects(RDF_TYPE, f"{DCAT}Catalog")
    for name in STREAMS:
        stream = NamedNode(f"{city.url}/{name}")
        assert stream in catalogue.objects(record, f"{DCAT}dataset")
        types = set(catalogue.objects(stream, f"{DCTERMS}type"))
        assert types & {NamedNode(f"{LDES}EventStream"), NamedNode(f"{TREE}Collection")}
        assert set(catalogue.objects(stream, f"{DCTERMS}conformsTo")) >= SPECIFICATIONS
        shape = NamedNode(f"{city.url}/shapes/{name}")
        assert catalogue.objects(stream, f"{TREE}shape") == [shape]


def test_a_distribution_leads_to_the_root(city: City, catalogue: Page) -> None:
    """Row 142: its downloadURL, followed, is a root whose stream is the dataset."""
    for name in STREAMS:
        stream = f"{city.url}/{name}"
        roots = {
            url.value
            for distribution in catalogue.objects(stream, f"{DCAT}distribution")
            for url in catalogue.objects(distribution, f"{DCAT}downloadURL")
        }
        assert roots == {f"{stream}/by-time"}
        assert get(roots.pop()).stream == stream


def test_a_data_service_leads_to_the_root(city: City, catalogue: Page) -> None:
    """Rows 143, 145: its endpoint, followed, is a root whose stream is the dataset it serves."""
    for name in STREAMS:
        stream = f"{city.url}/{name}"
        services = catalogue.subjects(f"{DCAT}servesDataset", stream)
        assert services
        for service in services:
            (endpoint,) = catalogue.objects(service, f"{DCAT}endpointURL")
            assert get(endpoint.value).stream == stream
            assert set(catalogue.objects(service, f"{DCTERMS}conformsTo")) >= SPECIFICATIONS


def test_the_catalogue_itself_is_no_entry_to_one_stream(catalogue: Page) -> None:
    """Rows 46, 48: no tree:view there, so no client takes the first stream for all."""
    assert all(quad.predicate.value != f"{TREE}view" for quad in catalogue.quads)


def test_the_root_names_its_source(city: City) -> None:
    """Row 144: an ldes:EventSource for full copies."""
    for name in STREAMS:
        root = city.root(name)
        source = root.value(root.url, f"{TREE}viewDescription").value
        assert root.objects(source, f"{TREE}rootNode") == [NamedNode(root.url)]
        assert root.objects(source, f"{DCAT}downloadURL") == [NamedNode(root.url)]


def test_a_restricted_stream_is_listed_as_such(restricted: LocalService) -> None:
    """Row 40: that it exists is no secret; the catalogue tells who may read it."""
    catalogue = get(f"{restricted.url}/")
    rights = {
        name: {
            term.value
            for term in catalogue.objects(f"{restricted.url}/{name}", f"{DCTERMS}accessRights")
        }
        for name in STREAMS
    }
    assert rights["kasten"] != rights["techniek"]
    assert all(rights.values())


def test_a_person_gets_a_page(city: City) -> None:
    for path in ("/", "/kasten", "/kasten/by-time", "/kasten/by-time/2026/10"):
        page = get(city.url + path, "text/html")
        assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert page.body.startswith(b"<!doctype html>") or page.body.startswith(b"<!DOCTYPE html>")
