"""A builder for one member's statements: the star, and the datatypes that are blank nodes.

The outline holds what all members of a kind have in common; the values hold the rest. Most members
have the outline of an earlier member, so the outline is looked up and not made again.
"""

from __future__ import annotations

from typing import Final

from ldes_shok.ldes.member import Draft, Summary, Term
from ldes_shok.ldes.template import GAP, IRI_GAP, Outline
from ldes_shok.rdf import vocab
from ldes_shok.rdf.terms import XSD, escape, iri, plain

_PLAIN_GAP: Final = f'"{GAP}"'
_DUTCH_GAP: Final = f'"{GAP}"@nl'
_DATE_TIME_GAP: Final = f'"{GAP}"^^<{XSD}dateTime>'
_DECIMAL_GAP: Final = f'"{GAP}"^^<{XSD}decimal>'
_INTEGER_GAP: Final = f'"{GAP}"^^<{XSD}integer>'
_WKT_GAP: Final = f'"{GAP}"^^<{vocab.WKT_LITERAL}>'


class Outlines:
    """Holds every outline once, so that data kept by outline is found at once.

    Not safe for several threads. Bounded, because a sender decides how many outlets a cabinet has:
    above `limit` it drops all outlines and starts again.
    """

    def __init__(self, limit: int = 4096) -> None:
        self._known: dict[tuple[Term, ...], Outline] = {}
        self._limit = limit

    def of(self, parts: list[Term]) -> Outline:
        """The outline of these terms: subject, predicate, object, and again."""
        key = tuple(parts)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= self._limit:
                self._known.clear()
            terms = iter(key)
            known = self._known[key] = Outline(tuple(zip(terms, terms, terms, strict=True)))
        return known


class MemberBuilder:
    """Collects the statements about one member, beginning with its own IRI."""

    def __init__(self, outlines: Outlines, member_iri: str, entity: str, class_term: Term) -> None:
        iri(member_iri)
        self._outlines = outlines
        self._parts: list[Term] = [IRI_GAP, vocab.TYPE, class_term]
        self._values: list[str] = [member_iri]
        self._blank_nodes = 0
        self._entity = entity
        self.link(vocab.IS_VERSION_OF, entity)

    def draft(self, stream: str, summary: Summary) -> Draft:
        """The finished member, for `stream`."""
        parts = self._parts
        parts += (
            IRI_GAP,
            vocab.GENERATED_AT,
            _DATE_TIME_GAP,
            IRI_GAP,
            vocab.POSITION,
            _INTEGER_GAP,
        )
        values = tuple(self._values)
        return Draft(stream, values[0], self._entity, self._outlines.of(parts), values, summary)

    def add(self, predicate: Term, value: Term, subject: Term = IRI_GAP) -> None:
        """State what all members of the kind have in common: a code, a class, a blank node."""
        self._parts += (subject, predicate, value)

    def link(self, predicate: Term, target: str) -> None:
        """Refer to another entity by its IRI.

        Raises:
            ValueError: `target` is no IRI.
        """
        iri(target)
        self._parts += (IRI_GAP, predicate, IRI_GAP)
        self._values.append(target)

    def time(self, predicate: Term, lexical: str, subject: Term = IRI_GAP) -> None:
        """State an xsd:dateTime."""
        self._parts += (subject, predicate, _DATE_TIME_GAP)
        self._values.append(lexical)

    def decimal(self, predicate: Term, lexical: str, subject: Term = IRI_GAP) -> None:
        """State an xsd:decimal."""
        self._parts += (subject, predicate, _DECIMAL_GAP)
        self._values.append(lexical)

    def plain(self, predicate: Term, value: str, subject: Term = IRI_GAP) -> None:
        """State a text without a language."""
        self._parts += (subject, predicate, _PLAIN_GAP)
        self._values.append(escape(value))

    def dutch(self, predicate: Term, value: str, subject: Term = IRI_GAP) -> None:
        """State a text in Dutch."""
        self._parts += (subject, predicate, _DUTCH_GAP)
        self._values.append(escape(value))

    def node(self, class_term: Term) -> Term:
        """A new blank node of a datatype; no statement refers to it yet."""
        label = f"_:b{self._blank_nodes}"
        self._blank_nodes += 1
        self.add(vocab.TYPE, class_term, label)
        return label

    def identifier(self, notation: str, datatype: str, agency: str = "") -> Term:
        """An Identificator: the datatype of the notation names the identifier system."""
        node = self.node(vocab.IDENTIFIER_CLASS)
        self._parts += (node, vocab.NOTATION, f'"{GAP}"^^<{datatype}>')
        self._values.append(escape(notation))
        if agency:
            self.plain(vocab.SCHEMA_AGENCY, agency, node)
        return node

    def instant(self, lexical: str) -> Term:
        """A Moment."""
        node = self.node(vocab.INSTANT)
        self.time(vocab.IN_XSD_DATE_TIME, lexical, node)
        return node

    def period(self, start: str, end: str) -> Term:
        """A Periode, half-open."""
        node = self.node(vocab.PROPER_INTERVAL)
        self.add(vocab.HAS_BEGINNING, self.instant(start), node)
        self.add(vocab.HAS_END, self.instant(end), node)
        return node

    def parameter(self, name: str, value: Term) -> None:
        """A BenoemdeWaarde under Observatie.parameter whose value is a code."""
        node = self.node(vocab.STRUCTURED_VALUE)
        self.add(vocab.SCHEMA_NAME, plain(name), node)
        self.add(vocab.SCHEMA_VALUE, value, node)
        self.add(vocab.PARAMETER, node)

    def point(self, longitude: str, latitude: str) -> Term:
        """A Punt in CRS84: longitude first."""
        node = self.node(vocab.POINT)
        self._parts += (node, vocab.AS_WKT, _WKT_GAP)
        self._values.append(f"<{vocab.CRS84}> POINT({longitude} {latitude})")
        return node

    def address(self, street: str, number: str, postcode: str, municipality: str) -> Term:
        """An Adresvoorstelling; street and number may be empty."""
        node = self.node(vocab.ADDRESS_CLASS)
        if street:
            self.dutch(vocab.THOROUGHFARE, street, node)
        if number:
            self.plain(vocab.HOUSE_NUMBER, number, node)
        self.plain(vocab.POST_CODE, postcode, node)
        self.dutch(vocab.MUNICIPALITY_NAME, municipality, node)
        return node
