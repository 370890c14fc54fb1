"""Members: the immutable RDF things that make up an event stream.

A term is a string in N-Triples syntax (`<iri>`, `"text"@nl`, `"1.5"^^<iri>`, `_:b0`): compact,
hashable, comparable, and already escaped. `ldes_shok.rdf.terms` makes them.

These are msgspec structs and not dataclasses, because every member passes through all of them and a
struct is made in a fifth of the time.
"""

from __future__ import annotations

import msgspec

from ldes_shok.ldes.form import Form
from ldes_shok.ldes.template import Outline, Template, Term, Triple

__all__ = [
    "FIRST_POSITION",
    "Draft",
    "Form",
    "Member",
    "Stamp",
    "Summary",
    "Term",
    "Triple",
]

FIRST_POSITION = 10**15 + 1
"""`ldes:sequencePath` starts here: text order and numeric order agree (checklist row 64)."""


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A member before the log stamps it: the result of the mapping.

    Attributes:
        stream: name of the event stream it goes to.
        iri: the member's absolute IRI, a function of the event's natural key and content.
        entity: absolute IRI of the thing that this is a version of.
        outline: the member's statements: the subject of the star first, its publication time and
            position last. Blank nodes are `_:` + a label unique in the member.
        values: the values for the outline's gaps, all but the last two.
        summary: what a person reads in a table: kind, subject, value.
    """

    stream: str
    iri: str
    entity: str
    outline: Outline
    values: tuple[str, ...]
    summary: Summary

    @property
    def triples(self) -> tuple[Triple, ...]:
        """The member's statements, without its place in the stream."""
        return self.outline.fill((*self.values, "", ""))[:-2]

    def under(self, iri: str) -> Draft:
        """The same draft with another IRI, which is always the first value."""
        return msgspec.structs.replace(self, iri=iri, values=(iri, *self.values[1:]))


class Summary(msgspec.Struct, frozen=True, gc=False):
    """One line for people, in Dutch: no markup, no IRIs needed to understand it."""

    kind: str
    subject: str
    value: str
    observed_at: str


class Stamp(msgspec.Struct, frozen=True, gc=False):
    """The log's addition to a draft: its place in the stream and its publication time."""

    position: int
    published_ms: int


class Member(msgspec.Struct, frozen=True, gc=False):
    """A published member. Never changes.

    `template` and `values` are its texts; no value holds a control character.
    """

    stream: str
    iri: str
    entity: str
    stamp: Stamp
    summary: Summary
    template: Template
    values: tuple[str, ...]

    def text(self, form: Form) -> bytes:
        """The member's block in `form`."""
        return self.template.text(form, self.values)
