"""Our JSON-LD context: the standard's terms, with corrected coercions.

The published context types numbers as rdfs:Literal and language strings as the datatype
rdf:langString. Ours has decimal, dateTime and `@language: nl`. It is packaged, never fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import msgspec

from ldes_shok.ldes.member import Term

_AMBIGUOUS = {
    # One IRI has several terms in the standard: this is the one that we write.
    "http://purl.org/dc/terms/type": "Platform.type",
    "http://purl.org/dc/terms/identifier": "Aansluiting.identificator",
    "http://www.opengis.net/ont/geosparql#hasGeometry": "Aansluiting.geometrie",
    "http://www.w3.org/ns/sosa/hasFeatureOfInterest": "Observatie.geobserveerdObject",
    "http://www.w3.org/ns/sosa/hasResult": "Observatie.resultaat",
    "https://saref.etsi.org/core/hasFunction": "Toestel.functie",
    "https://saref.etsi.org/core/hasModel": "Toestel.model",
    "http://www.w3.org/2004/02/skos/core#Concept": "Faciliteitstatus",
    "http://purl.org/dc/terms/title": "titel",
    "http://www.w3.org/2004/02/skos/core#notation": "Identificator.identificator",
}
NOTATION_OF_NODE = "Meter.identificator"
"""skos:notation with an Identificator node as value (the standard uses it so for meters)."""


@dataclass(frozen=True, slots=True)
class TermDefinition:
    """How a predicate is written: its key, and the coercion of its values."""

    key: str
    type: str | None = None
    language: str | None = None
    is_set: bool = False


@dataclass(frozen=True, slots=True)
class JsonLdContext:
    """The context document and its inverse.

    Attributes:
        document: the bytes served at `/context.jsonld`.
        properties: predicate term to its definition.
        classes: class term to its key.
    """

    document: bytes
    properties: Mapping[Term, TermDefinition]
    classes: Mapping[Term, str]


def load_context() -> JsonLdContext:
    """Read the context that ships with the package."""
    document = resources.files("ldes_shok.rdf").joinpath("context.jsonld").read_bytes()
    definitions: dict[str, str | float | dict[str, str]] = msgspec.json.decode(document)["@context"]
    properties: dict[Term, TermDefinition] = {}
    classes: dict[Term, str] = {}
    for key, value in definitions.items():
        if isinstance(value, dict):
            term = f"<{value['@id']}>"
            if _AMBIGUOUS.get(value["@id"], key) == key or term not in properties:
                properties[term] = TermDefinition(
                    key=key,
                    type=value.get("@type"),
                    language=value.get("@language"),
                    is_set=value.get("@container") == "@set",
                )
        elif isinstance(value, str):
            term = f"<{value}>"
            if _AMBIGUOUS.get(value, key) == key or term not in classes:
                classes[term] = key
    return JsonLdContext(document, properties, classes)
