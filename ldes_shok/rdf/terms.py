"""RDF terms as N-Triples strings: this module makes and escapes them, and no other does.

N-Triples 1.1: https://www.w3.org/TR/n-triples/#grammar-production-STRING_LITERAL_QUOTE
"""

from __future__ import annotations

import re

from ldes_shok.ldes.member import Term

XSD = "http://www.w3.org/2001/XMLSchema#"

_ESCAPES = {
    "\\": "\\\\",
    '"': '\\"',
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\b": "\\b",
    "\f": "\\f",
}
_NEEDS_ESCAPE = re.compile(r'[\x00-\x1f\x7f"\\]')
_NOT_IN_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\]')


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return _ESCAPES.get(character) or f"\\u{ord(character):04X}"


def escape(text: str) -> str:
    """`text` as it is between the quotes of an N-Triples or Turtle literal."""
    return _NEEDS_ESCAPE.sub(_escape, text)


def iri(value: str) -> Term:
    """An IRI term.

    Raises:
        ValueError: `value` holds a character that no IRI may hold (RFC 3987, section 2.2).
    """
    if _NOT_IN_IRI.search(value):
        raise ValueError(f"not an IRI: {value!r}")
    return f"<{value}>"


def literal(lexical: str, datatype: str) -> Term:
    """A typed literal; `datatype` is an absolute IRI. The lexical form is kept as it is."""
    return f'"{escape(lexical)}"^^<{datatype}>'


def plain(text: str) -> Term:
    """An xsd:string, written without its datatype (RDF 1.1: the same term)."""
    return f'"{escape(text)}"'


def text(value: str, language: str) -> Term:
    """A language-tagged string."""
    return f'"{escape(value)}"@{language}'


def decimal(lexical: str) -> Term:
    """An xsd:decimal literal."""
    return f'"{lexical}"^^<{XSD}decimal>'


def integer(value: int) -> Term:
    """An xsd:integer literal."""
    return f'"{value}"^^<{XSD}integer>'


def value_of(term: Term) -> str:
    """The IRI of an IRI term."""
    return term[1:-1]
