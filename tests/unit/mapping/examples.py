"""The worked members: which event makes each, with the state that it meets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from ldes_shok.ldes.member import Draft
from ldes_shok.mapping.mapper import Mapped
from ldes_shok.mapping.state import CabinetState
from tests.support.vertical import (
    CABINET,
    configuration,
    mapper,
    measurement,
    reading,
    received,
    status,
)

DIRECTORY: Final = Path(__file__).parents[2] / "fixtures" / "worked_members"
QUARTER: Final = ("2026-05-12T11:30:00Z", "2026-05-12T11:45:00Z")
AT: Final = QUARTER[1]
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


_USED = {"operation": "operational", "occupancy": "in_use", "power": "on", "plug": "in"}

EXAMPLES: Final[Mapping[str, Callable[[], Draft]]] = {
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
    "verwijdering": lambda: only(
        drafts(configuration(), configuration("2026-11-01T00:00:00Z", op="remove")),
        "kasten",
        "/stopcontact/voorbeeldstad/VBS-001/2",
    ),
}  # fmt: skip
"""By the name of the file in tests/fixtures/worked_members that holds what must come out."""
