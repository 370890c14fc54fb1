"""The entities of a notification, in any representation that a subscription can ask for.

Normalised and concise properties are objects with a `value`; simplified ones (keyValues) are the
value itself (ETSI GS CIM 009, 4.5.1 to 4.5.4). Names may come expanded to IRIs when the
subscription has no context: then the last part is the name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_LAST_PART: Final = re.compile(r"[^/#]*\Z")
_NOT_PROPERTIES: Final = frozenset({"id", "type", "@id", "@type", "@context", "scope"})
_DELETED: Final = "urn:ngsi-ld:null"
_NAME_CHARACTERS: Final = 64


@dataclass(frozen=True, slots=True)
class Attribute:
    """A property of an entity, or one of several instances of it.

    Attributes:
        name: without its vocabulary.
        value: as sent.
        observed_at: as sent; None if absent.
        unit_code: as sent; None if absent.
        is_simplified: whether it is the value alone, which can have neither.
    """

    name: str
    value: object
    observed_at: object = None
    unit_code: object = None
    is_simplified: bool = False


@dataclass(frozen=True, slots=True)
class Entity:
    """The data of a broker under one id."""

    id: str
    attributes: tuple[Attribute, ...]


def entities(body: object) -> list[Entity] | None:
    """The entities in a body: a notification, an array of them, or one entity.

    Returns:
        None if it is none of these. An element of `data` that is no entity has an empty id.
    """
    if isinstance(body, dict) and "data" in body:
        body = body["data"]
    if isinstance(body, dict):
        body = [body]
    if not isinstance(body, list):
        return None
    return [_entity(each) for each in body]


def _entity(value: object) -> Entity:
    if not isinstance(value, dict):
        return Entity("", ())
    identifier = value.get("id", value.get("@id"))
    if not isinstance(identifier, str):
        return Entity("", ())
    return Entity(identifier, tuple(_attributes(value)))


def _attributes(entity: Mapping[str, object]) -> Iterator[Attribute]:
    for name, value in entity.items():
        if name in _NOT_PROPERTIES:
            continue
        last = _LAST_PART.search(name)
        short = (last[0] if last else "")[:_NAME_CHARACTERS]
        # Several instances of one property (4.5.5) come as an array of objects with a value.
        several = value if isinstance(value, list) and any(map(_is_attribute, value)) else [value]
        for each in several:
            attribute = _attribute(short, each)
            if attribute.value != _DELETED:
                yield attribute


def _attribute(name: str, value: object) -> Attribute:
    if isinstance(value, dict) and _is_attribute(value):
        return Attribute(name, value.get("value"), value.get("observedAt"), value.get("unitCode"))
    return Attribute(name, value, is_simplified=True)


def _is_attribute(value: object) -> bool:
    return isinstance(value, dict) and ("value" in value or "observedAt" in value)
