"""P11 of a simulated city with bad links: what is public of it adds up, and tells of nobody."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import combinations

import pytest

from ldes_shok.clock import ManualClock
from ldes_shok.ldes.member import FIRST_POSITION, Form
from tests.support.city import START, city_life
from tests.support.local_service import LocalService, local_service
from tests.support.oracle import check_service
from tests.support.service import Tree

pytestmark = pytest.mark.integration

K = 3
ZONES = {"alles": [f"VBS-{number:03}" for number in range(1, 7)], "half": ["VBS-001", "VBS-002"]}
SETTINGS: Tree = {
    "derive": {"enabled": True},
    "privacy": {"k": K},
    "tenants": {"voorbeeldstad": {"zones": ZONES}},
}

Place = tuple[str, str, str]
"""Cabinet, outlet, start of the quarter."""


@dataclass
class Known:
    """What the log says, read apart from what was derived."""

    used: dict[Place, Decimal] = field(default_factory=dict)
    sums: list[dict[str, object]] = field(default_factory=list)
    city: list[dict[str, object]] = field(default_factory=list)
    names: list[tuple[str, Place]] = field(default_factory=list)

    def users(self, places: Iterable[Place]) -> int:
        """How many users some use of a day is of, by what that day's names join."""
        sockets = {place[:2] for place in places}
        day = min(place[2] for place in places)[:10]
        by_name: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for name, place in self.names:
            if place[2][:10] == day:
                by_name[name].add(place[:2])
        groups = [{socket} for socket in sockets]
        for joined in by_name.values():
            met = [group for group in groups if group & joined]
            groups = [group for group in groups if not group & joined]
            groups += [set().union(*met)] if met else []
        return len(groups)

    def places(self, said: dict[str, object]) -> frozenset[Place]:
        """What a published sum is the sum of."""
        period = said["period"]
        assert isinstance(period, dict)
        subject = str(said["subject"])
        within = ZONES[subject] if said["of"] == "zone" else [subject]
        return frozenset(
            place
            for place, wh in self.used.items()
            if wh > 0 and place[0] in within and period["start"] <= place[2] < period["end"]
        )


def read(service: LocalService) -> Known:
    known = Known()
    for record in service.core.reader.events(0, 100_000):
        said = json.loads(record.payload)
        if record.kind == "aggregate":
            of_city = said["data"].get("audience") == "city"
            (known.city if of_city else known.sums).append(said["data"])
        if record.kind in {"session", "reservation"} and "outlet" in said:
            data = said["data"]
            at = data.get("startedAt") or data["period"]["start"]
            place = said["cabinet"], said["outlet"], at
            who = [data.get("user"), data.get("holder"), data.get("reservationId")]
            known.names += [(name, place) for name in who if name]
        if record.kind == "measurement" and "outlet" in said:
            for reading in said["data"]["readings"]:
                if reading["quantity"] == "energy.import.interval":
                    place = said["cabinet"], said["outlet"], said["data"]["period"]["start"]
                    known.used[place] = Decimal(reading["value"])
    return known


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    clock = ManualClock(START)
    with local_service(tmp_path_factory.mktemp("city"), clock, SETTINGS) as service:
        last: datetime = START
        for at, payloads in city_life(cabinets=6, days=4).by_day():
            for first in range(0, len(payloads), 400):
                service.push(payloads[first : first + 400], at=at)
            service.derive()
            last = at
        for hours in (8, 16, 32):
            service.derive(last + timedelta(hours=hours))
            service.derive(last + timedelta(hours=hours, minutes=1))
        yield service


def test_every_public_sum_is_that_of_the_intervals(city: LocalService) -> None:
    known = read(city)
    newest = {(s["of"], s["subject"], s["quantity"], str(s["period"])): s for s in known.sums}
    energy = [said for said in newest.values() if said["quantity"] == "energy.import"]
    assert len(energy) > 5
    right = [
        said
        for said in energy
        if Decimal(str(said["value"])) == sum(known.used[place] for place in known.places(said))
    ]
    # What a late reading of one or two changed is held, and stays as it was.
    assert len(right) >= len(energy) * 3 // 4


def test_the_city_knows_every_sum_of_the_intervals(city: LocalService) -> None:
    known = read(city)
    newest = {
        (s["of"], s["subject"], str(s["period"])): s
        for s in known.city
        if s["quantity"] == "energy.import" and s["of"] != "activity"
    }
    assert len(newest) > 1_000
    for said in newest.values():
        assert Decimal(str(said["value"])) == sum(known.used[place] for place in known.places(said))


def test_no_difference_of_public_sums_is_of_fewer_than_k_users(city: LocalService) -> None:
    known = read(city)
    by_day: dict[str, set[frozenset[Place]]] = defaultdict(set)
    for said in known.sums:
        if said["quantity"] == "energy.import":
            places = known.places(said)
            if places:
                by_day[min(place[2] for place in places)[:10]].add(places)
    for sets in by_day.values():
        for places in sets:
            assert known.users(places) >= K
        for one, other in combinations(sets, 2):
            for difference in (one - other, other - one) if one <= other or other <= one else ():
                assert not difference or known.users(difference) >= K


_PRIVATE = {
    "user", "holder", "serial", "meter", "ean", "sessionId", "session", "faultId", "text",
    "reservationId", "vendorCode", "vendorState",
}  # fmt: skip
"""Members of an event whose values are nobody's business."""


def private(said: object) -> Iterator[str]:
    """Every private value in an event."""
    if isinstance(said, dict):
        for name, value in said.items():
            if name in _PRIVATE and isinstance(value, str):
                yield value
            yield from private(value)
    elif isinstance(said, list):
        for value in said:
            yield from private(value)


def test_nothing_public_of_the_city_holds_what_is_private(city: LocalService) -> None:
    """P11, of what was derived as well; what is restricted holds some of it."""
    reader = city.core.reader
    values = {v for e in reader.events(0, 100_000) for v in private(json.loads(e.payload))}
    assert len(values) > 100

    def found(*streams: str) -> set[str]:
        texts = [
            block.decode()
            for stream in streams
            for form in (Form.NTRIPLES, Form.TURTLE, Form.JSONLD)
            for block in reader.blocks(stream, FIRST_POSITION, 100_000, form)
        ]
        summaries = [
            f"{row.summary} {row.iri} {row.entity}"
            for stream in streams
            for row in reader.rows(stream, FIRST_POSITION, 100_000)
        ]
        everything = "\n".join([*texts, *summaries])
        return {value for value in values if value in everything}

    assert found("kasten", "verbruik", "reservaties-open") == set()
    assert found("techniek")


def test_the_stream_holds_what_the_oracle_asks(city: LocalService) -> None:
    reader = city.core.reader
    assert reader.stream("verbruik").members > 10
    assert reader.stream("verbruik-beheer").members > 1_000
    kinds = {row.summary.kind for row in reader.rows("verbruik", FIRST_POSITION, 1_000)}
    assert kinds == {"Zone", "Verbruik samen", "Piekvermogen"}
    check_service(city.url, city.core.log_path, streams=("verbruik",), forms_every=1)
    check_service(city.url, city.core.log_path, streams=("verbruik-beheer",), forms_every=7)
