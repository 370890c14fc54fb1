"""A source that knows one entity by name and devices by pattern."""

from __future__ import annotations

from typing import Final

from ldes_shok.sources.dialects.ngsild.decoder import NgsiLdDecoder
from ldes_shok.sources.dialects.ngsild.section import NgsiLd
from tests.support.sections import decode_section

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
    section = decode_section(DECODE)
    assert isinstance(section, NgsiLd)
    return NgsiLdDecoder(section)
