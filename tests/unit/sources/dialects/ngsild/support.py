"""A source that knows one entity by name and devices by pattern."""

from __future__ import annotations

from typing import Final

import msgspec

from ldes_shok.sources.dialects.ngsild.build import ngsild_rules
from ldes_shok.sources.dialects.ngsild.decoder import NgsiLdDecoder
from ldes_shok.sources.dialects.ngsild.section import NgsiLd, ngsild_problems

DECODE: Final = {
    "as": "ngsild",
    "entities": {
        "urn:ngsi-ld:ThreePhaseAcMeasurement:markt-3": {
            "cabinet": "VBS-001",
            "outlet": "3",
            "meter": "VBS-001-MTR-3",
        }
    },
    "patterns": ["urn:ngsi-ld:Device:{cabinet}-{outlet}"],
    "properties": [
        {"property": "myEnergy", "quantity": "energy.import.register", "unit": "Wh"},
        {"property": "current", "quantity": "current", "sentinels": ["65535"]},
    ],
    "states": [
        {"property": "doorStatus", "axis": "door", "values": {"opened": "open", "closed": "closed"}}
    ],
}


def decoder() -> NgsiLdDecoder:
    """As the service builds it from its settings."""
    settings = msgspec.convert(DECODE, NgsiLd)
    assert list(ngsild_problems("decode", settings)) == []
    return NgsiLdDecoder(ngsild_rules(settings))
