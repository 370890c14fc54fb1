"""The vocabulary terms that we write, as N-Triples IRI terms.

IRIs are those of the erkende standaard Openbare Nutsvoorzieningkasten of 2026-01-03. Two of its
namespaces differ from the W3C and QUDT ones by their scheme (`sosas:`, `qudts:` are https there);
we write the IRIs of the standard.
"""

from __future__ import annotations

from typing import Final

from ldes_shok.ldes.member import Term

PREFIXES: Final[dict[str, str]] = {
    "adms": "http://www.w3.org/ns/adms#",
    "as": "https://www.w3.org/ns/activitystreams#",
    "badr": "https://vocab.belgif.be/ns/address#",
    "cji": "https://data.vlaanderen.be/ns/cultuur-en-jeugd/infrastructuur#",
    "dbo": "http://dbpedia.org/ontology/",
    "dc11": "http://purl.org/dc/elements/1.1/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "ldes": "https://w3id.org/ldes#",
    "locn": "http://www.w3.org/ns/locn#",
    "meters": "https://data.vlaanderen.be/ns/nutsvoorzieningen/meters#",
    "net": "https://vocab.belgif.be/ns/network#",
    "org": "http://www.w3.org/ns/org#",
    "prov": "http://www.w3.org/ns/prov#",
    "qudts": "https://qudt.org/schema/qudt/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "s4bldg": "https://saref.etsi.org/saref4bldg/",
    "saref": "https://saref.etsi.org/core/",
    "schema": "https://schema.org/",
    "sf": "http://www.opengis.net/ont/sf#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sosa": "http://www.w3.org/ns/sosa/",
    "ssn": "http://www.w3.org/ns/ssn/",
    "time": "http://www.w3.org/2006/time#",
    "tree": "https://w3id.org/tree#",
    "unit": "http://qudt.org/vocab/unit/",
    "us": "https://vocab.belgif.be/ns/utility-services#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
"""Prefixes of every Turtle and TriG page, in this order."""


def _term(name: str) -> Term:
    prefix, local = name.split(":", 1)
    return f"<{PREFIXES[prefix]}{local}>"


TYPE: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"

# --- every member ---------------------------------------------------------------------------
IS_VERSION_OF: Final = _term("dcterms:isVersionOf")
GENERATED_AT: Final = _term("prov:generatedAtTime")
MODIFIED: Final = _term("dcterms:modified")
POSITION: Final = _term("schema:position")
DELETE: Final = _term("as:Delete")

# --- classes --------------------------------------------------------------------------------
UTILITY_NETWORK: Final = _term("us:UtilityNetwork")
CABINET: Final = _term("us:Cabinet")
OUTLET: Final = _term("s4bldg:Outlet")
CONNECTION: Final = _term("us:Connection")
METER: Final = _term("saref:Meter")
ORGANIZATION: Final = _term("org:Organization")
OBSERVATION: Final = _term("sosa:Observation")
AGGREGATED_CONSUMPTION: Final = _term("meters:GeaggregeerdVerbruikObservatie")
LOCATION: Final = _term("dcterms:Location")
INDIVIDUAL_CONSUMPTION: Final = _term("meters:IndividueelVerbruikObservatie")
ACTUATION: Final = _term("sosa:Actuation")
STIMULUS: Final = _term("ssn:Stimulus")
RESERVATION: Final = _term("cji:Reservatie")
ACTIVITY: Final = _term("prov:Activity")
AGENT: Final = _term("dcterms:Agent")
PROPERTY_VALUE: Final = _term("schema:PropertyValue")
IDENTIFIER_CLASS: Final = _term("adms:Identifier")
ADDRESS_CLASS: Final = _term("locn:Address")
POINT: Final = _term("sf:Point")
INSTANT: Final = _term("time:Instant")
PROPER_INTERVAL: Final = _term("time:ProperInterval")
QUANTITY_VALUE: Final = _term("qudts:QuantityValue")
STRUCTURED_VALUE: Final = _term("schema:StructuredValue")

# --- network, cabinet, outlet, connection ---------------------------------------------------
LABEL: Final = _term("rdfs:label")
PREF_LABEL: Final = _term("skos:prefLabel")
DCTERMS_TYPE: Final = _term("dcterms:type")
DC_TYPE: Final = _term("dc11:type")
US_IDENTIFIER: Final = _term("us:identifier")
DCTERMS_IDENTIFIER: Final = _term("dcterms:identifier")
NOTATION: Final = _term("skos:notation")
SCHEMA_AGENCY: Final = _term("adms:schemaAgency")
CURRENT_STATUS: Final = _term("us:currentStatus")
STATUS: Final = _term("adms:status")
VALID_FROM: Final = _term("us:validFrom")
IN_NETWORK: Final = _term("us:UtilityNetworkElement.inNetwork")
IN_NETWERK: Final = _term("us:inNetwerk")
NODE_GEOMETRY: Final = _term("net:Node.geometry")
HAS_GEOMETRY: Final = _term("geo:hasGeometry")
AS_WKT: Final = _term("geo:asWKT")
US_NODE: Final = _term("us:node")
APPURTENANCE_TYPE: Final = _term("us:Connection.appurtenanceType")
US_ADDRESS: Final = _term("us:address")
THOROUGHFARE: Final = _term("locn:thoroughfare")
HOUSE_NUMBER: Final = _term("badr:AddressRepresentation.houseNumber")
POST_CODE: Final = _term("locn:postCode")
MUNICIPALITY_NAME: Final = _term("badr:municipalityName")
SUPPLIER: Final = _term("us:leverancier")
USER: Final = _term("us:gebruiker")
AUTHORITY: Final = _term("us:authorityRole")
GEOGRAPHICAL_NAME: Final = _term("us:geographicalName")

# --- meter ----------------------------------------------------------------------------------
HAS_FUNCTION: Final = _term("saref:hasFunction")
ACCOMPLISHES: Final = _term("saref:accomplishes")
HAS_MODEL: Final = _term("saref:hasModel")
IS_HOSTED_BY: Final = _term("sosa:isHostedBy")

# --- observation ----------------------------------------------------------------------------
FEATURE_OF_INTEREST: Final = _term("sosa:hasFeatureOfInterest")
OBSERVED_PROPERTY: Final = _term("sosa:observedProperty")
PHENOMENON_TIME: Final = _term("sosa:phenomenonTime")
HAS_RESULT: Final = _term("sosa:hasResult")
MADE_BY_SENSOR: Final = _term("sosa:madeBySensor")
CONTRIBUTOR: Final = _term("dcterms:contributor")
PARAMETER: Final = _term("dbo:influencedBy")
IN_XSD_DATE_TIME: Final = _term("time:inXSDDateTime")
HAS_BEGINNING: Final = _term("time:hasBeginning")
HAS_END: Final = _term("time:hasEnd")
VALUE: Final = _term("qudts:value")
HAS_UNIT: Final = _term("qudts:hasUnit")
SCHEMA_NAME: Final = _term("schema:name")
SCHEMA_VALUE: Final = _term("schema:value")

# --- activation, fault, reservation, activity -----------------------------------------------
ACTS_ON_PROPERTY: Final = _term("sosa:actsOnProperty")
RESULT_TIME: Final = _term("sosa:resultTime")
REPLACES: Final = _term("dcterms:replaces")
RELATION: Final = _term("dcterms:relation")
COMMENT: Final = _term("rdfs:comment")
RESERVED_BY: Final = _term("cji:Reservatie.gereserveerdDoor")
RESERVED_FOR: Final = _term("cji:Reservatie.gereserveerdVoor")
RESERVATION_PERIOD: Final = _term("cji:Reservatie.periode")
AT_TIME: Final = _term("prov:atTime")
AT_LOCATION: Final = _term("prov:atLocation")
QUALIFIED_ASSOCIATION: Final = _term("prov:qualifiedAssociation")
ADDITIONAL_PROPERTY: Final = _term("schema:additionalProperty")

# --- values of other people's code lists ----------------------------------------------------
ELECTRICITY: Final = "<http://inspire.ec.europa.eu/codelist/UtilityNetworkTypeValue/electricity>"
DELIVERY_POINT: Final = (
    "<http://inspire.ec.europa.eu/codelist/ElectricityAppurtenanceTypeValue/deliveryPoint>"
)
FUNCTIONAL: Final = "<http://inspire.ec.europa.eu/codelist/ConditionOfFacilityValue/functional>"
WKT_LITERAL: Final = "http://www.opengis.net/ont/geosparql#wktLiteral"
CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

# --- LDES and TREE --------------------------------------------------------------------------
EVENT_STREAM: Final = _term("ldes:EventStream")
LDES_IMMUTABLE: Final = _term("ldes:immutable")
LDES_SEQUENCE_PATH: Final = _term("ldes:sequencePath")
LDES_TIMESTAMP_PATH: Final = _term("ldes:timestampPath")
LDES_VERSION_OF_PATH: Final = _term("ldes:versionOfPath")
NODE: Final = _term("tree:Node")
TREE_GREATER_OR_EQUAL: Final = _term("tree:GreaterThanOrEqualToRelation")
TREE_LESS: Final = _term("tree:LessThanRelation")
TREE_LESS_OR_EQUAL: Final = _term("tree:LessThanOrEqualToRelation")
TREE_MEMBER: Final = _term("tree:member")
TREE_NODE: Final = _term("tree:node")
TREE_PATH: Final = _term("tree:path")
TREE_RELATION: Final = _term("tree:relation")
TREE_VALUE: Final = _term("tree:value")
TREE_VIEW: Final = _term("tree:view")
VERSION_TIME_IRI: Final = PREFIXES["dcterms"] + "modified"
