from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.rdf.lines import Quad, read_lines
from ldes_shok.sources.transports.ldes.page import read_page

URL = "https://buurstad.example/kasten/by-time"
TREE = "https://w3id.org/tree#"
LDES = "https://w3id.org/ldes#"


def _quads(text: str) -> list[Quad]:
    named = text.replace("tree:", f"<{TREE}").replace("ldes:", f"<{LDES}")
    return list(read_lines(named.encode()))


def _relation(name: str, kind: str, node: str, value: str = "") -> str:
    lines = (
        f"<{URL}> tree:relation> _:{name} .\n"
        f"_:{name} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> tree:{kind}> .\n"
        f"_:{name} tree:node> <{node}> .\n"
    )
    typed = '"^^<http://www.w3.org/2001/XMLSchema#dateTime>'
    return lines + (f'_:{name} tree:value> "{value}{typed} .\n' if value else "")


def test_relations_of_every_type_are_followed_in_the_order_of_their_bounds() -> None:
    page = read_page(
        _quads(
            _relation("a", "GreaterThanOrEqualToRelation", f"{URL}/2027", "2027-01-01T00:00:00Z")
            + _relation("b", "GreaterThanOrEqualToRelation", f"{URL}/2026", "2026-01-01T00:00:00Z")
            + _relation("c", "LessThanRelation", f"{URL}/2026", "2027-01-01T00:00:00Z")
            + _relation("d", "LessThanOrEqualToRelation", f"{URL}/2025", "2025-12-31T00:00:00Z")
            + _relation("e", "Relation", f"{URL}/all")
            + f"<{URL}/other> tree:relation> _:f .\n_:f tree:node> <{URL}/not> .\n"
        ),
        URL,
    )
    assert page.links == (f"{URL}/all", f"{URL}/2025", f"{URL}/2026", f"{URL}/2027")
    assert not page.immutable


def test_a_member_is_its_star_and_blank_nodes_or_its_named_graph() -> None:
    stream = "https://buurstad.example/kasten"
    page = read_page(
        _quads(
            f"<{stream}> tree:view> <{URL}> .\n"
            f'<{URL}> ldes:immutable> "true"^^<http://www.w3.org/2001/XMLSchema#boolean> .\n'
            f"<{stream}> tree:member> <urn:m1> .\n"
            "<urn:m1> <urn:p> _:n1 .\n_:n1 <urn:q> _:n1 .\n<urn:else> <urn:p> _:n2 .\n"
            f"<{stream}> tree:member> <urn:m2> .\n"
            '<urn:m2> <urn:p> "x" <urn:m2> .\n'
            f"<{stream}> tree:member> _:nobody .\n"
        ),
        URL,
    )
    assert page.immutable
    assert page.views == ()
    first, second = page.members
    assert (first.iri, second.iri) == ("urn:m1", "urn:m2")
    assert first.lines == b"<urn:m1> <urn:p> _:n1 .\n_:n1 <urn:q> _:n1 .\n"
    assert second.lines == b'<urn:m2> <urn:p> "x" .\n'


def test_the_document_of_a_stream_names_its_views() -> None:
    stream = "https://buurstad.example/kasten"
    assert read_page(_quads(f"<{stream}> tree:view> <{URL}> .\n"), stream).views == (URL,)


TERMS = st.sampled_from(
    [f"<{URL}>", "<urn:a>", "_:a", "_:b", f"<{TREE}member>", f"<{TREE}relation>", f"<{TREE}node>"]
)


@given(st.lists(st.tuples(TERMS, TERMS, TERMS, st.sampled_from(["", "<urn:a>"])), max_size=30))
def test_any_statements_are_a_page(quads: list[Quad]) -> None:
    page = read_page(quads, URL)
    assert len(set(page.links)) == len(page.links)
