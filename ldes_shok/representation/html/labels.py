"""Dutch names of our predicates, for the tables of a resource page."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PREDICATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "adms:schemaAgency": "toegekend door",
        "adms:status": "status",
        "badr:AddressRepresentation.houseNumber": "huisnummer",
        "badr:municipalityName": "gemeente",
        "cji:Reservatie.gereserveerdDoor": "gereserveerd door",
        "cji:Reservatie.gereserveerdVoor": "gereserveerd voor",
        "cji:Reservatie.periode": "periode",
        "dbo:influencedBy": "parameter",
        "dc11:type": "soort net",
        "dcterms:contributor": "uitgevoerd door",
        "dcterms:creator": "toegekend door",
        "dcterms:identifier": "identificator",
        "dcterms:isVersionOf": "versie van",
        "dcterms:modified": "tijdstip van deze versie",
        "dcterms:relation": "betreft",
        "dcterms:replaces": "vervangt",
        "dcterms:type": "type",
        "geo:asWKT": "coördinaten (WKT)",
        "geo:hasGeometry": "ligging",
        "locn:postCode": "postcode",
        "locn:thoroughfare": "straat",
        "net:Node.geometry": "ligging",
        "prov:atLocation": "plaats",
        "prov:atTime": "wanneer",
        "prov:generatedAtTime": "gepubliceerd op",
        "prov:qualifiedAssociation": "wie",
        "qudts:hasUnit": "eenheid",
        "qudts:value": "getal",
        "rdfs:comment": "toelichting",
        "rdfs:label": "naam",
        "rdf:type": "soort",
        "saref:accomplishes": "taak",
        "saref:hasFunction": "functie",
        "saref:hasModel": "model",
        "schema:additionalProperty": "kenmerk",
        "schema:name": "naam",
        "schema:position": "plaats in de stroom",
        "schema:value": "waarde",
        "skos:altLabel": "andere naam",
        "skos:broadMatch": "ruimer begrip elders",
        "skos:closeMatch": "bijna hetzelfde elders",
        "skos:definition": "definitie",
        "skos:exactMatch": "hetzelfde elders",
        "skos:hasTopConcept": "begrip",
        "skos:inScheme": "begrippenlijst",
        "skos:narrowMatch": "enger begrip elders",
        "skos:notation": "code",
        "skos:prefLabel": "naam",
        "skos:relatedMatch": "verwant begrip elders",
        "skos:topConceptOf": "begrip van",
        "sosa:actsOnProperty": "wat veranderd is",
        "sosa:hasFeatureOfInterest": "gemeten aan",
        "sosa:hasResult": "resultaat",
        "sosa:isHostedBy": "hangt in",
        "sosa:madeBySensor": "gemeten door",
        "sosa:observedProperty": "wat gemeten is",
        "sosa:phenomenonTime": "tijd van de meting",
        "sosa:resultTime": "tijdstip van het resultaat",
        "time:hasBeginning": "begin",
        "time:hasEnd": "einde",
        "time:inXSDDateTime": "tijdstip",
        "us:Connection.appurtenanceType": "toebehorentype",
        "us:UtilityNetworkElement.inNetwork": "in net",
        "us:address": "adres",
        "us:authorityRole": "beheerder",
        "us:currentStatus": "operationele status",
        "us:gebruiker": "gebruiker",
        "us:geographicalName": "naam",
        "us:identifier": "identificator",
        "us:inNetwerk": "in netwerk",
        "us:leverancier": "leverancier",
        "us:node": "stopcontact",
        "us:validFrom": "geldig vanaf",
    }
)
"""Dutch names of predicates, by their short names."""


def predicate_label(short_name: str) -> str:
    """Return the Dutch name of a predicate, or its short name if it has none."""
    return PREDICATES.get(short_name, short_name)
