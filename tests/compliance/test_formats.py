"""Checklist 1.A: formats and content negotiation."""

from __future__ import annotations

import json
import re

import pytest
from pyld import jsonld
from pyoxigraph import NamedNode, RdfFormat, parse

from tests.compliance.conftest import City
from tests.support.pages import MEDIA_TYPES, TREE, Page, get, load_context
from tests.support.service import STREAMS

pytestmark = pytest.mark.compliance

COMUNICA = (
    "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,"
    "application/n-triples;q=0.8,text/turtle;q=0.6,application/rdf+xml;q=0.5,text/html;q=0.1"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


def sample(city: City) -> list[Page]:
    """Of every stream: the root, an interior node, a sealed leaf and the open one."""
    found = []
    for pages in city.pages.values():
        interior = next(page for page in pages[1:] if page.children)
        leaves = [page for page in pages if page.members]
        found += [pages[0], interior, leaves[0], leaves[-1]]
    return found


@pytest.mark.parametrize("media_type", MEDIA_TYPES.values())
def test_every_page_comes_in_every_format(city: City, media_type: str) -> None:
    """Rows 1, 2, 4: each Accept gives 200, that type, and a body that its parser takes."""
    for turtle in city.every_page:
        page = get(turtle.url, media_type)
        assert (page.status, page.media_type) == (200, media_type)
        assert page.quads


def test_every_format_of_a_page_is_the_same_graph(city: City) -> None:
    """P9: all RDF forms of a node are the same graph (row 6)."""
    for turtle in city.every_page:
        for media_type in MEDIA_TYPES.values():
            assert get(turtle.url, media_type).graph == turtle.graph, (turtle.url, media_type)


@pytest.mark.parametrize("path", ["/", *(f"/{name}" for name in STREAMS), "/shapes/kasten"])
def test_documents_beside_the_nodes_are_the_same_graph_in_every_format(
    city: City, path: str
) -> None:
    """Rows 1, 6 for the catalogue, the stream documents and a shape."""
    graphs = [get(city.url + path, media_type).graph for media_type in MEDIA_TYPES.values()]
    assert graphs[0]
    assert all(graph == graphs[0] for graph in graphs)


def test_every_answer_says_what_it_varies_by(city: City) -> None:
    """Rows 3, 29: one Vary, of Accept and Accept-Encoding and of nothing else, on 200 and 304."""
    for page in sample(city):
        again = get(page.url, headers={"If-None-Match": page.headers["etag"]})
        assert again.status == 304
        for answer in (page, again):
            assert answer.headers["vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (COMUNICA, "application/n-quads"),
        ("text/turtle", "text/turtle"),
        (None, "text/turtle"),
        ("*/*", "text/turtle"),
        ("*/*;q=0.1", "text/turtle"),
        ("text/*", "text/turtle"),
        ("application/*", "application/n-quads"),
        ("text/turtle;q=0, application/n-quads", "application/n-quads"),
        ("text/turtle;q=0.3, application/trig;q=0.7", "application/trig"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/ld+json"),
        ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"',
         "application/ld+json"),
        ("TEXT/TURTLE", "text/turtle"),
        (BROWSER, "text/html"),
        ("text/html", "text/html"),
        ("image/png", "text/turtle"),
        ("text/turtle;q=0", "text/turtle"),
        ("nonsense", "text/turtle"),
        (", ,;q=,*", "text/turtle"),
    ],
)  # fmt: skip
def test_the_answer_to_an_accept_header_is_defined(
    city: City, accept: str | None, media_type: str
) -> None:
    """Rows 4, 5: by quality, then Turtle; never 406, because clients ask for one type only."""
    for path in ("/", "/kasten", "/kasten/by-time"):
        page = get(city.url + path, accept)
        assert (page.status, page.media_type) == (200, media_type)
        assert "Accept" in page.headers["vary"]


@pytest.mark.parametrize(("word", "media_type"), MEDIA_TYPES.items())
def test_a_format_can_be_linked(city: City, word: str, media_type: str) -> None:
    """`?format=` wins over Accept and gives the same graph, whose `<>` is the page itself."""
    for page in sample(city):
        linked = get(f"{page.url}?format={word}", "text/html")
        assert (linked.status, linked.media_type) == (200, media_type)
        assert linked.body == get(page.url, media_type).body


def test_html_can_be_linked(city: City) -> None:
    assert get(f"{city.root().url}?format=html", "text/turtle").media_type == "text/html"


