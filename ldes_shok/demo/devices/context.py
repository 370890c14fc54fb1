"""A context broker that sends notifications of a meter (ETSI GS CIM 009, 5.3.1)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import msgspec

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.demo.devices.load import Load, with_point
from ldes_shok.demo.devices.places import DevicePlace


def entity_id(place: DevicePlace) -> str:
    """Return the entity of the outlet of this place."""
    return f"urn:ngsi-ld:ThreePhaseAcMeasurement:{place.cabinet}-{place.outlet}"


def notification(place: DevicePlace, load: Load, at: datetime) -> bytes:
    """Return what the broker POSTs for a measurement at `at`."""
    text = instant_text(at)

    def observed(value: object) -> dict[str, object]:
        return {"type": "Property", "value": value, "observedAt": text}

    entity = {
        "id": entity_id(place),
        "type": "ThreePhaseAcMeasurement",
        "totalActiveEnergyImport": observed(Decimal(with_point(load.register_wh(at)))),
        "activePower": observed({"L1": load.watts(at)}),
        "current": observed({"L1": Decimal(with_point(load.milliamperes(at)))}),
    }
    body = {
        "id": f"urn:ngsi-ld:Notification:{place.cabinet}:{at:%Y%m%dT%H%M%S}",
        "type": "Notification",
        "subscriptionId": f"urn:ngsi-ld:Subscription:{place.cabinet}",
        "notifiedAt": text,
        "data": [entity],
    }
    return msgspec.json.Encoder(decimal_format="number").encode(body)
