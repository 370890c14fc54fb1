"""The worked members: which event makes each, with the state that it meets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from ldes_shok.cabinet.incoming import DERIVED, Origin, receive
from ldes_shok.ldes.member import Draft
from ldes_shok.mapping.happenings import Mapped
from ldes_shok.mapping.state import CabinetState
from tests.support.vertical import (
    CABINET,
    NOON,
    TENANT,
    aggregate,
    configuration,
    delivery,
    fault,
    mapper,
    measurement,
    reading,
    received,
    reservation,
    session,
    status,
)

DIRECTORY: Final = Path(__file__).parents[2] / "fixtures" / "worked_members"
QUARTER: Final = ("2026-05-12T11:30:00Z", "2026-05-12T11:45:00Z")
AT: Final = QUARTER[1]
DAY: Final = ("2026-05-11T22:00:00Z", "2026-05-12T22:00:00Z")
SAID_AT: Final = "2026-05-12T11:59:59.5Z"


def map_all(*payloads: bytes) -> list[Mapped]:
    """What each of the events becomes, one after the other, in the order of arrival."""
    the_mapper, states, results = mapper(), dict[str, CabinetState](), list[Mapped]()
    for payload in payloads:
        event = received(payload)
        mapped = the_mapper.map(event, states.get(event.event.cabinet))
        if mapped.state is not None:
            states[event.event.cabinet] = mapped.state
        results.append(mapped)
    return results


def drafts(*payloads: bytes) -> Sequence[Draft]:
    """The members of the last event."""
    return map_all(*payloads)[-1].drafts


def only(found: Sequence[Draft], stream: str, in_entity: str) -> Draft:
    """The one member in a stream about an entity."""
    (draft,) = (d for d in found if d.stream == stream and in_entity in d.entity)
    return draft


def _of_configuration(stream: str, entity: str) -> Callable[[], Draft]:
    return lambda: only(drafts(configuration()), stream, entity)


def _of_status(stream: str, outlet: str | None, **axes: str) -> Callable[[], Draft]:
    said = status(SAID_AT, outlet, axes=axes)
    entity = "/stopcontact/" if outlet else "/kast/"
    return lambda: only(drafts(configuration(), said), stream, entity)


def _observed(stream: str, payload: bytes) -> Callable[[], Draft]:
    return lambda: only(drafts(configuration(), payload), stream, "/observatie/")


def _without_ean() -> Draft:
    bare = {"position": CABINET["position"]}
    said = configuration(cabinet=bare, outlets=(), meters=())
    return only(drafts(said.replace(b"VBS-001", b"VBS-002")), "techniek", "/aansluiting/")


HOLDER: Final = "p1:0123456789abcdefghijklmnop"
MARKET: Final = ("2026-05-12T04:00:00Z", "2026-05-12T12:00:00Z")
REGISTER: Final = {"value": "1284000", "unit": "Wh", "meter": "SN-000012345"}
_RESERVED = reservation(
    "confirmed",
    "2026-05-11T09:00:00Z",
    MARKET,
    data={"holder": HOLDER, "activity": {"id": "woensdagmarkt", "type": "market"}},
)
_STARTED = session(
    "started",
    AT,
    data={
        "user": HOLDER,
        "method": "app",
        "startRegister": REGISTER,
        "reservationId": "RSV-1",
    },
)
_ENDED = session(
    "ended", SAID_AT, data={"startedAt": AT, "stopReason": "reservation_end", "method": "app"}
)
_TRIPPED = fault("raised", AT, data={"vendorCode": "RCD_TRIP", "text": 'Zekering "2" uit'})
_SWAPPED = configuration(
    "2026-05-10T08:00:00Z",
    cabinet=None,
    outlets=({"id": "1", "meter": "SN-NEW"},),
    meters=(
        {
            "serial": "SN-NEW", "outlet": "1", "replaces": "SN-000012345", "final": "1284530.5",
            "initial": "12", "rolloverWh": "999999999",
        },
    ),
)  # fmt: skip


def _of(stream: str, entity: str, *payloads: bytes) -> Callable[[], Draft]:
    return lambda: only(drafts(configuration(), *payloads), stream, entity)


_USED = {"operation": "operational", "occupancy": "in_use", "power": "on", "plug": "in"}


def _sum(
    of: str, subject: str, quantity: str, value: str, audience: str = "public"
) -> Callable[[], Draft]:
    """What the service added up over a day of the Brussels calendar."""
    origin = Origin(DERIVED, TENANT, "sums")
    added_up = receive(
        delivery(
            aggregate(of, subject, quantity, value, DAY, audience), NOON + timedelta(days=1), origin
        )
    )
    return lambda: mapper().map(added_up, None).drafts[-1]


def _zone() -> Draft:
    origin = Origin(DERIVED, TENANT, "sums")
    said = aggregate("zone", "markten", "energy.import", "41260", DAY)
    return mapper().map(receive(delivery(said, NOON + timedelta(days=1), origin)), None).drafts[0]


EXAMPLES: Final[Mapping[str, Callable[[], Draft]]] = {
    "verbruik-kast": _sum("cabinet", "VBS-001", "energy.import", "41260", "city"),
    "verbruik-activiteit": _sum("activity", "market-20260512", "energy.import", "41260"),
    "verbruik-zone": _sum("zone", "markten", "energy.import", "41260"),
    "zone": _zone,
    "piek-kast": _sum("cabinet", "VBS-001", "power.peak", "11400", "city"),
    "piek-zone": _sum("zone", "markten", "power.peak", "41400"),
    "organisatie-kbo": _of_configuration("kasten", "/organisatie/voorbeeldstad/stad"),
    "organisatie-code": _of_configuration("kasten", "/organisatie/voorbeeldstad/leverancier"),
    "netwerk": _of_configuration("kasten", "/nutsvoorzieningnetwerk/"),
    "kast-kasten": _of_configuration("kasten", "/kast/"),
    "kast-techniek": _of_status(
        "techniek", None, operation="maintenance", door="open", connectivity="online"
    ),
    "stopcontact-kasten": _of_status("kasten", "1", **_USED),
    "stopcontact-techniek": _of_status("techniek", "1", **_USED),
    "aansluiting-ean": _of_configuration("techniek", "/aansluiting/"),
    "aansluiting-kastnummer": _without_ean,
    "meter": _of_configuration("techniek", "/meter/voorbeeldstad/0hubmcen"),
    "meter-stopcontact": _of_configuration("techniek", "/meter/voorbeeldstad/5qgbeeu5"),
    "stroomsterkte": _observed(
        "techniek", measurement(AT, [reading("current", "11.40", "A", phase="L1")])
    ),
    "piekvermogen": _observed(
        "techniek",
        measurement(
            AT, [reading("power.demand", "41300", "W", stat="max")], None,
            meter="SN-HEAD", period=QUARTER,
        ),
    ),
    "spanning-fase-gemiddelde": _observed(
        "techniek",
        measurement(
            AT, [reading("voltage", "400.1", "V", phase="L1-L2", stat="mean")], period=QUARTER
        ),
    ),
    "verbruik": _observed(
        "verbruik-individueel",
        measurement(AT, [reading("energy.import.interval", "0250", "Wh")], period=QUARTER),
    ),
    "meterstand": _observed(
        "verbruik-individueel",
        measurement(
            AT, [reading("energy.import.register", "1284530.500", "Wh")], None, meter="SN-HEAD"
        ),
    ),
    "meter-vervangen": _of("techniek", "/meter/voorbeeldstad/", _SWAPPED),
    "activering": _of("techniek", "/activering/", _STARTED),
    "activering-vervangt": _of(
        "techniek",
        "/activering/",
        _STARTED,
        session("started", SAID_AT, data={"sessionId": "s2"}),
    ),
    "deactivering": _of("techniek", "/activering/", _STARTED, _ENDED),
    "stopcontact-geactiveerd": _of("kasten", "/stopcontact/", _STARTED),
    "meterstand-sessie": _of("verbruik-individueel", "/observatie/", _STARTED),
    "storing": _of("techniek", "/storing/", _TRIPPED),
    "storing-opgelost": _of(
        "techniek", "/storing/", _TRIPPED, fault("cleared", SAID_AT, severity="info")
    ),
    "stopcontact-storing": _of("kasten", "/stopcontact/", _TRIPPED),
    "reservatie": _of("reservaties", "/reservatie/", _RESERVED),
    "reservatie-open": _of("reservaties-open", "/reservatie/", _RESERVED),
    "reservatie-toegangsrecht": _of(
        "reservaties-open",
        "/reservatie/",
        reservation(
            "active",
            AT,
            ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            data={"activity": {"id": "plaats-12", "type": "standing_trade"}},
        ),
    ),
    "reservatie-kast": _of(
        "reservaties", "/reservatie/", reservation("no_show", AT, MARKET, None)
    ),
    "houder": _of("reservaties", "/pseudoniem/", _RESERVED),
    "activiteit": _of("kasten", "/activiteit/", _RESERVED),
    "verwijdering": lambda: only(
        drafts(configuration(), configuration("2026-11-01T00:00:00Z", op="remove")),
        "kasten",
        "/stopcontact/voorbeeldstad/VBS-001/2",
    ),
}  # fmt: skip
"""By the name of the file in tests/fixtures/worked_members that holds what must come out."""
