"""Terms that only tests write: the service's own times stand in templates."""

from __future__ import annotations

from ldes_shok.ldes.member import Term
from ldes_shok.rdf.terms import XSD, literal


def date_time(lexical: str) -> Term:
    """An xsd:dateTime literal."""
    return literal(lexical, f"{XSD}dateTime")
