"""Parses N-Triples terms strictly: a term that this refuses must not reach an RDF parser.

Grammar: https://www.w3.org/TR/n-triples/#n-triples-grammar, without escapes in IRIs, which
`ldes_shok.rdf.terms` never writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from ldes_shok.ldes.member import Term
from ldes_shok.rdf.terms import XSD

RDF_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
XSD_STRING = XSD + "string"

_IRI = r'[^\x00-\x20<>"{}|^`\\]*'
_TERM = re.compile(
    rf"<(?P<iri>{_IRI})>"
    r"|_:(?P<label>[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?)"
    r'|"(?P<text>(?:[^"\\\n\r]|\\[tbnrf"\'\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*)"'
    rf"(?:@(?P<language>[a-zA-Z]+(?:-[a-zA-Z0-9]+)*)|\^\^<(?P<datatype>{_IRI})>)?"
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_SHORT_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


class RdfTermKind(Enum):
    """The three kinds of RDF term."""

    IRI = "IRI"
    BLANK_NODE = "blank node"
    LITERAL = "literal"


@dataclass(frozen=True, slots=True)
class TermParts:
    """A term taken apart.

    Attributes:
        kind: which kind of term.
        value: the IRI, the blank node's label, or the literal's text with its escapes undone.
        datatype: of a literal, always set (xsd:string and rdf:langString too); else empty.
        language: the tag as written; empty without one.
    """

    kind: RdfTermKind
    value: str
    datatype: str = ""
    language: str = ""


def _unescape(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _SHORT_ESCAPES.get(match[3], match[3])


def split(term: Term) -> TermParts:
    """The parts of `term`.

    Raises:
        ValueError: `term` is not a term in N-Triples.
    """
    match = _TERM.fullmatch(term)
    if match is None:
        raise ValueError(f"not an RDF term in N-Triples: {term!r}")
    iri, label, text = match["iri"], match["label"], match["text"]
    if iri is not None:
        return TermParts(RdfTermKind.IRI, iri)
    if label is not None:
        return TermParts(RdfTermKind.BLANK_NODE, label)
    try:
        value = _ESCAPE.sub(_unescape, text) if "\\" in text else text
        value.encode()  # fails for a lone surrogate, which is no character
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"not an RDF term in N-Triples, an escape is no character: {term!r}"
        ) from error
    if match["language"]:
        return TermParts(RdfTermKind.LITERAL, value, RDF_LANG_STRING, match["language"])
    return TermParts(RdfTermKind.LITERAL, value, match["datatype"] or XSD_STRING)
