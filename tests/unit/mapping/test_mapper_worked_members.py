"""Every kind of member, compared with one that was written by hand.

The files also pin the IRIs: a release that mints others publishes everything a second time.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.clock import to_milliseconds
from ldes_shok.ldes.member import FIRST_POSITION, Form, Stamp
from ldes_shok.mapping.streams import STREAMS
from ldes_shok.rdf.blocks import stamped
from ldes_shok.validation.shacl import ShaclJudge
from ldes_shok.validation.shapes import Shapes
from tests.fixtures.members import MemberFixture, valid_members
from tests.support.city import city_life
from tests.support.rdf import assert_tree, graph_of_triples, read
from tests.support.vertical import BASE, NOON, ORIGIN, open_vertical
from tests.unit.mapping.examples import DIRECTORY, EXAMPLES

MEMBER = NamedNode("https://w3id.org/tree#member")
A = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
STAMP = Stamp(FIRST_POSITION, to_milliseconds(NOON))


@pytest.fixture(scope="module")
def authority() -> ShaclJudge:
    return ShaclJudge(Shapes.load(Path(__file__).parents[3] / "shapes", BASE))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_member_says_exactly_what_it_must(name: str) -> None:
    expected = read((DIRECTORY / f"{name}.ttl").read_bytes(), RdfFormat.TURTLE)
    assert graph_of_triples(stamped(EXAMPLES[name](), STAMP)) == expected


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_blank_node_of_a_member_has_one_parent(name: str) -> None:
    draft = EXAMPLES[name]()
    assert_tree(graph_of_triples(stamped(draft, STAMP)), NamedNode(draft.iri))


@pytest.mark.parametrize("member", valid_members().values(), ids=lambda member: member.name)
def test_a_blank_node_of_a_valid_member_has_one_parent(member: MemberFixture) -> None:
    assert_tree(graph_of_triples(member.triples), NamedNode(member.iri))


def test_every_member_of_a_city_is_a_tree(tmp_path: Path) -> None:
    """Two days with late and second copies, faults, sessions, reservations: every kind there is."""
    vertical = open_vertical(tmp_path)
    try:
        payloads = city_life(cabinets=2, days=2.2).payloads
        vertical.writer.write([Delivery(p, ORIGIN, vertical.clock.now()) for p in payloads])
        kinds = set()
        for name in STREAMS:
            members = vertical.reader.stream(name).members
            for block in vertical.reader.blocks(name, FIRST_POSITION, members, Form.NTRIPLES):
                lines = [q for q in parse(block, RdfFormat.N_TRIPLES) if q.predicate != MEMBER]
                (focus,) = {q.subject for q in lines if isinstance(q.subject, NamedNode)}
                assert_tree(lines, focus)
                kinds |= {q.object.value for q in lines if q.subject == focus and q.predicate == A}
        assert len(kinds) > 8
    finally:
        vertical.close()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_member_conforms_to_the_shape_of_its_stream(name: str, authority: ShaclJudge) -> None:
    draft = EXAMPLES[name]()
    assert authority.judge(draft.stream, draft.iri, stamped(draft, STAMP)).sentence == ""


def test_every_file_is_compared() -> None:
    assert {path.stem for path in DIRECTORY.glob("*.ttl")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_same_event_gives_the_same_member_again(name: str) -> None:
    """P2: delivered once or a thousand times, it is one member with one IRI."""
    assert EXAMPLES[name]() == EXAMPLES[name]()
