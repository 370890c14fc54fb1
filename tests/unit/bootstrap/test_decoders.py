"""Each section `decode` gets its decoder."""

from __future__ import annotations

from datetime import datetime

from ldes_shok.bootstrap.decoders import build_decoder
from ldes_shok.bootstrap.privacy import Secrecy
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.sources.dialects.ngsild.build import ngsild_rules
from ldes_shok.sources.dialects.ngsild.decoder import NgsiLdDecoder
from ldes_shok.sources.dialects.ngsild.rules import PropertyRule
from ldes_shok.sources.dialects.ngsild.section import NgsiLd, NgsiLdProperty
from ldes_shok.sources.dialects.p1.decoder import P1Decoder
from ldes_shok.sources.dialects.sections import P1, Canonical
from tests.support.keys import memory_vault

ORIGIN = Origin("mqtt", "voorbeeldstad", "meters")


def named(identifier: str, at: datetime, received_at: datetime) -> str:  # noqa: ARG001  a Pseudonymiser
    """Nobody is named here."""
    raise AssertionError(identifier)


SECRECY = Secrecy(lambda _tenant: named, memory_vault())


def test_each_dialect_has_its_decoder() -> None:
    assert build_decoder(Canonical(), ORIGIN, SECRECY) is None
    assert isinstance(build_decoder(P1("VBS-001"), ORIGIN, SECRECY), P1Decoder)
    assert isinstance(build_decoder(P1(topic="p1/{cabinet}"), ORIGIN, SECRECY), P1Decoder)
    assert isinstance(
        build_decoder(NgsiLd(patterns=("urn:{cabinet}",)), ORIGIN, SECRECY), NgsiLdDecoder
    )


def test_properties_of_the_settings_stand_before_those_of_the_data_model() -> None:
    own = (
        NgsiLdProperty("totalActivePower", "power.import", "kW"),
        NgsiLdProperty("totalActiveEnergyImport", "energy.import.register", sentinels=("-1",)),
        NgsiLdProperty("temperatuur", "temperature"),
    )
    properties = ngsild_rules(NgsiLd(properties=own)).properties
    assert properties["totalActivePower"] == PropertyRule("power.import", "W", "kW")
    assert properties["totalActiveEnergyImport"].assumed_unit == "kWh"
    assert properties["temperatuur"].assumed_unit == "Cel"
    assert properties["frequency"].quantity == "frequency"
