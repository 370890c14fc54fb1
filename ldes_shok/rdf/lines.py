"""N-Triples and N-Quads read line by line: fast, strict, and without an RDF library.

Terms stay as they are in the line, in the form of `ldes_shok.rdf.terms`. Grammar:
https://www.w3.org/TR/n-quads/#sec-grammar
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ldes_shok.ldes.member import Term

Quad = tuple[Term, Term, Term, Term]
"""Subject, predicate, object, graph; the default graph is the empty string."""

_IRI = r'<[^\x00-\x20<>"{}|^`\\]*>'
_LABEL = r"_:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?"
# Possessive: the pattern reads a long text once and never backtracks.
_TEXT = r'"(?:[^"\\\n\r]++|\\[tbnrf"\'\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+"'
_LITERAL = rf"{_TEXT}(?:@[A-Za-z]+(?:-[A-Za-z0-9]+)*|\^\^{_IRI})?"
_LINE: Final = re.compile(
    rf"[ \t]*({_IRI}|{_LABEL})[ \t]+({_IRI})[ \t]+({_IRI}|{_LABEL}|{_LITERAL})"
    rf"(?:[ \t]+({_IRI}|{_LABEL}))?[ \t]*\.[ \t]*\r?"
)
_NOTHING: Final = re.compile(r"[ \t]*(?:#.*)?\r?")


def read_lines(body: bytes) -> Iterator[Quad]:
    """The statements of an N-Triples or N-Quads document, in their order.

    Args:
        body: UTF-8.

    Raises:
        ValueError: a line is no statement; the message has its number.
    """
    # Not `splitlines`: a literal may contain U+0085 or U+2028, which do not end a line here.
    for number, line in enumerate(body.decode("utf-8").split("\n"), start=1):
        match = _LINE.fullmatch(line)
        if match is not None:
            subject, predicate, value, graph = match.groups("")
            yield subject, predicate, value, graph
        elif _NOTHING.fullmatch(line) is None:
            raise ValueError(f"line {number} is not N-Quads: {line[:120]!r}")
