"""A subject's triples as rows for display: predicate, values, blank nodes nested."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ldes_shok.ldes.member import Term, Triple
from ldes_shok.rdf.syntax import XSD_STRING, RdfTermKind, split
from ldes_shok.rdf.terms import value_of
from ldes_shok.rdf.vocab import PREFIXES, TYPE

_LOCAL_NAME = re.compile(r"[^/#]+[/#]?$")
_IDENTIFIED = re.compile(r"^https?://[^/]+/(?:.*/)?id/(.+)$")

Labeller = Callable[[str], str | None]
"""Gives the name of an absolute IRI, or None where it has none."""


@dataclass(frozen=True, slots=True)
class RowValue:
    """One value of a property.

    Attributes:
        text: the text to show: of a literal, or a name for the IRI.
        iri: absolute IRI; empty for literals and nested nodes.
        language: language tag; empty where there is none.
        datatype: short name of the datatype; empty for strings.
        rows: the rows of a nested blank node; empty otherwise.
    """

    text: str
    iri: str = ""
    language: str = ""
    datatype: str = ""
    rows: tuple[PropertyRow, ...] = ()


@dataclass(frozen=True, slots=True)
class PropertyRow:
    """A predicate with all its values. `name` is the short name, `iri` the whole."""

    iri: str
    name: str
    values: tuple[RowValue, ...]


def short_name(iri: str) -> str:
    """`prefix:local` with one of our prefixes; otherwise the distinctive part of the IRI.

    By the Flemish URI standard that part follows `/id/`; elsewhere it is the last part.
    """
    for prefix, namespace in PREFIXES.items():
        local = iri.removeprefix(namespace)
        if local != iri and local and "/" not in local and "#" not in local:
            return f"{prefix}:{local}"
    identified = _IDENTIFIED.match(iri)
    if identified:
        return identified[1]
    found = _LOCAL_NAME.search(iri)
    return found.group() if found else iri


def rows_of(
    triples: Sequence[Triple], subject: Term, label: Labeller = lambda _: None
) -> tuple[PropertyRow, ...]:
    """The rows of `subject`, in the order of the triples.

    Args:
        triples: N-Triples terms.
        subject: an IRI term or a blank node label.
        label: names for the IRIs that are values.
    """
    values: dict[Term, list[RowValue]] = {}
    for other, predicate, term in triples:
        if other == subject:
            values.setdefault(predicate, []).append(_value(triples, term, label))
    return tuple(
        PropertyRow(value_of(predicate), _predicate_name(value_of(predicate)), tuple(many))
        for predicate, many in values.items()
    )


def _predicate_name(iri: str) -> str:
    return "rdf:type" if iri == value_of(TYPE) else short_name(iri)


def _value(triples: Sequence[Triple], term: Term, label: Labeller) -> RowValue:
    parts = split(term)
    match parts.kind:
        case RdfTermKind.BLANK_NODE:
            # Nested nodes are datatypes: they form a tree, so this ends.
            return RowValue("", rows=rows_of(triples, term, label))
        case RdfTermKind.IRI:
            return RowValue(label(parts.value) or short_name(parts.value), iri=parts.value)
        case RdfTermKind.LITERAL:
            plain = bool(parts.language) or parts.datatype == XSD_STRING
            datatype = "" if plain else short_name(parts.datatype)
            return RowValue(parts.value, language=parts.language, datatype=datatype)
