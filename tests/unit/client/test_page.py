from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.client.discovery import view_of
from ldes_shok.client.page import Page, date_time_ms, integer, read_page
from ldes_shok.rdf.lines import Quad, read_lines

URL = "https://buurstad.example/kasten/by-time"
TREE = "https://w3id.org/tree#"
LDES = "https://w3id.org/ldes#"


def _quads(text: str) -> list[Quad]:
    named = text.replace("tree:", f"<{TREE}").replace("ldes:", f"<{LDES}")
    return list(read_lines(named.encode()))


def _links(page: Page) -> list[str]:
    return [child.url for child in page.children]


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
    assert _links(page) == [f"{URL}/all", f"{URL}/2025", f"{URL}/2026", f"{URL}/2027"]
    assert not page.is_immutable


def test_children_come_in_the_order_of_time_whatever_the_text_of_their_bounds() -> None:
    kind = "GreaterThanOrEqualToRelation"
    page = read_page(
        _quads(
            _relation("a", kind, f"{URL}/half", "2026-01-01T00:00:00.500Z")
            + _relation("b", kind, f"{URL}/whole", "2026-01-01T00:00:00Z")
            + _relation("c", kind, f"{URL}/earlier", "2026-01-01T00:30:00+01:00")
            + _relation("d", "LessThanRelation", f"{URL}/before", "2026-01-01T00:00:00Z")
        ),
        URL,
    )
    assert _links(page) == [f"{URL}/before", f"{URL}/earlier", f"{URL}/whole", f"{URL}/half"]


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
    assert page.is_immutable
    assert page.views == (URL,)
    first, second, third = page.members
    assert (first.iri, second.iri, third.iri) == ("<urn:m1>", "<urn:m2>", "_:nobody")
    assert first.lines == b"<urn:m1> <urn:p> _:n1 .\n_:n1 <urn:q> _:n1 .\n"
    assert second.lines == b'<urn:m2> <urn:p> "x" .\n'


def test_the_document_of_a_stream_names_its_views() -> None:
    stream = "https://buurstad.example/kasten"
    document = _quads(f"<{stream}> tree:view> <{URL}> .\n")
    assert view_of(read_page(document, stream)) == URL
    assert view_of(read_page(document, URL)) is None
    node = document + _quads(_relation("a", "Relation", f"{URL}/all"))
    assert view_of(read_page(node, URL)) is None


TERMS = st.sampled_from(
    [f"<{URL}>", "<urn:a>", "_:a", "_:b", f"<{TREE}member>", f"<{TREE}relation>", f"<{TREE}node>"]
)


@given(st.lists(st.tuples(TERMS, TERMS, TERMS, st.sampled_from(["", "<urn:a>"])), max_size=30))
def test_any_statements_are_a_page(quads: list[Quad]) -> None:
    links = _links(read_page(quads, URL))
    assert len(set(links)) == len(links)


def test_a_member_is_its_star_its_graph_and_its_blank_nodes() -> None:
    """LDES 1.0, section 3.4: blank nodes as subject and as name of a graph, each once."""
    hypermedia = f"<urn:s> tree:view> <{URL}> .\n"
    membership = "<urn:s> tree:member> <http://m> .\n"
    own = (
        "<http://m> <http://p> _:a .\n"
        "_:a <http://p> _:b .\n"
        "_:b <http://p> _:a .\n"
        '<http://other> <http://p> "in its graph" <http://m> .\n'
        '<http://third> <http://p> "in a blank graph" _:b .\n'
    )
    stray = '<http://m> <http://p> "elsewhere" <http://g> .\n<http://z> <http://p> <http://m> .\n'
    page = read_page(_quads(hypermedia + membership + own + stray), URL)
    (member,) = page.members
    assert len(member.statements) == 5

    assert len(page.orphans) == 2


def test_instants_are_whole_and_have_a_timezone() -> None:
    dated = "^^<http://www.w3.org/2001/XMLSchema#dateTime>"
    assert date_time_ms(f'"1970-01-01T01:00:00.250+01:00"{dated}') == 250
    assert date_time_ms(f'"1970-01-01T00:00:00"{dated}') is None
    assert date_time_ms(f'"soon"{dated}') is None
    assert date_time_ms('"1970-01-01T00:00:00Z"') is None
    assert date_time_ms("<http://shok.test/time>") is None


def test_positions_are_integers() -> None:
    assert integer('"12"^^<http://www.w3.org/2001/XMLSchema#integer>') == 12
    assert integer('"12"') is None
    assert integer('"x"^^<http://www.w3.org/2001/XMLSchema#integer>') is None
    assert integer("<http://x") is None
