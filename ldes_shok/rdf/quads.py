"""Somebody else's RDF document, in any form, as statements. Nothing is fetched because of it.

How much is read is bounded by whoever gets the bytes. rdflib's switch for literals is the
process's (`ldes_shok.rdf.parse`): two documents that are neither N-Quads nor N-Triples must not be
read at the same time.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ldes_shok.rdf.context import JsonLdContext
from ldes_shok.rdf.lines import Quad, read_lines

LINES: Final = frozenset({"application/n-quads", "application/n-triples"})
JSON_LD: Final = "application/ld+json"
_RDFLIB: Final = {"text/turtle": "turtle", "application/trig": "trig"}
MEDIA_TYPES: Final = (
    "application/n-quads",
    "application/n-triples",
    "application/trig",
    "text/turtle",
    JSON_LD,
)
"""What can be read, the quickest first."""


def read_quads(body: bytes, media_type: str, base: str, context: JsonLdContext) -> list[Quad]:
    """The statements of a document.

    Args:
        body: UTF-8.
        media_type: one of MEDIA_TYPES.
        base: absolute IRI that relative IRIs are resolved against.
        context: stands for every JSON-LD context of a SHOK stream (`.../context.jsonld`); a
            document that names another one is refused, not fetched.

    Raises:
        ValueError: it is not of this form, or the form is none of MEDIA_TYPES.
    """
    if media_type in LINES:
        return list(read_lines(body))
    if media_type == JSON_LD:
        return _json_ld(body, base, context)
    if media_type in _RDFLIB:
        return _parsed(body, _RDFLIB[media_type], base)
    raise ValueError(f"{media_type or 'no content type'} is no form of RDF that is read here")


def _parsed(body: bytes, syntax: str, base: str) -> list[Quad]:
    # A service whose neighbours speak N-Quads never loads these libraries.
    from rdflib import Dataset, Graph  # noqa: PLC0415

    from ldes_shok.rdf.parse import literals_as_written, term_of  # noqa: PLC0415

    dataset = Dataset(default_union=False)
    graph: Graph = dataset if syntax == "trig" else dataset.default_graph
    try:
        with literals_as_written():
            graph.parse(data=body, format=syntax, publicID=base)
    except Exception as error:  # rdflib's parsers raise what they like: SyntaxError, KeyError ...
        raise ValueError(f"it is not {syntax}: {' '.join(str(error).split())[:200]}") from error
    default = dataset.default_graph.identifier
    return [
        (
            term_of(subject),
            term_of(predicate),
            term_of(value),
            "" if name is None or name == default else term_of(name),
        )
        for subject, predicate, value, name in dataset.quads()
    ]


def _json_ld(body: bytes, base: str, context: JsonLdContext) -> list[Quad]:
    from pyld import jsonld  # noqa: PLC0415  see above

    refused: list[str] = []

    def load(url: str, _: Any) -> dict[str, Any]:
        if not url.endswith("/context.jsonld"):
            refused.append(url)
            raise ValueError("none is fetched")
        return {
            "contentType": JSON_LD,
            "contextUrl": None,
            "documentUrl": url,
            "document": msgspec.json.decode(context.document),
        }

    options = {"format": "application/n-quads", "documentLoader": load, "base": base}
    try:
        lines = str(jsonld.to_rdf(msgspec.json.decode(body), options))
    except Exception as error:  # PyLD meets whatever the document holds, in the middle of its work
        if refused:
            # PyLD hides the reason in the reason of a reason.
            reason = f"it asks for the context {refused[0][:200]}, and none is fetched"
            raise ValueError(reason) from error
        raise ValueError(f"it is not JSON-LD: {' '.join(str(error).split())[:200]}") from error
    return list(read_lines(lines.encode()))
