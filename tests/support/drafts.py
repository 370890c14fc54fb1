"""Drafts that say given triples, for tests that want others than the mapping makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ldes_shok.ldes.member import Draft, Summary, Term, Triple
from ldes_shok.ldes.template import GAP, IRI_GAP, Outline
from ldes_shok.rdf import vocab
from ldes_shok.rdf.terms import XSD

_LITERAL = re.compile(r'"(.*)"((?:@|\^\^).*)?\Z', re.DOTALL)
_STAMP: tuple[Triple, ...] = (
    (IRI_GAP, vocab.GENERATED_AT, f'"{GAP}"^^<{XSD}dateTime>'),
    (IRI_GAP, vocab.POSITION, f'"{GAP}"^^<{XSD}integer>'),
)


def outlined(
    triples: Sequence[Triple], is_gap: Callable[[Term], bool] = lambda _: True
) -> tuple[Outline, tuple[str, ...]]:
    """An outline and values that give `triples`, all of one member.

    `is_gap` says of each object that is no blank node whether it is filled in.
    """
    focus = triples[0][0]
    filled: list[Triple] = []
    values = [focus[1:-1]]
    for subject, predicate, term in triples:
        pattern = term
        if predicate != vocab.TYPE and term[0] != "_" and is_gap(term):
            literal = _LITERAL.match(term)
            pattern = f'"{GAP}"{literal[2] or ""}' if literal else IRI_GAP
            values.append(literal[1] if literal else term[1:-1])
        filled.append((IRI_GAP if subject == focus else subject, predicate, pattern))
    return Outline(tuple(filled)), tuple(values)


def draft_of(
    triples: Sequence[Triple],
    stream: str,
    entity: str,
    summary: Summary,
    is_gap: Callable[[Term], bool] = lambda _: True,
) -> Draft:
    """A draft that says `triples`, its own subject first."""
    outline, values = outlined(triples, is_gap)
    whole = Outline((*outline.triples, *_STAMP))
    return Draft(stream, values[0], entity, whole, values, summary)
