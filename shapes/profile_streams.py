"""What each stream says: classes, properties, values. The shapes follow from this."""

from __future__ import annotations

from profile_happenings import (
    ACTIVATION,
    ACTIVITY,
    FAULT,
    HOLDER,
    RESERVED_BY,
    reservation,
)
from profile_parts import (
    ALWAYS,
    AVAILABILITY,
    BOTH_IDENTIFIERS,
    CONNECTION_NUMBER,
    DELIVERY_POINT,
    IN_NETWORK,
    METER_LIFE,
    MOMENT,
    ORGANISATION,
    ORGANISATION_NUMBER,
    PARAMETER,
    PERIOD,
    PLACE,
    SERIAL,
    SUPPLIER,
    USER,
    VERSIONED,
    WHEN,
    cabinet,
    identified,
    outlet,
    quantity,
    removal,
    statuses,
)
from profile_values import (
    ClassShape,
    Datatype,
    Property,
    Rule,
    Stream,
    Value,
    concepts,
    datatype,
    dutch,
    link,
    observation_pattern,
    one_of,
    version_pattern,
)

ABOUT = (
    "Follows the erkende standaard Openbare Nutsvoorzieningkasten of 2026-01-03 with the "
    "properties of the superclasses; closed: what is not named here is not published. "
    "Where a cardinality is narrower than the standard's, the members always have the value."
)


# --- kasten -------------------------------------------------------------------------------

_NETWORK = ClassShape(
    "Nutsvoorzieningnetwerk", "us:UtilityNetwork", ("nutsvoorzieningnetwerk",),
    version_pattern("nutsvoorzieningnetwerk"),
    (
        Property("Nutsvoorzieningnetwerk.bevoegdePartij", ORGANISATION),
        Property(
            "Nutsvoorzieningnetwerk.nutsvoorzieningnetwerktype",
            one_of(
                "netwerktype van INSPIRE (electricity)", "network type of INSPIRE (electricity)",
                "<http://inspire.ec.europa.eu/codelist/UtilityNetworkTypeValue/electricity>",
            ),
        ),
        Property("Nutsvoorzieningnetwerk.geografischeNaam", dutch()),
    ),
)  # fmt: skip
_ORGANISATION_SHAPE = ClassShape(
    "Organisatie", "org:Organization", ("organisatie",), version_pattern("organisatie"),
    (
        Property("Organisatie.voorkeursnaam", dutch()),
        *identified(ORGANISATION_NUMBER, "Organisatie.indentificator"),
    ),
)  # fmt: skip
_KASTEN = Stream(
    "kasten", VERSIONED,
    (
        _NETWORK,
        cabinet(Property("adms:status", AVAILABILITY, (0, 1))),
        outlet(Property("adms:status", AVAILABILITY, (1, 1))),
        _ORGANISATION_SHAPE,
        ACTIVITY,
        removal("nutsvoorzieningnetwerk", "kast", "stopcontact", "organisatie"),
    ),
)  # fmt: skip

# --- techniek -----------------------------------------------------------------------------

_METER = ClassShape(
    "Meter", "saref:Meter", ("meter",), version_pattern("meter"),
    (
        *identified(SERIAL, "Meter.identificator"),
        Property("Toestel.functie", concepts("functietype", "elektriciteitsmeting"), (1, 1)),
        Property("Toestel.taak", concepts("taak", "verbruik-meten"), (1, 1)),
        Property("Platform.type", concepts("systeemtype", "slimme-elektriciteitsmeter")),
        Property("Toestel.model", dutch()),
        Property("dcterms:replaces", link("een Meter", "a Meter", "meter"), (0, 1)),
        METER_LIFE,
        Property(
            "Systeem.gehostDoor",
            link("een Stopcontact of Kast", "a Stopcontact or Kast", "stopcontact", "kast"),
        ),
    ),
)  # fmt: skip
_CONNECTION = ClassShape(
    "Aansluiting", "us:Connection", ("aansluiting",), version_pattern("aansluiting"),
    (
        *identified(CONNECTION_NUMBER, *BOTH_IDENTIFIERS),
        Property("Platform.type", concepts("platformtype", "netaansluiting")),
        Property(
            "Nutsvoorzieningnetwerkelement.huidigeStatus",
            one_of(
                "status van INSPIRE (functional)", "status of INSPIRE (functional)",
                "<http://inspire.ec.europa.eu/codelist/ConditionOfFacilityValue/functional>",
            ),
        ),
        DELIVERY_POINT, IN_NETWORK, *PLACE, SUPPLIER, USER,
    ),
)  # fmt: skip

