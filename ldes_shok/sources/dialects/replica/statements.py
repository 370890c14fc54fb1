"""The statements of a member, by predicate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ldes_shok.cabinet.fields import NAME_PATTERN
from ldes_shok.ldes.member import Term
from ldes_shok.rdf import vocab
from ldes_shok.rdf.lines import read_lines
from ldes_shok.rdf.syntax import RdfTermKind, split

_PLACE: Final = re.compile(
    r"/id/(kast|stopcontact|aansluiting)/[^/]+"
    rf"/({NAME_PATTERN})(?:/({NAME_PATTERN}))?\Z"
)
_CONCEPT: Final = re.compile(r"/id/concept/([^/]+)/([^/]+)\Z")


class Unreadable(Exception):
    """A member that cannot be inverted; the message names what is missing or strange."""


Statements = dict[tuple[Term, Term], list[Term]]
"""Objects by subject and predicate."""


class MemberStatements:
    """The statements of one member.

    Attributes:
        iri: the member's, without brackets.
        entity: the entity that it is a version of.
        kind: its class, an IRI term; empty without one.
    """

    def __init__(self, statements: Statements, iri: str) -> None:
        self._statements = statements
        self.iri = iri
        self._focus = f"<{iri}>"
        self.kind = next(iter(self.terms(vocab.TYPE)), "")
        self.entity = self.link(vocab.IS_VERSION_OF)

    def terms(self, predicate: Term, of: Term = "") -> Sequence[Term]:
        """The values of the member, or of the node `of` in it."""
        return self._statements.get((of or self._focus, predicate), ())

    def node(self, predicate: Term, of: Term = "") -> Term:
        """The one value; a term without statements if there is none."""
        return next(iter(self.terms(predicate, of)), "_:nothing")

    def text(self, predicate: Term, of: Term = "") -> str:
        """The text of a literal; empty if there is none."""
        for term in self.terms(predicate, of):
            try:
                parts = split(term)
            except ValueError as error:
                raise Unreadable(f"{predicate} holds no term: {error}") from error
            if parts.kind is RdfTermKind.LITERAL:
                return parts.value
        return ""

    def link(self, predicate: Term, of: Term = "") -> str:
        """The first IRI; empty if there is none."""
        return next((t[1:-1] for t in self.terms(predicate, of) if t.startswith("<")), "")

    def concepts(self, predicate: Term, of: Term = "") -> dict[str, str]:
        """Concepts of our code lists: scheme to name."""
        found = (_CONCEPT.search(t[1:-1]) for t in self.terms(predicate, of) if t.startswith("<"))
        return {match[1]: match[2] for match in found if match}


def statements_of(lines: bytes, iris: Sequence[str]) -> list[MemberStatements]:
    """The members in some lines of N-Triples.

    Raises:
        Unreadable: they are not N-Triples.
    """
    statements: Statements = {}
    try:
        for subject, predicate, value, _ in read_lines(lines):
            statements.setdefault((subject, predicate), []).append(value)
    except ValueError as error:
        raise Unreadable(f"it is no member in N-Triples: {error}") from error
    return [MemberStatements(statements, iri) for iri in iris]


def place_of(iri: str) -> tuple[str, str] | None:
    """Cabinet and outlet (or empty) that an entity's IRI names; None if it names neither."""
    match = _PLACE.search(iri)
    if match is None or (match[1] == "stopcontact") != (match[3] is not None):
        return None
    return match[2], match[3] or ""


def name_of(iri: str) -> str:
    """The last part of an IRI: the name of a meter here."""
    return iri.rpartition("/")[2]
