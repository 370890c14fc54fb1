"""Templates say of every member what the writers of a whole member would say."""

from __future__ import annotations

import pytest
from hypothesis import given

from ldes_shok.ldes.form import Form
from ldes_shok.ldes.member import Triple
from ldes_shok.ldes.template import IRI_GAP, Outline
from ldes_shok.rdf import vocab
from ldes_shok.rdf.templates import TemplateWriter, ntriples
from ldes_shok.rdf.terms import iri
from ldes_shok.rdf.turtle import TurtleWriter
from tests.support.drafts import outlined
from tests.support.examples import examples
from tests.unit.rdf.hostile import CONTEXT, members

STREAM = "http://shok.test/kasten"


@examples(0.6)
@given(members())
def test_the_lines_are_those_of_the_member_itself(triples: tuple[Triple, ...]) -> None:
    outline, values = outlined(triples)
    positioned = Outline((*outline.triples, (IRI_GAP, vocab.POSITION, '"\0"')))
    template = TemplateWriter(TurtleWriter(), CONTEXT).template(positioned, STREAM)
    said = positioned.fill((*values, "7"))
    membership = (iri(STREAM), vocab.TREE_MEMBER, iri(values[0]))
    expected = ntriples((membership, *said), "m7")
    assert template.text(Form.NTRIPLES, (*values, "7")).decode() == expected


def test_members_of_one_outline_differ_in_their_values_alone() -> None:
    outline = Outline(((IRI_GAP, vocab.LABEL, '"\0"@nl'), (IRI_GAP, vocab.POSITION, '"\0"')))
    template = TemplateWriter(TurtleWriter(), CONTEXT).template(outline, STREAM)
    first = template.text(Form.TURTLE, ("urn:a", "één 100%", "1")).decode()
    second = template.text(Form.TURTLE, ("urn:b", "twee", "2")).decode()
    assert first.startswith(f"<{STREAM}> tree:member <urn:a> .\n<urn:a> ")
    assert (
        first.replace("urn:a", "urn:b").replace("één 100%", "twee").replace('"1"', '"2"') == second
    )


_NODE = (("_:b0", vocab.TYPE, vocab.QUANTITY_VALUE),)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (((IRI_GAP, vocab.VALUE, "_:b0"), (IRI_GAP, vocab.LABEL, "_:b0"), *_NODE), "two parents"),
        (((IRI_GAP, vocab.VALUE, "_:b0"), (IRI_GAP, vocab.VALUE, "_:b0"), *_NODE), "two parents"),
        (((IRI_GAP, vocab.VALUE, "_:b0"), ("_:b0", vocab.VALUE, "_:b0")), "two parents"),
        (_NODE, "nothing leads to _:b0"),
        ((("_:b0", vocab.VALUE, "_:b1"), ("_:b1", vocab.VALUE, "_:b0")), "nothing leads to _:b0"),
        ((("<urn:other>", vocab.VALUE, '"1"'),), "nothing leads to <urn:other>"),
        (((IRI_GAP, vocab.VALUE, "_:b0"),), "says nothing of _:b0"),
    ],
)
def test_what_is_no_tree_under_the_member_is_refused(
    more: tuple[Triple, ...], message: str
) -> None:
    """A blank node has exactly one parent, for whatever a mapping makes."""
    outline = Outline(((IRI_GAP, vocab.TYPE, vocab.OUTLET), *more))
    with pytest.raises(ValueError, match=message):
        TemplateWriter(TurtleWriter(), CONTEXT).template(outline, STREAM)


def test_a_constant_that_looks_like_a_mark_is_refused() -> None:
    outline = Outline(((IRI_GAP, vocab.LABEL, '"\ue0000\ue001"'),))
    with pytest.raises(ValueError, match="cannot stand in an outline"):
        TemplateWriter(TurtleWriter(), CONTEXT).template(outline, STREAM)
