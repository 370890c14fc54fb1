"""The inverse mapping: from members to the words of the canonical event."""

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
from ldes_shok.sources.dialects.replica.statements import (
    MemberStatements,
    Unreadable,
    name_of,
    place_of,
)


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


def axes(member: MemberStatements) -> Tree:
    """The state of a cabinet or outlet, axis by axis; availability `defect` adds nothing."""
    found: Tree = {}
    operation = member.concepts(vocab.CURRENT_STATUS).get("operationelestatus", "")
    if operation in _OPERATIONS:
        found["operation"] = _OPERATIONS[operation]
    for scheme, name in member.concepts(vocab.STATUS).items():
        if scheme == "beschikbaarheidsstatus" and name in _OCCUPANCIES:
            found["occupancy"] = _OCCUPANCIES[name]
        elif scheme in _AXES and name in _AXES[scheme][1]:
            axis, words = _AXES[scheme]
            found[axis] = words[name]
    return found


def cabinet(member: MemberStatements) -> Tree:
    """The data of a Kast."""
    name = member.text(vocab.LABEL)
    return {
        "type": _TYPES.get(member.concepts(vocab.DCTERMS_TYPE).get("kasttype", ""), "other"),
        "position": _position(member, member.node(vocab.NODE_GEOMETRY)),
        **({"name": name} if name else {}),
    }


def outlet(member: MemberStatements, name: str) -> Tree:
    """The data of a Stopcontact."""
    concept = member.concepts(vocab.DCTERMS_TYPE).get("stopcontacttype", "")
    return {"id": name, "socket": _SOCKETS.get(concept, "other")}


def connection(member: MemberStatements) -> Tree:
    """The data of a cabinet in an Aansluiting: EAN and address."""
    found: Tree = {}
    identifier = member.node(vocab.US_IDENTIFIER)
    notation = next(iter(member.terms(vocab.NOTATION, identifier)), "")
    if "/EANNummer>" in notation:
        found["ean"] = member.text(vocab.NOTATION, identifier)
    node = member.node(vocab.US_ADDRESS)
    parts = {
        "street": member.text(vocab.THOROUGHFARE, node),
        "number": member.text(vocab.HOUSE_NUMBER, node),
        "postcode": member.text(vocab.POST_CODE, node),
        "municipality": member.text(vocab.MUNICIPALITY_NAME, node),
    }
    found["address"] = {name: text for name, text in parts.items() if text}
    return found


def meter(member: MemberStatements, host: str) -> Tree:
    """The data of a Meter; `host` is its outlet, empty for a head meter."""
    found: Tree = {"serial": name_of(member.entity)}
    if model := member.text(vocab.HAS_MODEL):
        found["model"] = model
    if host:
        found["outlet"] = host
    return found


def observed_at(member: MemberStatements) -> str:
    """The time of a measurement; the end of its period if there is no other time."""
    time = member.node(vocab.PHENOMENON_TIME)
    end = member.text(vocab.IN_XSD_DATE_TIME, member.node(vocab.HAS_END, time))
    return member.text(vocab.MODIFIED) or member.text(vocab.IN_XSD_DATE_TIME, time) or end


def measurement(member: MemberStatements) -> Tree:
    """The data of a measurement of one reading.

    Raises:
        Unreadable: its quantity, unit or value is unknown here.
    """
    kenmerk = member.concepts(vocab.OBSERVED_PROPERTY).get("kenmerktype", "")
    if kenmerk not in _QUANTITIES:
        raise Unreadable(f"its observed property {kenmerk or '(none)'} is not known here")
    quantity, mapping = _QUANTITIES[kenmerk]
    result = member.node(vocab.HAS_RESULT)
    unit, value = member.link(vocab.HAS_UNIT, result), member.text(vocab.VALUE, result)
    if unit != f"{vocab.PREFIXES['unit']}{mapping.unit}":
        raise Unreadable(f"its unit is {unit or '(none)'}, and that of {kenmerk} {mapping.unit}")
    if _DECIMAL.fullmatch(value) is None:
        raise Unreadable(f"its value {value[:40] or '(none)'} is no decimal")
    reading: Tree = {
        "quantity": quantity,
        "phase": _parameter(member, "fase") or "total",
        "value": mapping.reported(value),
        "unit": UNIT_OF[quantity],
    }
    statistic = _parameter(member, "statistiek")
    if statistic in _STATISTICS:
        reading["stat"] = _STATISTICS[statistic]
    data: Tree = {"meter": name_of(member.link(vocab.MADE_BY_SENSOR)), "readings": [reading]}
    time = member.node(vocab.PHENOMENON_TIME)
    begin = member.text(vocab.IN_XSD_DATE_TIME, member.node(vocab.HAS_BEGINNING, time))
    end = member.text(vocab.IN_XSD_DATE_TIME, member.node(vocab.HAS_END, time))
    if begin and end:
        data["period"] = {"start": begin, "end": end}
    return data


def observation_key(member: MemberStatements) -> str:
    """The idempotency key in an observation's identity; empty if it is not one of ours."""
    match = _OBSERVATION.search(member.entity)
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


def _parameter(member: MemberStatements, name: str) -> str:
    for node in member.terms(vocab.PARAMETER):
        if member.text(vocab.SCHEMA_NAME, node) == name:
            return member.concepts(vocab.SCHEMA_VALUE, node).get(name, "")
    return ""


def _position(member: MemberStatements, point: str) -> list[Decimal]:
    match = _POINT.search(member.text(vocab.AS_WKT, point))
    try:
        return [Decimal(match[1]), Decimal(match[2])] if match else []
    except InvalidOperation:
        return []
