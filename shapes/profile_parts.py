"""What the classes of several streams share: common properties, datatypes, values."""

from __future__ import annotations

from profile_values import (
    ClassShape,
    Datatype,
    Property,
    Value,
    concepts,
    datatype,
    dutch,
    link,
    literal,
    one_of,
    string,
    version_pattern,
)

_DAY = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
# We write Z and, for what we stamp, three decimals. The shape also takes +00:00 and six decimals:
# rdflib, with its defaults, rewrites a dateTime to that, and whoever checks our members with it
# must find that they conform.
UTC = literal(
    "xsd:dateTime",
    rf"^{_DAY}T{_TIME}(\.[0-9]{{1,6}})?(Z|\+00:00)$",
    "UTC-tijd op Z (hoogstens zes decimalen)",
    "UTC time that ends in Z (at most six decimals)",
)
_DECIMAL = literal(
    "xsd:decimal", r"^-?[0-9]+(\.[0-9]+)?$", "decimaal getal zonder exponent",
    "decimal number without an exponent",
)  # fmt: skip
_IRI = Value(("sh:nodeKind sh:IRI",), "IRI", "IRI")
ORGANISATION = link("een Organisatie", "an Organisatie", "organisatie")

# --- every member -------------------------------------------------------------------------

ALWAYS = (
    Property("dcterms:isVersionOf", _IRI, (1, 1)),
    Property("prov:generatedAtTime", UTC, (1, 1)),
    Property(
        "schema:position",
        literal(
            "xsd:integer", r"^[1-9][0-9]{15,}$", "geheel getal van minstens 16 cijfers",
            "integer of at least 16 digits",
        ),
        (1, 1),
    ),
)  # fmt: skip
VERSIONED = (*ALWAYS, Property("dcterms:modified", UTC, (1, 1)))


def type_of(shape: ClassShape | Datatype) -> Property:
    """The property that pins the class: that one and no other."""
    value = Value((f"sh:hasValue {shape.iri}",), f"{shape.iri}", f"{shape.iri}")
    return Property("rdf:type", value, (1, 1))


def version_of(shape: ClassShape) -> tuple[Property, ...]:
    """The property that says of which entity a member is a version."""
    words = " of ".join(shape.kinds)
    value = link(f"een entiteit ({words})", f"an entity ({words})", *shape.kinds)
    return (Property("dcterms:isVersionOf", value, (1, 1)),)


# --- datatypes ----------------------------------------------------------------------------


def notation(kind: str, pattern: str = "") -> Value:
    """The text of an identifier, whose datatype says of what kind it is."""
    lines = [f"sh:datatype <id/concept/identificatortype/{kind}>", "sh:minLength 1"]
    if pattern:
        lines.append(f'sh:pattern "{pattern}"')
    return Value(tuple(lines), kind, kind)


def _either(*notations: Value) -> Value:
    cases = " ".join(f"[ {' ; '.join(each.lines)} ]" for each in notations)
    words = [each.nl for each in notations]
    return Value((f"sh:or ( {cases} )",), " of ".join(words), " or ".join(words))


def identifier(name: str, value: Value, *more: Property) -> Datatype:
    """An Identificator."""
    properties = (Property("Identificator.identificator", value), *more)
    return Datatype(name, "Identificator", "adms:Identifier", properties)


_AGENCY = "Identificator.toegekendDoor(String)"
_CABINET_NUMBER = identifier(
    "Kastnummer", notation("kastnummer"), Property(_AGENCY, string(), (1, 1))
)
_OUTLET_NUMBER = identifier(
    "Stopcontactnummer", notation("stopcontactnummer"), Property(_AGENCY, string(), (1, 1))
)
SERIAL = identifier("Serienummer", notation("serienummer"))
ORGANISATION_NUMBER = identifier(
    "Organisatienummer",
    _either(notation("KBO-nummer", "^[0-9]{10}$"), notation("organisatiecode")),
    Property(_AGENCY, string()),
)
CONNECTION_NUMBER = identifier(
    "Aansluitingsnummer",
    _either(notation("EANNummer", "^54[0-9]{16}$"), notation("kastnummer")),
    Property("Identificator.toegekendDoor", ORGANISATION),
    Property(_AGENCY, string()),
)
_POSTCODE = literal("xsd:string", "^[1-9][0-9]{3}$", "postcode van vier cijfers",
                    "postcode of four digits")  # fmt: skip
