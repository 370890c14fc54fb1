"""Compares documents in several forms as graphs, with libraries that did not write them.

rdflib reads the Turtle and the N-Triples, and pyld the JSON-LD (with the packaged context, never a
fetched one). pyld canonicalises all three (RDF Dataset Canonicalization).
"""

from __future__ import annotations

from typing import Any

import msgspec
from pyld import jsonld
from rdflib import Graph

from ldes_shok.errors import ShapesError
from ldes_shok.ldes.form import Form
from ldes_shok.rdf.context import JsonLdContext
from ldes_shok.rdf.parse import literals_as_written

_NQUADS = "application/n-quads"
_URDNA = {"algorithm": "URDNA2015", "format": _NQUADS}


def canonical_nquads(body: bytes, form: Form, context: JsonLdContext, base: str) -> str:
    """Canonical N-Quads of a document.

    Args:
        body: the document, UTF-8.
        form: its syntax.
        context: our JSON-LD context; no other can be loaded.
        base: absolute IRI that relative IRIs are resolved against.

    Raises:
        ValueError: the document is not of this syntax, or asks for another context.
    """
    if form is Form.JSONLD:
        return _canonical_jsonld(body, context, base)
    graph = Graph()
    syntax = "turtle" if form is Form.TURTLE else "nt"
    with literals_as_written():
        try:
            graph.parse(data=body, format=syntax, publicID=base)
        except Exception as error:  # rdflib's parsers raise what they like: SyntaxError, KeyError
            raise ValueError(f"not {syntax} that can be read: {error}") from error
        lines = graph.serialize(format="nt", encoding="utf-8").decode()
    return str(jsonld.normalize(lines, {**_URDNA, "inputFormat": _NQUADS}))


def prove_same_graph(texts: dict[Form, bytes], context: JsonLdContext, base: str) -> None:
    """Check that documents in several forms are the same graph.

    Raises:
        ShapesError: they differ; names the first statement that differs.
    """
    canonical = {form: canonical_nquads(body, form, context, base) for form, body in texts.items()}
    (first, expected), *others = canonical.items()
    for form, lines in others:
        if lines != expected:
            difference = sorted(set(expected.splitlines()) ^ set(lines.splitlines()))
            raise ShapesError(
                f"the {first.value} and the {form.value} text of a member differ in "
                f"{difference[0] if difference else 'the number of statements'}"
            )


def _canonical_jsonld(body: bytes, context: JsonLdContext, base: str) -> str:
    def load(url: str, _: Any) -> dict[str, Any]:
        if not url.endswith("/context.jsonld"):
            raise ValueError(f"only our own context is loaded, not {url}")
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": msgspec.json.decode(context.document),
        }

    try:
        document = msgspec.json.decode(body)
        return str(jsonld.normalize(document, {**_URDNA, "documentLoader": load, "base": base}))
    except (jsonld.JsonLdError, msgspec.DecodeError) as error:
        raise ValueError(f"not JSON-LD that can be read: {error}") from error
