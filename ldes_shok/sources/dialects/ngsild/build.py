"""What the settings say of a context broker's entities, as the decoder's rules."""

from __future__ import annotations

from ldes_shok.cabinet.measurement import UNIT_OF
from ldes_shok.sources.common.quantities import number_of
from ldes_shok.sources.dialects.ngsild.rules import (
    DEVICE,
    THREE_PHASE_AC_MEASUREMENT,
    EntityPlace,
    PropertyRule,
    Rules,
    StateRule,
    pattern,
)
from ldes_shok.sources.dialects.ngsild.section import NgsiLd, NgsiLdProperty


def ngsild_rules(decode: NgsiLd) -> Rules:
    """The data models' own properties, with those of the settings laid over them by name."""
    own = {rule.property: _property_rule(rule) for rule in decode.properties}
    states = {state.property: StateRule(state.axis, state.values) for state in decode.states}
    return Rules(
        entities={
            name: EntityPlace(place.cabinet, place.outlet, place.meter)
            for name, place in decode.entities.items()
        },
        patterns=tuple(pattern(template) for template in decode.patterns),
        properties={**THREE_PHASE_AC_MEASUREMENT, **own},
        states={**DEVICE, **states},
        time_property=decode.time_property,
    )


def _property_rule(rule: NgsiLdProperty) -> PropertyRule:
    # What its quantity is counted in, unless its data model or the property itself says it.
    model = THREE_PHASE_AC_MEASUREMENT.get(rule.property)
    assumed = model.assumed_unit if model and model.quantity == rule.quantity else ""
    numbers = (number_of(sentinel) for sentinel in rule.sentinels)
    return PropertyRule(
        rule.quantity,
        assumed or UNIT_OF[rule.quantity],
        rule.unit,
        rule.stat,
        frozenset(number for number in numbers if number is not None),
    )
