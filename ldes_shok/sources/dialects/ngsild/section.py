"""What the entities of a context broker are: parts of the section `decode` with `as: ngsild`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ldes_shok.cabinet.event import StatusData
from ldes_shok.cabinet.measurement import UNIT_OF, Quantity
from ldes_shok.sections.base import Section
from ldes_shok.sections.fields import Line, Name
from ldes_shok.sources.common.quantities import fits, number_of
from ldes_shok.sources.dialects.ngsild.rules import pattern


class NgsiLdPlace(Section, frozen=True):
    """What an entity is to the city."""

    cabinet: Annotated[Name, Meta(description="The cabinet.")]
    outlet: Annotated[Name | None, Meta(description="The outlet; without it, the whole.")] = None
    meter: Annotated[
        Name | None, Meta(description="Serial number of its meter; registers need one.")
    ] = None


class NgsiLdProperty(Section, frozen=True):
    """A property that is a reading."""

    property: Annotated[Line, Meta(description="Its name.")]
    quantity: Annotated[Quantity, Meta(description="What it measures.")]
    unit: Annotated[
        Line | None, Meta(description="Its unit; without it, its unitCode says it.")
    ] = None
    stat: Annotated[
        Literal["instant", "mean", "max", "min"] | None,
        Meta(description="What it is of the values in a period."),
    ] = None
    sentinels: Annotated[
        tuple[Line, ...], Meta(description='Values that mean no value, such as "-1".')
    ] = ()


class NgsiLdState(Section, frozen=True):
    """A property that is a state."""

    property: Annotated[Line, Meta(description="Its name.")]
    axis: Annotated[
        Literal["operation", "occupancy", "power", "plug", "door", "connectivity"],
        Meta(description="What it is about."),
    ]
    values: Annotated[
        dict[Line, Line],
        Meta(min_length=1, description="The device's word to ours; others are unknown."),
    ]


class NgsiLd(Section, frozen=True, tag="ngsild", tag_field="as"):
    """Notifications of an NGSI-LD context broker."""

    entities: Annotated[
        dict[Line, NgsiLdPlace], Meta(description="What each entity is, by its id.")
    ] = {}  # noqa: RUF012  msgspec gives each its own
    patterns: Annotated[
        tuple[Line, ...], Meta(description="Ids with {cabinet}, {outlet}, {meter}, {any} in them.")
    ] = ()
    properties: Annotated[
        tuple[NgsiLdProperty, ...], Meta(description="Beside those of ThreePhaseAcMeasurement.")
    ] = ()
    states: Annotated[
        tuple[NgsiLdState, ...], Meta(description="Beside deviceState of Device.")
    ] = ()
    time_property: Annotated[
        Line, Meta(description="Says when, in keyValues: they have no observedAt.")
    ] = "dateObserved"


def ngsild_problems(path: str, decode: NgsiLd) -> Iterator[str]:
    """One sentence for each thing that the types allow and that cannot be."""
    if not decode.entities and not decode.patterns:
        yield f"{path}: must say in entities or in patterns which cabinet an entity is"
    for index, template in enumerate(decode.patterns):
        try:
            pattern(template)
        except ValueError as error:
            yield f"{path}.patterns[{index}]: {error}"
    for index, rule in enumerate(decode.properties):
        yield from _property(f"{path}.properties[{index}]", rule)
    for index, state in enumerate(decode.states):
        yield from _state(f"{path}.states[{index}]", state)


def _property(path: str, rule: NgsiLdProperty) -> Iterator[str]:
    if rule.quantity.endswith((".interval", ".demand")):
        yield f"{path}.quantity: is over a period, and a notification names none"
    if rule.unit is not None and not fits(rule.unit, rule.quantity):
        yield f"{path}.unit: must be a unit of {rule.quantity}, such as {UNIT_OF[rule.quantity]}"
    for sentinel in rule.sentinels:
        if number_of(sentinel) is None:
            yield f"{path}.sentinels: {sentinel} is not a number"


def _state(path: str, state: NgsiLdState) -> Iterator[str]:
    for word in state.values.values():
        try:
            msgspec.convert({state.axis: word}, StatusData)
        except msgspec.ValidationError:
            yield f"{path}.values: {word} is not a state of {state.axis}"
