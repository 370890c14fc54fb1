"""Dialects that have no test of their own among the faults of controllers."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.flags import ENERGY_RATIO
from ldes_shok.cabinet.incoming import Origin
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Decoding
from tests.unit.sources.dialects.ngsild.support import decoder

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def _notification(at: datetime, energy: int) -> Message:
    """The unit of the data model is kWh."""
    observed = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    entity = {
        "id": "urn:ngsi-ld:ThreePhaseAcMeasurement:markt-3",
        "totalActiveEnergyImport": {"value": energy, "observedAt": observed},
        "totalActivePower": {"value": 2000, "observedAt": observed},
    }
    return Message(json.dumps({"data": [entity]}).encode(), at)


def test_an_entity_that_gives_watt_hours_as_kilowatt_hours_is_held_back() -> None:
    origin = Origin("http", "voorbeeldstad", "broker")
    decoding = Decoding(decoder(), origin, lambda _source, _subject: None)
    messages = [_notification(NOON + n * QUARTER, 1000 + 500 * n) for n in range(5)]
    events = [decode_event(given.payload) for given in decoding.read(messages).deliveries]
    assert [event.flags for event in events] == [(), (), (), (ENERGY_RATIO,), (ENERGY_RATIO,)]