ADDRESS = Datatype(
    "Adresvoorstelling", "Adresvoorstelling", "locn:Address",
    (
        Property("Adresvoorstelling.straatnaam", dutch()),
        Property("Adresvoorstelling.huisnummer", string()),
        Property("Adresvoorstelling.postcode", _POSTCODE, (1, 1)),
        Property("Adresvoorstelling.gemeentenaam", dutch(), (1, 1)),
    ),
)  # fmt: skip
_WKT = literal(
    "geo:wktLiteral",
    r"^<http://www\.opengis\.net/def/crs/OGC/1\.3/CRS84> "
    r"POINT\(-?[0-9]{1,3}(\.[0-9]+)? -?[0-9]{1,2}(\.[0-9]+)?\)$",
    "punt in CRS84, lengte voor breedte", "point in CRS84, longitude first",
)  # fmt: skip
_POINT = Datatype("Punt", "Punt", "sf:Point", (Property("Geometrie.alsWKT", _WKT, (1, 1)),))
MOMENT = Datatype(
    "Moment", "Moment", "time:Instant", (Property("Moment.inXSDDatumTijd", UTC, (1, 1)),)
)
_A_MOMENT = datatype(MOMENT, "Moment", "Moment")
PERIOD = Datatype(
    "Periode", "Periode", "time:ProperInterval",
    (Property("Periode.van", _A_MOMENT, (1, 1)), Property("Periode.tot", _A_MOMENT, (1, 1))),
)  # fmt: skip
WHEN = Datatype("TemporeleEntiteit", "TemporeleEntiteit", alternatives=(MOMENT, PERIOD))


def quantity(*units: str) -> Datatype:
    """A number in one of `units` (QUDT local names)."""
    listed = one_of(
        f"eenheid ({', '.join(units)})", f"unit ({', '.join(units)})",
        *(f"unit:{unit}" for unit in units),
    )  # fmt: skip
    properties = (
        Property("KwantitatieveWaarde.waarde", _DECIMAL),
        Property("KwantitatieveWaarde.eenheid", listed, (1, 1)),
    )
    return Datatype("KwantitatieveWaarde", "KwantitatieveWaarde", "qudts:QuantityValue", properties)


def named_value(name: str, label: str, value: Value) -> Datatype:
    """A BenoemdeWaarde with one name."""
    named = Value((f'sh:hasValue "{label}"',), f'"{label}"', f'"{label}"')
    properties = (Property("BenoemdeWaarde.naam", named), Property("BenoemdeWaarde.waarde", value))
    return Datatype(name, "BenoemdeWaarde", "schema:StructuredValue", properties)


PARAMETER = Datatype(
    "BenoemdeWaarde", "BenoemdeWaarde",
    alternatives=(
        named_value(
            "Fase", "fase", concepts("fase", "L1", "L2", "L3", "N", "L1-L2", "L2-L3", "L3-L1")
        ),
        named_value(
            "Statistiek", "statistiek", concepts("statistiek", "gemiddelde", "maximum", "minimum")
        ),
    ),
)  # fmt: skip

_KILOWATT_HOUR = one_of("unit:KiloW-HR", "unit:KiloW-HR", "unit:KiloW-HR")


def _register(name: str, label: str) -> Datatype:
    named = Value((f'sh:hasValue "{label}"',), f'"{label}"', f'"{label}"')
    properties = (
        Property("schema:name", named, (1, 1)),
        Property("schema:value", _DECIMAL, (1, 1)),
        Property("qudts:hasUnit", _KILOWATT_HOUR, (1, 1)),
    )
    return Datatype(name, "PropertyValue", "schema:PropertyValue", properties)


METER_LIFE = Property(
    "schema:additionalProperty",
    datatype(
        Datatype(
            "Meterkenmerk", "PropertyValue",
            alternatives=(
                _register("Beginstand", "beginstand"),
                _register("Eindstand", "eindstand"),
                _register("EindstandVervangen", "eindstand van de vervangen meter"),
                _register("Omslagpunt", "omslagpunt"),
            ),
        ),
        "PropertyValue", "PropertyValue",
    ),
    (0, 3),
)  # fmt: skip

# --- what several classes share -----------------------------------------------------------

_OPERATIONAL = concepts(
    "operationelestatus", "operationeel", "defect", "inOnderhoud", "buitenDienst", "onbekend"
)
AVAILABILITY = concepts(
    "beschikbaarheidsstatus", "vrij", "gereserveerd", "inGebruik", "defect", "onbekend"
)
_PRIVATE_AXES = {
    "spanningsstatus": ("aan", "uit", "onbekend"),
    "stekkerstatus": ("in", "uit", "onbekend"),
    "deurstatus": ("open", "dicht", "onbekend"),
    "verbindingsstatus": ("online", "offline", "onbekend"),
}
_ANY_STATUS = Value(
    (
        "sh:in ( "
        + " ".join(
            [
                AVAILABILITY.lines[0].removeprefix("sh:in ( ").removesuffix(" )"),
                *(
                    f"<id/concept/{scheme}/{name}>"
                    for scheme, names in _PRIVATE_AXES.items()
                    for name in names
                ),
            ]
        )
        + " )",
    ),
    f"waarde uit beschikbaarheidsstatus, {', '.join(_PRIVATE_AXES)}",
    f"value of beschikbaarheidsstatus, {', '.join(_PRIVATE_AXES)}",
)


