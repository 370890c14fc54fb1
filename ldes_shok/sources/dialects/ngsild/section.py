"""The section `decode` with `as: ngsild`: the meaning of a context broker's entities."""

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
from ldes_shok.sources.dialects.ngsild.entity_pattern import EntityPattern
from ldes_shok.sources.section import DialectSection

Stat = Literal["instant", "mean", "max", "min"]


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
        Stat | None,
        Meta(description="What it is of the values in a period."),
    ] = None
    sentinels: Annotated[
        tuple[Line, ...], Meta(description='Values that mean no value, such as "-1".')
    ] = ()

    def problems(self, path: str) -> Iterator[str]:
        """One sentence for each contradiction, the key first."""
        if self.quantity.endswith((".interval", ".demand")):
            yield f"{path}.quantity: is over a period, and a notification names none"
        if self.unit is not None and not fits(self.unit, self.quantity):
            unit = UNIT_OF[self.quantity]
            yield f"{path}.unit: must be a unit of {self.quantity}, such as {unit}"
        for sentinel in self.sentinels:
            if number_of(sentinel) is None:
                yield f"{path}.sentinels: {sentinel} is not a number"


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

    def problems(self, path: str) -> Iterator[str]:
        """One sentence for each contradiction, the key first."""
        for word in self.values.values():
            try:
                msgspec.convert({self.axis: word}, StatusData)
            except msgspec.ValidationError:
                yield f"{path}.values: {word} is not a state of {self.axis}"


class NgsiLd(DialectSection, frozen=True, tag="ngsild", tag_field="as"):
    """Notifications of an NGSI-LD context broker."""

    entities: Annotated[
        dict[Line, NgsiLdPlace], Meta(description="What each entity is, by its id.")
    ] = {}  # noqa: RUF012  msgspec gives each its own
    patterns: Annotated[
        tuple[EntityPattern, ...],
        Meta(description="Ids with {cabinet}, {outlet}, {meter}, {any} in them."),
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

    def place_of(self, entity: str) -> NgsiLdPlace | None:
        """The place of an entity, by its id; None if the settings have none."""
        if entity in self.entities:
            return self.entities[entity]
        for pattern in self.patterns:
            if names := pattern.match(entity):
                return NgsiLdPlace(names["cabinet"], names.get("outlet"), names.get("meter"))
        return None

    def problems(self, path: str, *, has_topics: bool) -> Iterator[str]:  # noqa: ARG002  has none
        """One sentence for each contradiction, the key first."""
        if not self.entities and not self.patterns:
            yield f"{path}: must say in entities or in patterns which cabinet an entity is"
        for index, rule in enumerate(self.properties):
            yield from rule.problems(f"{path}.properties[{index}]")
        for index, state in enumerate(self.states):
            yield from state.problems(f"{path}.states[{index}]")
