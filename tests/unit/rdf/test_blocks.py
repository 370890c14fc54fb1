"""A member's three texts say the same, whatever it says."""

from __future__ import annotations

from hypothesis import given
from pyoxigraph import NamedNode, Quad, RdfFormat

from ldes_shok.clock import to_milliseconds
from ldes_shok.ldes.member import FIRST_POSITION, Form, Member, Stamp, Triple
from ldes_shok.rdf.blocks import BlockRenderer, stamped
from ldes_shok.rdf.templates import TemplateWriter
from ldes_shok.rdf.turtle import TurtleWriter
from tests.support.examples import examples
from tests.support.rdf import Graph, graph_of_triples, read, read_jsonld
from tests.support.vertical import CONTEXT_IRI, NOON
from tests.unit.mapping.examples import EXAMPLES
from tests.unit.rdf.hostile import CONTEXT, draft_of, members

STREAM = "http://shok.test/kasten"
STAMP = Stamp(FIRST_POSITION + 41, to_milliseconds(NOON))
WRITER = TurtleWriter()
RENDERER = BlockRenderer(TemplateWriter(WRITER, CONTEXT))
TREE_MEMBER = NamedNode("https://w3id.org/tree#member")


def _rendered(triples: tuple[Triple, ...]) -> tuple[Member, Graph]:
    draft = draft_of(triples)
    said = stamped(draft, STAMP)
    return RENDERER.render(draft, STAMP, STREAM), graph_of_triples(said)


def _turtle(member: Member) -> bytes:
    return WRITER.prologue.encode() + member.text(Form.TURTLE)


def _jsonld(member: Member) -> bytes:
    return b'{"@context":"%b",' % CONTEXT_IRI.encode() + member.text(Form.JSONLD)[1:]


def _membership(member: Member) -> Quad:
    return Quad(NamedNode(STREAM), TREE_MEMBER, NamedNode(member.iri))


@examples(1.5)
@given(members())
def test_the_three_texts_are_one_graph(triples: tuple[Triple, ...]) -> None:
    """P9: all RDF forms of a node are the same graph."""
    member, expected = _rendered(triples)
    with_membership = expected | {_membership(member)}
    assert read(member.text(Form.NTRIPLES), RdfFormat.N_TRIPLES) == with_membership
    assert read(member.text(Form.NTRIPLES), RdfFormat.N_QUADS) == with_membership
    assert read(_turtle(member), RdfFormat.TURTLE) == with_membership
    assert read(_turtle(member), RdfFormat.TRIG) == with_membership
    assert read_jsonld(_jsonld(member), {CONTEXT_IRI: CONTEXT.document}) == expected


def test_real_members_too() -> None:
    """P9: all RDF forms of a node are the same graph."""
    for make in EXAMPLES.values():
        draft = make()
        said = stamped(draft, STAMP)
        member = RENDERER.render(draft, STAMP, STREAM)
        expected = graph_of_triples(said)
        assert read_jsonld(_jsonld(member), {CONTEXT_IRI: CONTEXT.document}) == expected
        with_membership = expected | {_membership(member)}
        assert read(_turtle(member), RdfFormat.TURTLE) == with_membership
        assert read(member.text(Form.NTRIPLES), RdfFormat.N_TRIPLES) == with_membership


@given(members(), members())
def test_blank_nodes_of_two_members_never_meet_on_a_page(
    one: tuple[Triple, ...], other: tuple[Triple, ...]
) -> None:
    first, second = draft_of(one), draft_of(other)
    stamps = STAMP, Stamp(STAMP.position + 1, STAMP.published_ms)
    said = [stamped(draft, stamp) for draft, stamp in zip((first, second), stamps, strict=True)]
    page = [
        RENDERER.render(draft, stamp, STREAM)
        for draft, stamp in zip((first, second), stamps, strict=True)
    ]
    renamed = [
        tuple((_apart(s, number), p, _apart(o, number)) for s, p, o in triples)
        for number, triples in enumerate(said)
    ]
    expected = graph_of_triples([*renamed[0], *renamed[1]])
    expected |= {_membership(member) for member in page}
    text = WRITER.prologue.encode() + b"".join(member.text(Form.TURTLE) for member in page)
    assert read(text, RdfFormat.TURTLE) == expected
    lines = b"".join(member.text(Form.NTRIPLES) for member in page)
    assert read(lines, RdfFormat.N_TRIPLES) == expected


def _apart(term: str, number: int) -> str:
    return f"_:x{number}{term[2:]}" if term.startswith("_:") else term


def test_a_block_begins_with_its_membership_and_stays_together() -> None:
    draft = EXAMPLES["stopcontact-techniek"]()
    member = RENDERER.render(draft, STAMP, STREAM)
    line = f"<{STREAM}> tree:member <{draft.iri}> .\n"
    assert member.text(Form.TURTLE).decode().startswith(line)
    assert member.text(Form.NTRIPLES).decode().splitlines()[0].endswith(f"<{draft.iri}> .")


def test_a_member_is_rendered_to_the_same_bytes_again() -> None:
    draft = EXAMPLES["stopcontact-techniek"]()
    fresh = BlockRenderer(TemplateWriter(TurtleWriter(), CONTEXT))
    assert fresh.render(draft, STAMP, STREAM) == RENDERER.render(draft, STAMP, STREAM)


def test_the_stamp_is_in_publication_form() -> None:
    draft = EXAMPLES["meter"]()
    values = [value for _, _, value in stamped(draft, STAMP)[-2:]]
    assert values[0].startswith('"2026-05-12T12:00:00.000Z"^^')
    assert values[1].startswith('"1000000000000042"^^')
