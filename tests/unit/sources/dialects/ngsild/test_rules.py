"""What each property of an entity measures."""

from __future__ import annotations

from ldes_shok.sources.dialects.ngsild.rules import MeasuredProperty, measured_properties
from ldes_shok.sources.dialects.ngsild.section import NgsiLd, NgsiLdProperty


def test_properties_of_the_settings_stand_before_those_of_the_data_model() -> None:
    own = (
        NgsiLdProperty("totalActivePower", "power.import", "kW"),
        NgsiLdProperty("totalActiveEnergyImport", "energy.import.register", sentinels=("-1",)),
        NgsiLdProperty("temperatuur", "temperature"),
    )
    properties = measured_properties(NgsiLd(properties=own))
    assert properties["totalActivePower"] == MeasuredProperty("power.import", "W", "kW")
    assert properties["totalActiveEnergyImport"].assumed_unit == "kWh"
    assert properties["temperatuur"].assumed_unit == "Cel"
    assert properties["frequency"].quantity == "frequency"