_UNITS = {
    "A": ("stroomsterkte",),
    "MilliA": ("lekstroom",),
    "V": ("spanning",),
    "KiloW": ("vermogen", "vermogen-injectie", "piekvermogen", "gemiddeld-vermogen"),
    "KiloV-A": ("schijnbaar-vermogen",),
    "UNITLESS": ("arbeidsfactor",),
    "HZ": ("frequentie",),
    "DEG_C": ("temperatuur",),
}


def _observation(
    name: str, iri: str, feature: Value, properties: tuple[str, ...], result: Datatype, rule: Rule
) -> ClassShape:
    is_individual = name.startswith("Individueel")
    owner = name if is_individual else "Observatie"
    meter = link("een Meter", "a Meter", "meter")
    return ClassShape(
        name, iri, ("observatie",), observation_pattern(),
        (
            Property(f"{owner}.geobserveerdObject", feature),
            Property("Observatie.geobserveerdKenmerk", concepts("kenmerktype", *properties)),
            Property(
                "Observatie.fenomeentijd", datatype(WHEN, "Moment of Periode", "Moment or Periode")
            ),
            Property(
                f"{owner}.resultaat", datatype(result, "KwantitatieveWaarde", "KwantitatieveWaarde")
            ),
            Property("Observatie.uitgevoerdMetSensor", meter),
            Property("Observatie.uitgevoerdDoor", ORGANISATION, (1, 1)),
            Property(
                "Observatie.parameter",
                datatype(PARAMETER, "BenoemdeWaarde", "BenoemdeWaarde"), (0, 2),
            ),
        ),
        (rule,),
    )  # fmt: skip


_TECHNICAL = _observation(
    "Observatie", "sosa:Observation",
    link("een Stopcontact of Kast", "a Stopcontact or Kast", "stopcontact", "kast"),
    tuple(name for names in _UNITS.values() for name in names),
    quantity(*_UNITS),
    Rule(
        "EenheidBijKenmerk", "KwantitatieveWaarde.eenheid", "sosa:observedProperty",
        "de eenheid die bij Observatie.geobserveerdKenmerk hoort",
        "the unit that belongs to Observatie.geobserveerdKenmerk",
        tuple(
            (
                concepts("kenmerktype", *names),
                ("sosa:hasResult", "qudts:hasUnit"),
                Value((f"sh:hasValue unit:{unit}",)),
            )
            for unit, names in _UNITS.items()
        ),
    ),
)  # fmt: skip
_TECHNIEK = Stream(
    "techniek", VERSIONED,
    (
        cabinet(*statuses(0)),
        outlet(*statuses(1), USER),
        _METER,
        _CONNECTION,
        _TECHNICAL,
        ACTIVATION,
        FAULT,
        removal("kast", "stopcontact", "meter", "aansluiting"),
    ),
)  # fmt: skip

# --- verbruik-individueel -----------------------------------------------------------------

