"""What stands around the streams holds together under any URL, too."""

from __future__ import annotations

import pyoxigraph
import pytest

from ldes_shok.export.documents import documents, front
from ldes_shok.export.target import Item
from tests.support.vertical import BASE, Vertical
from tests.unit.export.exports import FORMS, sources

HOST = "https://mirror.example/open/data"
DCAT = "http://www.w3.org/ns/dcat#"


def _triples(item: Item) -> set[tuple[str, str, str]]:
    """The document as it is under `HOST`; JSON-LD without a context of ours."""
    syntax = {"ttl": pyoxigraph.RdfFormat.TURTLE, "jsonld": pyoxigraph.RdfFormat.JSON_LD}
    found = pyoxigraph.parse(
        item.body, format=syntax[item.name.rpartition(".")[2]], base_iri=f"{HOST}/{item.name}"
    )
    return {(str(q.subject), str(q.predicate), str(q.object)) for q in found}


def _without_suffix(term: str) -> str:
    return term.replace(".jsonld", "").replace(".ttl", "")


@pytest.mark.parametrize("form", FORMS)
def test_the_catalogue_leads_to_the_files(vertical: Vertical, form: str) -> None:
    suffix = "ttl" if form == "turtle" else "jsonld"
    items = {item.name: item for item in front(sources(), vertical.streams, FORMS)}
    triples = _triples(items[f"index.{suffix}"])
    assert {o for _, p, o in triples if p == f"<{DCAT}dataset>"} == {
        f"<{HOST}/{stream.name}.{suffix}>" for stream in vertical.streams
    }
    assert {o for _, p, o in triples if p == f"<{DCAT}downloadURL>"} == {
        f"<{HOST}/{stream.name}/by-time.{suffix}>" for stream in vertical.streams
    }
    identifiers = {o for _, p, o in triples if p == "<http://purl.org/dc/terms/identifier>"}
    assert any(f'"{BASE}/kasten"' in o for o in identifiers), "whose copy it is"
    assert not any("openapi" in o for _, _, o in triples)


def test_both_forms_of_the_catalogue_say_the_same(vertical: Vertical) -> None:
    items = {item.name: item for item in front(sources(), vertical.streams, FORMS)}

    def plain(name: str) -> set[tuple[str, ...]]:
        return {tuple(_without_suffix(term) for term in triple) for triple in _triples(items[name])}

    assert plain("index.ttl") == plain("index.jsonld")


def test_a_shape_names_itself_and_what_is_below_it(vertical: Vertical) -> None:
    items = {item.name: item for item in documents(sources(), vertical.streams, FORMS)}
    triples = _triples(items["shapes/kasten.ttl"])
    here = f"{HOST}/shapes/kasten.ttl"
    assert {s for s, _, _ in triples} == {f"<{here}>"}
    assert {o for _, p, o in triples if p == "<p:q>"} == {
        f"<{here}#Lid>",
        f"<{BASE}/shapes/kastens>",
    }


def test_concepts_keep_their_names(vertical: Vertical) -> None:
    items = {item.name: item for item in documents(sources(), vertical.streams, FORMS)}
    concept = "id/concept/kasttype/marktkast"
    for suffix in ("ttl", "jsonld"):
        assert {s for s, _, _ in _triples(items[f"{concept}.{suffix}"])} == {f"<{BASE}/{concept}>"}


def test_the_page_for_people_is_escaped(vertical: Vertical) -> None:
    items = {item.name: item for item in front(sources(), vertical.streams, FORMS)}
    page = items["index.html"].body.decode()
    assert "Voorbeeld &lt;stad&gt;" in page
    assert '<a href="kasten.ttl">' in page
