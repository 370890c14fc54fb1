"""The proof at start-up: it passes what is right, and it can fail."""

from __future__ import annotations

import msgspec
import pytest

from ldes_shok.errors import ShapesError
from ldes_shok.ldes.member import Draft, Form, Member, Stamp
from ldes_shok.rdf.blocks import BlockRenderer
from ldes_shok.rdf.canonical import canonical_nquads, prove_same_graph
from ldes_shok.rdf.proof import PROOF_BASE, PROVED, digest_of, proof_texts, prove_renderer
from ldes_shok.rdf.templates import TemplateWriter
from ldes_shok.rdf.turtle import TurtleWriter
from tests.support.templates import verbatim
from tests.unit.rdf.hostile import CONTEXT

BASE = "http://shok.test/"


class _Damaging(BlockRenderer):
    """Renders, and then spoils one text."""

    def __init__(self, form: Form, old: bytes, new: bytes) -> None:
        super().__init__(TemplateWriter(TurtleWriter(), CONTEXT))
        self._damage = form, old, new

    def render(self, draft: Draft, stamp: Stamp, stream_iri: str) -> Member:
        member = super().render(draft, stamp, stream_iri)
        form, old, new = self._damage
        texts = {each: member.text(each) for each in Form}
        assert old in texts[form]
        texts[form] = texts[form].replace(old, new, 1)
        values = tuple(text.decode() for text in texts.values())
        return msgspec.structs.replace(member, template=verbatim(), values=values)


def test_our_renderer_is_proved() -> None:
    prove_renderer(BlockRenderer(TemplateWriter(TurtleWriter(), CONTEXT)), CONTEXT)


def test_what_a_start_takes_for_proved_is_proved_here() -> None:
    """When this fails, the texts or the context changed: PROVED is to be the digest shown."""
    texts = proof_texts(BlockRenderer(TemplateWriter(TurtleWriter(), CONTEXT)))
    prove_same_graph(texts, CONTEXT, PROOF_BASE)
    assert digest_of(texts, CONTEXT) == PROVED


@pytest.mark.parametrize(
    ("form", "old", "new"),
    [
        (Form.TURTLE, b"0012.500", b"12.500"),
        (Form.TURTLE, b"@nl", b"@en"),
        (Form.NTRIPLES, b"0012.500", b"0012.50"),
        (Form.NTRIPLES, b"\\\\", b""),
        (Form.JSONLD, b"0012.500", b"0012.501"),
        (Form.JSONLD, b"http://proof.invalid/id/kast/1", b"http://proof.invalid/id/kast/2"),
    ],
)
def test_a_renderer_with_a_defect_is_found(form: Form, old: bytes, new: bytes) -> None:
    with pytest.raises(ShapesError, match="differ in"):
        prove_renderer(_Damaging(form, old, new), CONTEXT)


@pytest.mark.parametrize(
    ("form", "body"),
    [
        (Form.TURTLE, b"<a> <b"),
        (Form.NTRIPLES, b"<a> <b> ."),
        (Form.JSONLD, b"{"),
        (Form.JSONLD, b'{"@context":"https://elsewhere.test/other","@id":"x:y"}'),
        (Form.JSONLD, b'{"@id":7}'),
    ],
)
def test_what_cannot_be_read(form: Form, body: bytes) -> None:
    with pytest.raises(ValueError):
        canonical_nquads(body, form, CONTEXT, BASE)


def test_documents_that_say_the_same_in_another_way() -> None:
    texts = {
        Form.TURTLE: b'<> <urn:p> [ <urn:q> "1" ] .',
        Form.NTRIPLES: b'<http://shok.test/> <urn:p> _:x .\n_:x <urn:q> "1" .\n',
        Form.JSONLD: b'{"@id":"http://shok.test/","urn:p":{"urn:q":"1"}}',
    }
    prove_same_graph(texts, CONTEXT, BASE)