@pytest.mark.parametrize(
    "query",
    ["?page=1", "?format=rdf", "?format=", "?format=ttl&format=nt", "?x", "?format=ttl&x=1"],
)
def test_any_other_query_is_refused(city: City, query: str) -> None:
    for path in ("/", "/kasten", "/kasten/by-time", "/shapes/kasten"):
        page = get(f"{city.url}{path}{query}")
        assert page.status == 400
        assert page.media_type == "application/problem+json"


@pytest.mark.parametrize("media_type", ["application/n-triples", "application/n-quads"])
def test_line_formats_hold_absolute_iris_only(city: City, media_type: str) -> None:
    """Row 7: they parse without a base."""
    for turtle in sample(city):
        syntax = RdfFormat.from_media_type(media_type)
        assert syntax is not None
        assert list(parse(get(turtle.url, media_type).body, format=syntax))


@pytest.mark.parametrize("media_type", ["text/turtle", "application/trig"])
def test_links_to_pages_are_relative(city: City, media_type: str) -> None:
    """Row 8: a copy under another name still leads through itself."""
    for turtle in city.every_page:
        body = get(turtle.url, media_type).body
        assert b"tree:node <http" not in body
        moved = body.replace(f"@base <{city.url}/".encode(), b"@base <http://copy.example/", 1)
        nodes = [
            quad.object.value
            for quad in parse(moved, format=RdfFormat.TURTLE)
            if quad.predicate.value == f"{TREE}node"
        ]
        assert all(node.startswith("http://copy.example/") for node in nodes)
        assert len(set(nodes)) == len(turtle.children)


@pytest.mark.parametrize("word", ["ttl", "trig", "jsonld"])
def test_a_wrong_base_does_no_harm(city: City, word: str) -> None:
    """Row 9: the page names itself, for clients that resolve against something else."""
    for turtle in sample(city):
        body = get(turtle.url, MEDIA_TYPES[word]).body
        wrong = "http://wrong.example/x/y"
        if word == "jsonld":
            options = {"documentLoader": load_context, "base": wrong}
            text = jsonld.to_rdf(json.loads(body), {**options, "format": "application/n-quads"})
            quads = list(parse(text, format=RdfFormat.N_QUADS))
        else:
            quads = list(parse(body, format=RdfFormat.TRIG, base_iri=wrong))
        assert NamedNode(turtle.url) in {quad.subject for quad in quads}
        assert "wrong.example" not in str(quads)


def test_everything_is_in_the_default_graph(city: City) -> None:
    """Row 10: so that Turtle and N-Triples drop nothing."""
    for turtle in sample(city):
        quads = get(turtle.url, "application/n-quads").quads
        assert {str(quad.graph_name) for quad in quads} == {"DEFAULT"}


def test_json_ld_refers_to_our_own_context_only(city: City) -> None:
    """Row 11: nothing is fetched from elsewhere."""
    for turtle in sample(city):
        document = json.loads(get(turtle.url, "application/ld+json").body)
        contexts = document["@context"]
        named = [c for c in contexts if isinstance(c, str)]
        assert named == [f"{city.url}/context.jsonld"]


def test_the_context_has_validators(city: City) -> None:
    """Row 12."""
    page = get(f"{city.url}/context.jsonld", None)
    assert page.status == 200
    assert re.search(r"max-age=[1-9]", page.headers["cache-control"])
    headers = {"If-None-Match": page.headers["etag"]}
    assert get(f"{city.url}/context.jsonld", None, headers=headers).status == 304


def test_json_ld_makes_no_lists(city: City) -> None:
    """Row 13: the objects of tree:member and of the paths are IRIs."""
    for turtle in sample(city):
        page = get(turtle.url, "application/ld+json")
        assert b"@list" not in page.body
        assert all("rdf-syntax-ns#first" not in quad.predicate.value for quad in page.quads)
        for quad in page.quads:
            if quad.predicate.value == f"{TREE}member" or quad.predicate.value.endswith("Path"):
                assert isinstance(quad.object, NamedNode)


def test_every_page_is_named_as_it_was_asked_for(city: City) -> None:
    """Rows 14, 50: `<>` equals the URL, character by character; the text is UTF-8."""
    for page in city.every_page:
        page.body.decode("utf-8")
        assert f"@base <{page.url}> .\n".encode() in page.body
        assert page.objects(page.url, "http://www.w3.org/1999/02/22-rdf-syntax-ns#type")


def test_a_service_behind_another_host_name_says_its_public_url(city: City) -> None:
    """Row 50: the URL comes from the settings, never from the Host header."""
    page = get(
        city.root().url, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    )
    assert page.status == 200
    assert b"evil.example" not in page.body
    assert page.body == city.root().body
