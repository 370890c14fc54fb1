"""What happens at a socket: activations, faults, reservations, activities."""

from __future__ import annotations

from profile_parts import (
    ADDRESS,
    ORGANISATION,
    PERIOD,
    UTC,
    identifier,
    named_value,
    notation,
)
from profile_values import (
    ClassShape,
    Datatype,
    Property,
    concepts,
    datatype,
    link,
    one_of,
    string,
    version_pattern,
)

_PLACE = link("een Stopcontact of Kast", "a Stopcontact or Kast", "stopcontact", "kast")
_SESSION = identifier("Sessiecode", notation("sessiecode", "^[0-9a-z]{26}$"))
_ACTIVITY_TYPES = concepts(
    "activiteittype", "markt", "kermis", "evenement", "standplaats-ambulante-handel", "werken",
    "ander",
)  # fmt: skip
_FAULT_CODES = concepts(
    "foutcode", "differentieelschakelaar", "automaat", "overstroom", "overbelasting",
    "overspanning", "onderspanning", "faseverlies", "voedingsuitval", "meterfout", "relaisfout",
    "oververhitting", "deur-geforceerd", "manipulatie", "waterinsijpeling",
    "communicatieverlies", "sturingsfout", "noodstop", "slotfout", "ander",
)  # fmt: skip


def _parameters(name: str, *alternatives: Datatype) -> Property:
    listed = Datatype(name, "BenoemdeWaarde", alternatives=alternatives)
    value = datatype(listed, "BenoemdeWaarde", "BenoemdeWaarde")
    return Property("Observatie.parameter", value, (0, len(alternatives)))


ACTIVATION = ClassShape(
    "Activering", "sosa:Actuation", ("activering",), version_pattern("activering"),
    (
        Property(
            "sosa:hasFeatureOfInterest", link("een Stopcontact", "a Stopcontact", "stopcontact"),
            (1, 1),
        ),
        Property("sosa:actsOnProperty", concepts("kenmerktype", "activering"), (1, 1)),
        Property("sosa:hasResult", concepts("activering", "geactiveerd", "gedeactiveerd"), (1, 1)),
        Property("sosa:resultTime", UTC, (1, 1)),
        Property(
            "dcterms:identifier", datatype(_SESSION, "Identificator", "Identificator"), (1, 1)
        ),
        _parameters(
            "ActiveringParameter",
            named_value(
                "Activeringswijze", "activeringswijze",
                concepts(
                    "activeringswijze", "rfid", "app", "qr", "bediener", "planning", "stekker",
                    "geen", "onbekend",
                ),
            ),
            named_value(
                "Stopreden", "stopreden",
                concepts(
                    "stopreden", "ter-plaatse", "op-afstand", "einde-reservatie", "inactief",
                    "stroomuitval", "storing", "noodstop", "toegang-ingetrokken", "limiet",
                    "herstart", "uitgetrokken", "ander", "onbekend",
                ),
            ),
        ),
        Property(
            "dcterms:relation", link("een Reservatie", "a Reservatie", "reservatie"), (0, 1)
        ),
        Property(
            "dcterms:replaces", link("een Activering", "an Activering", "activering"), (0, 1)
        ),
        Property("Observatie.uitgevoerdDoor", ORGANISATION, (1, 1)),
    ),
)  # fmt: skip

FAULT = ClassShape(
    "Storing", "ssn:Stimulus", ("storing",), version_pattern("storing"),
    (
        Property("sosa:hasFeatureOfInterest", _PLACE, (1, 1)),
        Property("dcterms:type", _FAULT_CODES, (1, 1)),
        Property("adms:status", concepts("storingsstatus", "gemeld", "opgelost"), (1, 1)),
        _parameters(
            "StoringParameter",
            named_value(
                "Ernst", "ernst", concepts("ernst", "info", "waarschuwing", "fout", "kritiek")
            ),
            named_value("Fabrikantcode", "fabrikantcode", string(64)),
        ),
        Property("rdfs:comment", string(200), (0, 1)),
        Property("Observatie.uitgevoerdDoor", ORGANISATION, (1, 1)),
    ),
)  # fmt: skip

ACTIVITY = ClassShape(
    "Activiteit", "prov:Activity", ("activiteit",), version_pattern("activiteit"),
    (
        Property("Activiteit.type", _ACTIVITY_TYPES, (1, 1)),
        Property("Activiteit.tijd", datatype(PERIOD, "Periode", "Periode")),
        Property(
            "Activiteit.locatie", datatype(ADDRESS, "Adresvoorstelling", "Adresvoorstelling"),
            (1, 1),
        ),
        Property("Activiteit.agent", ORGANISATION, (1, 1)),
    ),
)  # fmt: skip

_OSLO = "https://data.vlaanderen.be/id/concept/Infrastructuurreservatiestatustype"
_RESERVATION_STATUS = one_of(
    "status van OSLO Zaalreservatie, of waarde uit reservatiestatus",
    "status of OSLO Zaalreservatie, or value of reservatiestatus",
    *(f"<{_OSLO}/{name}>" for name in ("Aanvraag", "bevestigd", "geannuleerd")),
    *(
        f"<id/concept/reservatiestatus/{name}>"
        for name in ("actief", "gebruikt", "verlopen", "nietOpgedaagd")
    ),
)
HOLDER = ClassShape("Agent", "dcterms:Agent", ("pseudoniem",), version_pattern("pseudoniem"))


def reservation(*more: Property) -> ClassShape:
    """Reservatie, with what only one stream says."""
    return ClassShape(
        "Reservatie", "cji:Reservatie", ("reservatie",), version_pattern("reservatie"),
        (
            Property("Reservatie.resource", _PLACE),
            *more,
            Property(
                "Reservatie.gereserveerdVoor",
                link("een Activiteit", "an Activiteit", "activiteit"), (0, 1),
            ),
            Property("Reservatie.periode", datatype(PERIOD, "Periode", "Periode"), (1, 1)),
            Property("adms:status", _RESERVATION_STATUS, (1, 1)),
        ),
    )  # fmt: skip


RESERVED_BY = Property(
    "Reservatie.gereserveerdDoor", link("een pseudoniem", "a pseudonym", "pseudoniem"), (0, 1)
)
