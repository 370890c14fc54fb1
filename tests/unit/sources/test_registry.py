"""Each section `decode` gets its decoder."""

from __future__ import annotations

from datetime import datetime

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.sources.dialects.ngsild.decoder import NgsiLdDecoder
from ldes_shok.sources.dialects.ngsild.entity_pattern import EntityPattern
from ldes_shok.sources.dialects.ngsild.section import NgsiLd
from ldes_shok.sources.dialects.p1.decoder import P1Decoder
from ldes_shok.sources.dialects.p1.section import P1, CabinetTopic
from ldes_shok.sources.dialects.registry import DecoderTools
from ldes_shok.sources.registry import build_decoder
from ldes_shok.sources.section import Canonical
from tests.support.keys import memory_vault

ORIGIN = Origin("mqtt", "voorbeeldstad", "meters")


def named(identifier: str, at: datetime, received_at: datetime) -> str:  # noqa: ARG001  a Pseudonymiser
    """Nobody is named here."""
    raise AssertionError(identifier)


TOOLS = DecoderTools(ORIGIN, named, memory_vault(), "https://ldes.voorbeeldstad.example")


def test_each_dialect_has_its_decoder() -> None:
    assert build_decoder(Canonical(), TOOLS) is None
    assert isinstance(build_decoder(P1("VBS-001"), TOOLS), P1Decoder)
    assert isinstance(build_decoder(P1(topic=CabinetTopic("p1/{cabinet}")), TOOLS), P1Decoder)
    assert isinstance(
        build_decoder(NgsiLd(patterns=(EntityPattern("urn:{cabinet}"),)), TOOLS), NgsiLdDecoder
    )