def statuses(available_at_least: int) -> tuple[Property, ...]:
    """All axes: any of the five schemes, at most one value of each."""
    return (
        Property("adms:status", _ANY_STATUS, (available_at_least, None)),
        Property("adms:status", AVAILABILITY, (available_at_least, 1), "beschikbaarheidsstatus"),
        *(
            Property("adms:status", concepts(scheme, *names), (0, 1), scheme)
            for scheme, names in _PRIVATE_AXES.items()
        ),
    )


IN_NETWORK = Property(
    "Nutsvoorzieningnetwerkelement.inNetwerk",
    link("een Nutsvoorzieningnetwerk", "a Nutsvoorzieningnetwerk", "nutsvoorzieningnetwerk"),
)
DELIVERY_POINT = Property(
    "Aansluiting.toebehorentype",
    one_of(
        "leveringspunt van INSPIRE (deliveryPoint)", "delivery point of INSPIRE (deliveryPoint)",
        "<http://inspire.ec.europa.eu/codelist/ElectricityAppurtenanceTypeValue/deliveryPoint>",
    ),
)  # fmt: skip
PLACE = (
    Property("Aansluiting.adres", datatype(ADDRESS, "Adresvoorstelling", "Adresvoorstelling")),
    Property("Aansluiting.geometrie", datatype(_POINT, "Punt", "Punt")),
)
SUPPLIER = Property("Aansluiting.leverancier", ORGANISATION)
USER = Property("Aansluiting.gebruiker", ORGANISATION)


def identified(of: Datatype, *terms: str) -> tuple[Property, ...]:
    """An Identificator under each of `terms`."""
    return tuple(Property(term, datatype(of, "Identificator", "Identificator")) for term in terms)


BOTH_IDENTIFIERS = (
    "Nutsvoorzieningnetwerkelement.identificator", "Aansluiting.identificator"
)  # fmt: skip


def cabinet(*statuses: Property) -> ClassShape:
    """Kast, with what a stream says of its status."""
    return ClassShape(
        "Kast", "us:Cabinet", ("kast",), version_pattern("kast"),
        (
            *identified(_CABINET_NUMBER, "Nutsvoorzieningnetwerkelement.identificator"),
            Property(
                "Platform.type",
                concepts(
                    "kasttype", "marktkast", "foorkast", "evenementenkast", "walstroomkast", "ander"
                ),
            ),
            Property("Nutsvoorzieningnetwerkelement.huidigeStatus", _OPERATIONAL),
            *statuses,
            Property("Nutsvoorzieningnetwerkelement.geldigVan", UTC),
            IN_NETWORK,
            Property("Nutsvoorzieningknoopcontainer.inNetwerk", IN_NETWORK.value),
            Property("Nutsvoorzieningknoopcontainer.geometrie", datatype(_POINT, "Punt", "Punt")),
            Property(
                "Nutsvoorzieningknoopcontainer.knoop",
                link("een Stopcontact", "a Stopcontact", "stopcontact"),
            ),
            Property("rdfs:label", dutch(), (0, 1)),
        ),
    )  # fmt: skip


def outlet(*more: Property) -> ClassShape:
    """Stopcontact, with what only one stream says."""
    return ClassShape(
        "Stopcontact", "s4bldg:Outlet", ("stopcontact",), version_pattern("stopcontact"),
        (
            *identified(_OUTLET_NUMBER, *BOTH_IDENTIFIERS),
            Property(
                "Platform.type",
                concepts(
                    "stopcontacttype", "cee-blauw-16a", "cee-blauw-32a", "cee-rood-16a",
                    "cee-rood-32a", "cee-rood-63a", "cee-rood-125a", "cee7-5", "cee7-3",
                    "powerlock", "iec62196-2", "klemmen", "ander",
                ),
            ),
            Property("Nutsvoorzieningnetwerkelement.huidigeStatus", _OPERATIONAL),
            DELIVERY_POINT, IN_NETWORK, *PLACE, SUPPLIER, *more,
        ),
    )  # fmt: skip


def removal(*kinds: str) -> ClassShape:
    """The end of an entity of one of `kinds`."""
    return ClassShape("Verwijdering", "as:Delete", kinds, version_pattern(*kinds))
