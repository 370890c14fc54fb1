"""A member's texts: rendered once, when it is published, and joined into pages for ever after."""

from __future__ import annotations

from collections.abc import Sequence

from ldes_shok.clock import format_milliseconds
from ldes_shok.ldes.member import Draft, Member, Stamp, Triple
from ldes_shok.ldes.template import verbatim
from ldes_shok.rdf import vocab
from ldes_shok.rdf.context import JsonLdContext
from ldes_shok.rdf.jsonld import JsonLdWriter
from ldes_shok.rdf.terms import date_time, integer, iri
from ldes_shok.rdf.turtle import TurtleWriter


def stamped(draft: Draft, stamp: Stamp) -> tuple[Triple, ...]:
    """The draft's triples with its publication time and position, in publication form."""
    subject = iri(draft.iri)
    return (
        *draft.triples,
        (subject, vocab.GENERATED_AT, date_time(format_milliseconds(stamp.published_ms))),
        (subject, vocab.POSITION, integer(stamp.position)),
    )


class BlockRenderer:
    """Renders members to their three texts.

    In Turtle and N-Triples a block begins with the `tree:member` triple, as the TREE profile
    wants it; in JSON-LD it is an element of the stream's `member` array.
    """

    def __init__(self, turtle: TurtleWriter, context: JsonLdContext) -> None:
        self._turtle = turtle
        self._jsonld = JsonLdWriter(context)
        self._template = verbatim()

    def render(
        self, draft: Draft, stamp: Stamp, triples: Sequence[Triple], stream_iri: str
    ) -> Member:
        """The member that is published for `draft`.

        Args:
            draft: what the mapping made.
            stamp: its place in the stream.
            triples: `stamped(draft, stamp)`: the very terms that were judged.
            stream_iri: absolute IRI of the event stream.
        """
        label = f"m{stamp.position}"
        membership = (iri(stream_iri), vocab.TREE_MEMBER, iri(draft.iri))
        turtle = (
            f"{membership[0]} {self._turtle.term(membership[1])} {membership[2]} .\n"
            f"{self._turtle.star(triples, label)}\n"
        )
        return Member(
            stream=draft.stream,
            iri=draft.iri,
            entity=draft.entity,
            stamp=stamp,
            summary=draft.summary,
            template=self._template,
            values=(
                turtle,
                ntriples((membership, *triples), label),
                self._jsonld.member(triples, label).decode(),
            ),
        )


def ntriples(triples: Sequence[Triple], label: str) -> str:
    """N-Triples lines (also N-Quads: default graph), blank nodes prefixed with `label`."""
    lines: list[str] = []
    for subject, predicate, term in triples:
        left = f"_:{label}{subject[2:]}" if subject[0] == "_" else subject
        right = f"_:{label}{term[2:]}" if term[0] == "_" else term
        lines.append(f"{left} {predicate} {right} .\n")
    return "".join(lines)
