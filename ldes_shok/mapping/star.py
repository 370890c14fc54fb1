"""A builder for one member's triples: the star, and the datatypes that are blank nodes."""

from __future__ import annotations

from ldes_shok.ldes.member import Term, Triple
from ldes_shok.rdf import vocab
from ldes_shok.rdf.terms import iri, literal, plain, text


class Star:
    """Collects the triples of one member, its own IRI first."""

    def __init__(self, member_iri: str, entity: str, class_term: Term) -> None:
        self._subject = iri(member_iri)
        self._triples: list[Triple] = []
        self._blank_nodes = 0
        self.add(vocab.TYPE, class_term)
        self.add(vocab.IS_VERSION_OF, iri(entity))

    @property
    def triples(self) -> tuple[Triple, ...]:
        """What was collected."""
        return tuple(self._triples)

    def add(self, predicate: Term, value: Term, subject: Term | None = None) -> None:
        """State `value` of the member, or of one of its blank nodes."""
        self._triples.append((subject or self._subject, predicate, value))

    def link(self, predicate: Term, target: str) -> None:
        """Refer to another entity by its IRI."""
        self.add(predicate, iri(target))

    def node(self, class_term: Term) -> Term:
        """A new blank node of a datatype, not yet referred to."""
        label = f"_:b{self._blank_nodes}"
        self._blank_nodes += 1
        self.add(vocab.TYPE, class_term, label)
        return label

    def identifier(self, notation: str, datatype: str, agency: str = "", creator: str = "") -> Term:
        """An Identificator: the datatype of the notation names the identifier system."""
        node = self.node(vocab.IDENTIFIER_CLASS)
        self.add(vocab.NOTATION, literal(notation, datatype), node)
        if agency:
            self.add(vocab.SCHEMA_AGENCY, plain(agency), node)
        if creator:
            self.add(vocab.CREATOR, iri(creator), node)
        return node

    def point(self, longitude: str, latitude: str) -> Term:
        """A Punt in CRS84: longitude first."""
        node = self.node(vocab.POINT)
        wkt = f"<{vocab.CRS84}> POINT({longitude} {latitude})"
        self.add(vocab.AS_WKT, literal(wkt, vocab.WKT_LITERAL), node)
        return node

    def address(self, street: str, number: str, postcode: str, municipality: str) -> Term:
        """An Adresvoorstelling; street and number may be empty."""
        node = self.node(vocab.ADDRESS_CLASS)
        if street:
            self.add(vocab.THOROUGHFARE, text(street, "nl"), node)
        if number:
            self.add(vocab.HOUSE_NUMBER, plain(number), node)
        self.add(vocab.POST_CODE, plain(postcode), node)
        self.add(vocab.MUNICIPALITY_NAME, text(municipality, "nl"), node)
        return node
