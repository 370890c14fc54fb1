"""Members: the immutable RDF things that an event stream is made of.

A term is a string in N-Triples syntax (`<iri>`, `"text"@nl`, `"1.5"^^<iri>`, `_:b0`): compact,
hashable, comparable, and already escaped. `ldes_shok.rdf.terms` makes them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Term = str
Triple = tuple[Term, Term, Term]

FIRST_POSITION = 10**15 + 1
"""`ldes:sequencePath` starts here: text order and numeric order agree (checklist row 64)."""


class Form(StrEnum):
    """The texts that each member is rendered to, once, when it is published."""

    TURTLE = "turtle"
    NTRIPLES = "ntriples"
    JSONLD = "jsonld"


@dataclass(frozen=True, slots=True)
class Draft:
    """A member before the log stamps it: what the mapping made of an event.

    Attributes:
        stream: name of the event stream it goes to.
        iri: the member's absolute IRI, a function of the event's natural key and content.
        entity: absolute IRI of what this is a version of.
        triples: the member's star and its blank nodes, subject of the star first.
            Blank nodes are `_:` + a label unique in the member.
        summary: what a person reads in a table: kind, subject, value.
    """

    stream: str
    iri: str
    entity: str
    triples: tuple[Triple, ...]
    summary: Summary


@dataclass(frozen=True, slots=True)
class Summary:
    """One line for people, in Dutch: no markup, no IRIs needed to understand it."""

    kind: str
    subject: str
    value: str
    observed_at: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the log adds to a draft: its place in the stream and its publication time."""

    position: int
    published_ms: int


@dataclass(frozen=True, slots=True)
class Member:
    """A published member, rendered. Never changes."""

    stream: str
    iri: str
    entity: str
    stamp: Stamp
    summary: Summary
    turtle: bytes
    ntriples: bytes
    jsonld: bytes

    def text(self, form: Form) -> bytes:
        """The member's block in `form`."""
        match form:
            case Form.TURTLE:
                return self.turtle
            case Form.NTRIPLES:
                return self.ntriples
            case Form.JSONLD:
                return self.jsonld