_REGISTERS = ("meterstand-elektriciteit", "meterstand-injectie")
_INTERVALS = ("elektriciteitsverbruik", "elektriciteitsinjectie")
_INDIVIDUAL = _observation(
    "IndividueelVerbruikObservatie", "meters:IndividueelVerbruikObservatie",
    link("een Stopcontact of Aansluiting", "a Stopcontact or Aansluiting",
         "stopcontact", "aansluiting"),
    (*_REGISTERS, *_INTERVALS),
    quantity("KiloW-HR"),
    Rule(
        "TijdBijKenmerk", "Observatie.fenomeentijd", "sosa:observedProperty",
        "een Moment bij een meterstand, een Periode bij verbruik of injectie",
        "a Moment with a meter reading, a Periode with consumption or injection",
        tuple(
            (
                concepts("kenmerktype", *names),
                ("sosa:phenomenonTime", "rdf:type"),
                Value((f"sh:hasValue {of.iri}",)),
            )
            for names, of in ((_REGISTERS, MOMENT), (_INTERVALS, PERIOD))
        ),
    ),
)  # fmt: skip
_INDIVIDUEEL = Stream("verbruik-individueel", ALWAYS, (_INDIVIDUAL,))

# --- verbruik -----------------------------------------------------------------------------


_TOGETHER = {"KiloW-HR": "elektriciteitsverbruik", "KiloW": "piekvermogen"}
_UNIT_OF_SUM = Rule(
    "EenheidBijKenmerk", "KwantitatieveWaarde.eenheid", "sosa:observedProperty",
    "de eenheid die bij Observatie.geobserveerdKenmerk hoort",
    "the unit that belongs to Observatie.geobserveerdKenmerk",
    tuple(
        (
            concepts("kenmerktype", name),
            ("sosa:hasResult", "qudts:hasUnit"),
            Value((f"sh:hasValue unit:{unit}",)),
        )
        for unit, name in _TOGETHER.items()
    ),
)  # fmt: skip


def _together(name: str, iri: str, feature: Value, unit: str) -> ClassShape:
    owner = name if name.startswith("Geaggregeerd") else "Observatie"
    return ClassShape(
        name, iri, ("observatie",), observation_pattern(),
        (
            Property(f"{owner}.geobserveerdObject", feature),
            Property("Observatie.geobserveerdKenmerk", concepts("kenmerktype", _TOGETHER[unit])),
            Property("Observatie.fenomeentijd", datatype(PERIOD, "Periode", "Periode")),
            Property(
                f"{owner}.resultaat",
                datatype(quantity(*_TOGETHER), "KwantitatieveWaarde", "KwantitatieveWaarde"),
            ),
            Property("Observatie.uitgevoerdDoor", ORGANISATION, (1, 1)),
        ),
        (_UNIT_OF_SUM,),
    )  # fmt: skip


_WHERE = link(
    "een Kast, zone of Activiteit", "a Kast, zone or Activiteit", "kast", "zone", "activiteit"
)
_ZONE = ClassShape(
    "Plaats", "dcterms:Location", ("zone",), version_pattern("zone"),
    (Property("rdfs:label", dutch(), (1, 1)),),
)  # fmt: skip
_SUMS = (
    _together(
        "GeaggregeerdVerbruikObservatie", "meters:GeaggregeerdVerbruikObservatie", _WHERE,
        "KiloW-HR",
    ),
    _together("Observatie", "sosa:Observation", _WHERE, "KiloW"),
    _ZONE,
)  # fmt: skip
_VERBRUIK = Stream("verbruik", ALWAYS, _SUMS)
_VERBRUIK_BEHEER = Stream("verbruik-beheer", ALWAYS, _SUMS)


# --- reservaties --------------------------------------------------------------------------

_RESERVATIES = Stream("reservaties", VERSIONED, (reservation(RESERVED_BY), HOLDER))
_RESERVATIES_OPEN = Stream("reservaties-open", VERSIONED, (reservation(),))

STREAMS = (
    _KASTEN, _TECHNIEK, _VERBRUIK, _VERBRUIK_BEHEER, _INDIVIDUEEL, _RESERVATIES, _RESERVATIES_OPEN,
)  # fmt: skip
