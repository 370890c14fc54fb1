"""Proves, before the first publication, that the three texts of a member are one graph.

Our writers are text templates, so other libraries check them (`ldes_shok.rdf.canonical`). The same
bytes need only one proof. The digest of the bytes that the tests prove is stored here, so a start
only writes the texts again. Other bytes are proved at the start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from ldes_shok.ldes.member import FIRST_POSITION, Draft, Form, Stamp, Summary
from ldes_shok.ldes.template import GAP, IRI_GAP, Outline
from ldes_shok.rdf import vocab
from ldes_shok.rdf.blocks import BlockRenderer
from ldes_shok.rdf.context import JsonLdContext
from ldes_shok.rdf.terms import XSD, escape, plain
from ldes_shok.rdf.turtle import TurtleWriter

PROVED: Final = "5ed1ac983b0c4afc88781140aa21a9f61c729a9b5bc17ddba8d24f7235d47989"
"""Digest of the proved texts, and of the context that defines the meaning of one of them."""
PROOF_BASE: Final = "http://proof.invalid/"


def prove_renderer(renderer: BlockRenderer, context: JsonLdContext) -> None:
    """Render a member with the most difficult values, and compare its texts.

    Raises:
        ShapesError: the texts differ: a writer has a defect.
    """
    texts = proof_texts(renderer)
    if digest_of(texts, context) == PROVED:
        return
    from ldes_shok.rdf.canonical import prove_same_graph  # noqa: PLC0415  half a second

    prove_same_graph(texts, context, PROOF_BASE)


def digest_of(texts: Mapping[Form, bytes], context: JsonLdContext) -> str:
    """SHA-256 of the texts and the context, in hexadecimal."""
    digest = hashlib.sha256(context.document)
    for form in Form:
        digest.update(f"\n{form} {len(texts[form])}\n".encode() + texts[form])
    return digest.hexdigest()


def proof_texts(renderer: BlockRenderer) -> dict[Form, bytes]:
    """The test member, as a document in each form."""
    member, stream = "http://proof.invalid/id/kast/1/v1", "http://proof.invalid/kasten"
    entity, subject, node = "http://proof.invalid/id/kast/1", IRI_GAP, "_:b0"
    hostile = 'quote " backslash \\ newline \n tab \t < > % é \U0001f50c'
    notation = "http://proof.invalid/id/concept/nummer"
    triples = (
        (subject, vocab.TYPE, vocab.OUTLET),
        (subject, vocab.IS_VERSION_OF, IRI_GAP),
        (subject, vocab.LABEL, f'"{GAP}"@nl'),
        (subject, vocab.SCHEMA_NAME, plain(hostile)),
        (node, vocab.TYPE, vocab.QUANTITY_VALUE),
        (node, vocab.VALUE, f'"{GAP}"^^<{XSD}decimal>'),
        (subject, vocab.HAS_RESULT, node),
        *(
            triple
            for label, predicate in (
                ("_:b1", vocab.US_IDENTIFIER),
                ("_:b2", vocab.DCTERMS_IDENTIFIER),
            )
            for triple in (
                (label, vocab.TYPE, vocab.IDENTIFIER_CLASS),
                (label, vocab.NOTATION, f'"{GAP}"^^<{notation}>'),
                (subject, predicate, label),
            )
        ),
        (subject, vocab.GENERATED_AT, f'"{GAP}"^^<{XSD}dateTime>'),
        (subject, vocab.POSITION, f'"{GAP}"^^<{XSD}integer>'),
    )
    values = (member, entity, escape(hostile), "0012.500", escape(hostile), escape(hostile))
    rendered = renderer.render(
        Draft("kasten", member, entity, Outline(triples), values, Summary("", "", "", "")),
        Stamp(FIRST_POSITION, 0),
        stream,
    )
    membership = msgspec.json.encode({"@context": "/context.jsonld", "@id": stream, "member": []})
    return {
        Form.TURTLE: TurtleWriter().prologue.encode() + rendered.text(Form.TURTLE),
        Form.NTRIPLES: rendered.text(Form.NTRIPLES),
        Form.JSONLD: membership[:-2] + rendered.text(Form.JSONLD) + b"]}",
    }
