"""The mapping read backwards: what members say, in the words of the canonical event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from ldes_shok.cabinet.measurement import UNIT_OF
from ldes_shok.mapping.codes import (
    KASTTYPE,
    OCCUPANCY,
    OPERATION,
    PEAK_POWER,
    PRIVATE_AXES,
    QUANTITY,
    STATISTIEK,
    STOPCONTACTTYPE,
)
from ldes_shok.rdf import vocab
from ldes_shok.sources.common.events import Tree
from ldes_shok.sources.dialects.replica.star import MemberStatements, Unreadable, name_of, place_of


def _backwards(words: Mapping[str, str]) -> dict[str, str]:
    return {theirs: ours for ours, theirs in words.items()}


_TYPES: Final = _backwards(KASTTYPE)
_SOCKETS: Final = _backwards(STOPCONTACTTYPE)
_OPERATIONS: Final = _backwards(OPERATION)
_OCCUPANCIES: Final = _backwards(OCCUPANCY)
_AXES: Final = {scheme: (axis, _backwards(w)) for axis, (scheme, w) in PRIVATE_AXES.items()}
_STATISTICS: Final = _backwards(STATISTIEK)
_QUANTITIES: Final = {
    **{mapping.kenmerk: (quantity, mapping) for quantity, mapping in QUANTITY.items()},
    PEAK_POWER.kenmerk: ("power.demand", PEAK_POWER),
}
_POINT: Final = re.compile(r"POINT ?\((-?[0-9.]{1,25}) (-?[0-9.]{1,25})\)")
_OBSERVATION: Final = re.compile(r"/id/observatie/([0-9a-z]{26})$")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)


def axes(star: MemberStatements) -> Tree:
    """The state of a cabinet or outlet, axis by axis; availability `defect` says nothing new."""
    found: Tree = {}
    operation = star.concepts(vocab.CURRENT_STATUS).get("operationelestatus", "")
    if operation in _OPERATIONS:
        found["operation"] = _OPERATIONS[operation]
    for scheme, name in star.concepts(vocab.STATUS).items():
        if scheme == "beschikbaarheidsstatus" and name in _OCCUPANCIES:
            found["occupancy"] = _OCCUPANCIES[name]
        elif scheme in _AXES and name in _AXES[scheme][1]:
            axis, words = _AXES[scheme]
            found[axis] = words[name]
    return found


def cabinet(star: MemberStatements) -> Tree:
    """What a Kast is."""
    name = star.text(vocab.LABEL)
    return {
        "type": _TYPES.get(star.concepts(vocab.DCTERMS_TYPE).get("kasttype", ""), "other"),
        "position": _position(star, star.node(vocab.NODE_GEOMETRY)),
        **({"name": name} if name else {}),
    }


def outlet(star: MemberStatements, name: str) -> Tree:
    """What a Stopcontact is."""
    concept = star.concepts(vocab.DCTERMS_TYPE).get("stopcontacttype", "")
    return {"id": name, "socket": _SOCKETS.get(concept, "other")}


def connection(star: MemberStatements) -> Tree:
    """What an Aansluiting says of its cabinet: EAN and address."""
    found: Tree = {}
    identifier = star.node(vocab.US_IDENTIFIER)
    notation = next(iter(star.terms(vocab.NOTATION, identifier)), "")
    if "/EANNummer>" in notation:
        found["ean"] = star.text(vocab.NOTATION, identifier)
    node = star.node(vocab.US_ADDRESS)
    parts = {
        "street": star.text(vocab.THOROUGHFARE, node),
        "number": star.text(vocab.HOUSE_NUMBER, node),
        "postcode": star.text(vocab.POST_CODE, node),
        "municipality": star.text(vocab.MUNICIPALITY_NAME, node),
    }
    found["address"] = {name: text for name, text in parts.items() if text}
    return found


def meter(star: MemberStatements, host: str) -> Tree:
    """What a Meter is; `host` is its outlet, empty for a head meter."""
    found: Tree = {"serial": name_of(star.entity)}
    if model := star.text(vocab.HAS_MODEL):
        found["model"] = model
    if host:
        found["outlet"] = host
    return found


def observed_at(star: MemberStatements) -> str:
    """When it was measured; the end of a period, where nothing else says it."""
    time = star.node(vocab.PHENOMENON_TIME)
    end = star.text(vocab.IN_XSD_DATE_TIME, star.node(vocab.HAS_END, time))
    return star.text(vocab.MODIFIED) or star.text(vocab.IN_XSD_DATE_TIME, time) or end


def measurement(star: MemberStatements) -> Tree:
    """The data of a measurement of one reading.

    Raises:
        Unreadable: its quantity, unit or value is none that is known here.
    """
    kenmerk = star.concepts(vocab.OBSERVED_PROPERTY).get("kenmerktype", "")
    if kenmerk not in _QUANTITIES:
        raise Unreadable(f"its observed property {kenmerk or '(none)'} is not known here")
    quantity, mapping = _QUANTITIES[kenmerk]
    result = star.node(vocab.HAS_RESULT)
    unit, value = star.link(vocab.HAS_UNIT, result), star.text(vocab.VALUE, result)
    if unit != f"{vocab.PREFIXES['unit']}{mapping.unit}":
        raise Unreadable(f"its unit is {unit or '(none)'}, and that of {kenmerk} {mapping.unit}")
    if _DECIMAL.fullmatch(value) is None:
        raise Unreadable(f"its value {value[:40] or '(none)'} is no decimal")
    reading: Tree = {
        "quantity": quantity,
        "phase": _parameter(star, "fase") or "total",
        "value": mapping.reported(value),
        "unit": UNIT_OF[quantity],
    }
    statistic = _parameter(star, "statistiek")
    if statistic in _STATISTICS:
        reading["stat"] = _STATISTICS[statistic]
    data: Tree = {"meter": name_of(star.link(vocab.MADE_BY_SENSOR)), "readings": [reading]}
    time = star.node(vocab.PHENOMENON_TIME)
    begin = star.text(vocab.IN_XSD_DATE_TIME, star.node(vocab.HAS_BEGINNING, time))
    end = star.text(vocab.IN_XSD_DATE_TIME, star.node(vocab.HAS_END, time))
    if begin and end:
        data["period"] = {"start": begin, "end": end}
    return data


def observation_key(star: MemberStatements) -> str:
    """The idempotency key that an observation's identity is; empty if it is none of ours."""
    match = _OBSERVATION.search(star.entity)
    return f"m:{match[1]}" if match else ""


def place(iri: str) -> tuple[str, str]:
    """Cabinet and outlet of an entity.

    Raises:
        Unreadable: its IRI names none.
    """
    found = place_of(iri)
    if found is None:
        raise Unreadable(f"{iri[:200] or '(nothing)'} names no cabinet or outlet")
    return found


def _parameter(star: MemberStatements, name: str) -> str:
    for node in star.terms(vocab.PARAMETER):
        if star.text(vocab.SCHEMA_NAME, node) == name:
            return star.concepts(vocab.SCHEMA_VALUE, node).get(name, "")
    return ""


def _position(star: MemberStatements, point: str) -> list[Decimal]:
    match = _POINT.search(star.text(vocab.AS_WKT, point))
    try:
        return [Decimal(match[1]), Decimal(match[2])] if match else []
    except InvalidOperation:
        return []
