"""What the service derives from what is reported, through the same pipeline to the same pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ldes_shok.cabinet.outcome import OutcomeKind
from ldes_shok.clock import ManualClock
from ldes_shok.ldes.member import FIRST_POSITION
from tests.support.events import configuration, event, measurement, status
from tests.support.local_service import LocalService, local_service
from tests.support.service import Tree

pytestmark = pytest.mark.integration

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
DERIVE: Tree = {"derive": {"enabled": True}}


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


REPORTED = after(60)
"""When what happened since noon comes in."""


def consumption(service: LocalService) -> list[tuple[str, str]]:
    """Value and place of the intervals, in the order of publication."""
    reader = service.core.reader
    members = reader.stream("verbruik-individueel").members
    rows = reader.rows("verbruik-individueel", FIRST_POSITION, members)
    return [
        (row.summary.subject, row.summary.value) for row in rows if row.summary.kind == "Verbruik"
    ]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LocalService]:
    with local_service(tmp_path, ManualClock(REPORTED), DERIVE) as running:
        yield running


def test_registers_become_quarter_hours(service: LocalService) -> None:
    readings = [measurement("VBS-001", after(15 * n), value=f"{250 * n}.5") for n in range(1, 4)]
    service.push([configuration("VBS-001", NOON), *readings])
    service.derive()
    assert consumption(service) == [
        ("VBS-001/1", "0.2505 kWh"),
        ("VBS-001/1", "0.2500 kWh"),
        ("VBS-001/1", "0.2500 kWh"),
    ]


def test_a_late_reading_is_the_next_version_of_what_it_corrects(service: LocalService) -> None:
    service.push([configuration("VBS-001", NOON), measurement("VBS-001", after(30), value="300")])
    service.derive()
    (late,) = service.push([measurement("VBS-001", after(15), value="100")])
    service.derive()
    assert late.members
    assert [value for _, value in consumption(service)] == [
        "0.150 kWh",
        "0.150 kWh",
        "0.100 kWh",
        "0.200 kWh",
    ]
    reader = service.core.reader
    rows = reader.rows("verbruik-individueel", FIRST_POSITION, 100)
    intervals = [row for row in rows if row.summary.kind == "Verbruik"]
    assert intervals[0].entity == intervals[2].entity
    assert intervals[1].entity == intervals[3].entity
    assert len({row.iri for row in intervals}) == 4


def test_nothing_is_derived_twice_after_a_restart(tmp_path: Path) -> None:
    readings = [measurement("VBS-001", after(15 * n), value=f"{100 * n}") for n in range(1, 5)]
    clock = ManualClock(REPORTED)
    with local_service(tmp_path, clock, DERIVE) as first:
        first.push([configuration("VBS-001", NOON), *readings[:2]])
        first.derive()
        port = first.port
    with local_service(tmp_path, clock, DERIVE, port) as second:
        second.push(readings[2:])
        second.derive()
        assert len(consumption(second)) == 4


def test_what_waits_for_a_configuration_is_derived_with_it(service: LocalService) -> None:
    service.push([measurement("VBS-001", after(n), value=f"{n}") for n in (15, 30)])
    service.derive()
    assert consumption(service) == []
    service.push([configuration("VBS-001", NOON)])
    service.derive()
    assert ("VBS-001/1", "0.015 kWh") in consumption(service)


@pytest.mark.parametrize("is_later", [False, True], ids=["in one round", "in a round of its own"])
def test_a_reading_at_the_wrong_outlet_spoils_no_other(
    service: LocalService, *, is_later: bool
) -> None:
    """It waits for an outlet that nobody configures; its meter stays where it hangs."""
    service.push([configuration("VBS-001", NOON)])
    service.push([measurement("VBS-001", after(n), value=f"{10 * n}") for n in (15, 30)])
    if is_later:
        service.derive()
    wrong = json.loads(measurement("VBS-001", after(45), value="460")) | {"outlet": "9"}
    (waits,) = service.push([json.dumps(wrong).encode()])
    assert waits.kind is OutcomeKind.QUARANTINED
    service.derive()
    service.push([measurement("VBS-001", after(60), value="600")])
    service.derive()
    assert consumption(service) == [("VBS-001/1", "0.150 kWh")] * 4
    assert [found.cabinet for found in service.core.reader.quarantined(10)] == ["VBS-001"]


def test_over_a_change_of_meters_nothing_is_lost_and_nothing_is_counted_twice(
    service: LocalService,
) -> None:
    service.push(
        [
            configuration("VBS-001", NOON),
            measurement("VBS-001", after(15), value="1000"),
            event(
                "configuration",
                "VBS-001",
                after(20),
                {
                    "op": "upsert",
                    "validFrom": "2026-05-12T12:20:00Z",
                    "outlets": [{"id": "1", "meter": "NEW"}],
                    "meters": [
                        {
                            "serial": "NEW",
                            "outlet": "1",
                            "initial": "70",
                            "replaces": "VBS-001-MTR-1",
                            "final": "1100",
                        }
                    ],
                },
            ),
            json.dumps(
                {
                    **json.loads(measurement("VBS-001", after(30), value="90")),
                    "data": {
                        "meter": "NEW",
                        "readings": [
                            {
                                "quantity": "energy.import.register",
                                "phase": "total",
                                "value": "90",
                                "unit": "Wh",
                            }
                        ],
                    },
                }
            ).encode(),
        ]
    )
    service.derive()
    assert sorted(value for _, value in consumption(service)) == [
        "0.020 kWh",
        "0.100 kWh",
        "1.000 kWh",
    ]


def test_a_meter_that_tells_its_intervals_is_left_alone(service: LocalService) -> None:
    def reading(minutes: int, wh: int) -> bytes:
        told = json.loads(measurement("VBS-001", after(minutes), value=str(wh)))
        told["data"]["period"] = {
            "start": f"{after(minutes - 15):%Y-%m-%dT%H:%M:%SZ}",
            "end": f"{after(minutes):%Y-%m-%dT%H:%M:%SZ}",
        }
        told["data"]["readings"].append(
            {"quantity": "energy.import.interval", "phase": "total", "value": "7", "unit": "Wh"}
        )
        return json.dumps(told).encode()

    service.push([configuration("VBS-001", NOON), reading(15, 7), reading(30, 14)])
    service.derive()
    assert consumption(service) == [("VBS-001/1", "0.007 kWh")] * 2


def told(cabinet: str, outlet: int, minutes: int, wh: int) -> bytes:
    """An interval that a meter tells itself."""
    return event(
        "measurement",
        cabinet,
        after(minutes + 15),
        {
            "meter": f"{cabinet}-MTR-{outlet}",
            "period": {
                "start": f"{after(minutes):%Y-%m-%dT%H:%M:%SZ}",
                "end": f"{after(minutes + 15):%Y-%m-%dT%H:%M:%SZ}",
            },
            "readings": [
                {
                    "quantity": "energy.import.interval",
                    "phase": "total",
                    "value": str(wh),
                    "unit": "Wh",
                }
            ],
        },
        str(outlet),
    )


def together(service: LocalService, stream: str = "verbruik") -> list[tuple[str, str, str]]:
    """Kind, place and value of sums, in the order of publication."""
    reader = service.core.reader
    rows = reader.rows(stream, FIRST_POSITION, reader.stream(stream).members)
    return [(row.summary.kind, row.summary.subject, row.summary.value) for row in rows]


CITY = "verbruik-beheer"
MARKET: Tree = {
    **DERIVE,
    "tenants": {"voorbeeldstad": {"zones": {"markt": ["VBS-001", "VBS-002", "VBS-003"]}}},
}
NEXT_MORNING = datetime(2026, 5, 13, 5, tzinfo=UTC)


@pytest.fixture
def market(tmp_path: Path) -> Iterator[LocalService]:
    """Fourteen sockets of three cabinets in one quarter of an hour; nobody is known."""
    with local_service(tmp_path, ManualClock(REPORTED), MARKET) as running:
        users = {"VBS-001": 6, "VBS-002": 6, "VBS-003": 2}
        running.push([configuration(name, NOON, outlets=6) for name in users])
        for name, count in users.items():
            running.push([told(name, outlet, 0, 100) for outlet in range(1, count + 1)])
        running.derive()
        yield running


def test_the_day_and_the_peak_of_enough_users_are_public_the_next_day(
    market: LocalService,
) -> None:
    """P11: nothing of a cabinet, nothing of a quarter of an hour, unless the settings say so."""
    market.derive(datetime(2026, 5, 12, 23, tzinfo=UTC))
    assert together(market) == []
    market.derive(NEXT_MORNING)
    assert together(market) == [
        ("Zone", "markt", "zone"),
        ("Verbruik samen", "markt", "1.400 kWh"),
        ("Piekvermogen", "markt", "5.600 kW"),
    ]
    periods = {
        json.loads(record.payload)["data"]["period"]["start"]
        for record in market.core.reader.events(0, 1000)
        if record.kind == "aggregate" and b'"audience"' not in record.payload
    }
    assert periods == {"2026-05-11T22:00:00Z"}, "dated by the day of Brussels"


def test_the_city_knows_every_sum_when_the_day_is_over(market: LocalService) -> None:
    """Sums and peaks without a threshold, by quarter and day."""
    market.derive(datetime(2026, 5, 12, 21, 59, tzinfo=UTC))
    assert together(market, CITY) == []
    market.derive(datetime(2026, 5, 12, 23, tzinfo=UTC))
    places = {"VBS-001": "0.600", "VBS-002": "0.600", "VBS-003": "0.200", "markt": "1.400"}
    peaks = {"VBS-001": "2.400", "VBS-002": "2.400", "VBS-003": "0.800", "markt": "5.600"}
    assert sorted(together(market, CITY)) == sorted(
        [
            ("Zone", "markt", "zone"),
            *(("Verbruik samen", place, f"{wh} kWh") for place, wh in places.items()),
            *(("Verbruik samen", place, f"{wh} kWh") for place, wh in places.items()),
            *(("Piekvermogen", place, f"{watts} kW") for place, watts in peaks.items()),
        ]
    )


def test_the_city_is_told_of_every_correction_also_of_one_back(market: LocalService) -> None:
    market.derive(NEXT_MORNING)
    hours, before = 0, together(market, CITY)
    for outlet, wh, sum_wh in ((1, 150, 250), (2, 50, 200), (1, 151, 201)):
        hours += 3
        market.push([told("VBS-003", outlet, 0, wh)])
        market.derive(NEXT_MORNING + timedelta(hours=hours))
        after = together(market, CITY)
        changed = [item for item in after[len(before) :] if item[1] == "VBS-003"]
        assert changed == [
            ("Piekvermogen", "VBS-003", f"{sum_wh * 4 / 1000:.3f} kW"),
            ("Verbruik samen", "VBS-003", f"{sum_wh / 1000:.3f} kWh"),
            ("Verbruik samen", "VBS-003", f"{sum_wh / 1000:.3f} kWh"),
        ]
        before = after


def test_the_correction_of_one_user_is_not_public(market: LocalService) -> None:
    market.derive(NEXT_MORNING)
    before = together(market)
    market.push([told("VBS-001", 1, 0, 900)])
    market.derive(NEXT_MORNING + timedelta(hours=3))
    market.derive(NEXT_MORNING + timedelta(hours=6))
    assert together(market) == before


def test_the_correction_of_enough_users_is_the_next_version(market: LocalService) -> None:
    market.derive(NEXT_MORNING)
    before = together(market)
    many = [(cabinet, outlet) for cabinet in ("VBS-001", "VBS-002") for outlet in range(1, 6)]
    market.push([told(cabinet, outlet, 0, 200) for cabinet, outlet in many])
    market.derive(NEXT_MORNING + timedelta(hours=3))
    market.derive(NEXT_MORNING + timedelta(hours=6))
    assert together(market)[len(before) :] == [
        ("Verbruik samen", "markt", "2.400 kWh"),
        ("Piekvermogen", "markt", "9.600 kW"),
    ]
    reader = market.core.reader
    rows = reader.rows("verbruik", FIRST_POSITION, 100)
    assert {row.entity for row in rows[len(before) :]} < {row.entity for row in rows[: len(before)]}


def test_sums_are_told_once_over_restarts(tmp_path: Path) -> None:
    clock = ManualClock(REPORTED)
    with local_service(tmp_path, clock, MARKET) as first:
        first.push([configuration("VBS-001", NOON, outlets=12)])
        first.push([told("VBS-001", outlet, 0, 100) for outlet in range(1, 13)])
        first.derive()
        port = first.port
    with local_service(tmp_path, clock, MARKET, port) as second:
        second.derive(NEXT_MORNING)
        said = together(second)
        assert len(said) == 3
        known = together(second, CITY)
        assert len(known) == 7
    with local_service(tmp_path, clock, MARKET, port) as third:
        third.derive(NEXT_MORNING + timedelta(hours=8))
        assert together(third) == said
        assert together(third, CITY) == known


def test_an_aggregate_from_outside_is_refused(service: LocalService) -> None:
    data: Tree = {
        "of": "cabinet",
        "subject": "VBS-001",
        "quantity": "energy.import",
        "period": {"start": "2026-05-11T22:00:00Z", "end": "2026-05-12T22:00:00Z"},
        "value": "1",
        "unit": "Wh",
    }
    (outcome,) = service.push([event("aggregate", "VBS-001", NOON, data)])
    assert outcome.kind is OutcomeKind.REJECTED
    assert "is what this service adds up itself" in (outcome.reason or "")
    assert together(service) == []


WATCH: Tree = {
    **DERIVE,
    "sources": [
        {
            "name": "push",
            "type": "http",
            "tenant": "voorbeeldstad",
            "token_env": "TEST_PUSH_TOKEN",
            "offline_after_seconds": 1800,
        }
    ],
}


def links(service: LocalService) -> list[tuple[str, str]]:
    """What was derived about the link, and when."""
    found = []
    for record in service.core.reader.events(0, 1000):
        if record.source.startswith("derived:") and record.kind == "status":
            said = json.loads(record.payload)
            found.append((said["observedAt"][11:16], said["data"]["connectivity"]))
    return found


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[LocalService]:
    with local_service(tmp_path, ManualClock(NOON), WATCH) as running:
        running.push([configuration("VBS-001", NOON), status("VBS-001", NOON)])
        running.derive()
        yield running


def test_a_cabinet_that_falls_silent_is_offline_once(watched: LocalService) -> None:
    watched.derive(after(29))
    assert links(watched) == []
    watched.derive(after(31))
    watched.derive(after(90))
    assert links(watched) == [("12:30", "offline")]
    reader = watched.core.reader
    rows = reader.rows("techniek", FIRST_POSITION, 100)
    # The cabinet is unknown, and so are its sockets.
    assert [row.summary.kind for row in rows[-3:]] == ["Kast", "Stopcontact", "Stopcontact"]


def test_it_is_online_again_when_it_has_reported_for_a_minute(watched: LocalService) -> None:
    watched.derive(after(40))
    watched.push([status("VBS-001", after(45))], at=after(45))
    watched.derive(after(45.5))
    assert links(watched) == [("12:30", "offline")]
    watched.derive(after(47))
    assert links(watched) == [("12:30", "offline"), ("12:46", "online")]


def test_a_backlog_is_no_sign_of_life(watched: LocalService) -> None:
    watched.derive(after(40))
    old = json.loads(status("VBS-001", after(10)))
    watched.push([json.dumps({**old, "historical": True}).encode()], at=after(45))
    watched.derive(after(50))
    assert links(watched) == [("12:30", "offline")]


def test_a_service_that_was_down_blames_nobody(tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    with local_service(tmp_path, clock, WATCH) as first:
        first.push([configuration("VBS-001", NOON), status("VBS-001", NOON)])
        first.derive()
        port = first.port
    clock.set(after(300))
    with local_service(tmp_path, clock, WATCH, port) as second:
        second.derive(after(329))
        assert links(second) == []
        second.derive(after(331))
        assert links(second) == [("12:30", "offline")]


def test_a_session_that_nobody_ended_is_over_after_a_day(watched: LocalService) -> None:
    data: Tree = {"sessionId": "s1", "event": "started", "startedAt": "2026-05-12T12:00:00Z"}
    watched.push([event("session", "VBS-001", NOON, data, "1")])
    watched.derive(after(24 * 60 - 1))
    watched.derive(after(24 * 60 + 1))
    watched.derive(after(24 * 60 + 9))
    derived = [
        json.loads(record.payload)["data"]
        for record in watched.core.reader.events(0, 1000)
        if record.source.startswith("derived:") and record.kind == "session"
    ]
    assert [(said["event"], said["endedAt"]) for said in derived] == [
        ("ended", "2026-05-12T12:00:00Z")
    ]


def head(minutes: int, wh: int) -> bytes:
    """What the head meter of VBS-001 counted in a quarter."""
    said = json.loads(told("VBS-001", 1, minutes, wh))
    del said["outlet"]
    return json.dumps({**said, "data": {**said["data"], "meter": "VBS-001-MTR-HEAD"}}).encode()


@pytest.mark.parametrize(
    ("counted", "reports"), [(10_400, 0), (10_500, 0), (12_600, 1), (7_000, 1)]
)
def test_sockets_that_do_not_add_up_to_the_head_meter_are_told_of(
    market: LocalService, counted: int, reports: int
) -> None:
    """Six sockets that used 100 Wh, one 9,900 later: 10,500 Wh together."""
    market.push([told("VBS-001", 1, 15, 9_900), head(15, counted)])
    market.derive()
    market.derive(NEXT_MORNING)
    faults = [e for e in market.core.reader.events(0, 1000) if e.kind == "fault"]
    assert len(faults) == reports
    assert all(b"head_meter_differs" in event.payload for event in faults)


def reserved(cabinet: str, outlet: int, holder: str) -> bytes:
    """An outlet reserved for an activity, by one of many."""
    data: Tree = {
        "reservationId": f"{cabinet}-r{outlet}",
        "state": "confirmed",
        "period": {"start": "2026-05-12T11:00:00Z", "end": "2026-05-12T13:00:00Z"},
        "holder": f"p1:{holder * 26}",
        "activity": {"id": "dinsdagmarkt", "type": "market"},
    }
    return event("reservation", cabinet, NOON, data, str(outlet))


@pytest.mark.parametrize(("others", "public"), [(10, {"markt", "dinsdagmarkt"}), (9, {"markt"})])
def test_an_activity_gives_way_where_its_zone_less_itself_would_tell(
    tmp_path: Path, others: int, public: set[str]
) -> None:
    """Twelve users are public beside ten others in their zone; with nine others they are not."""
    with local_service(tmp_path, ManualClock(REPORTED), MARKET) as running:
        running.push([configuration("VBS-001", NOON, outlets=12)])
        running.push([configuration("VBS-002", NOON, outlets=10)])
        running.push([told("VBS-001", outlet, 0, 100) for outlet in range(1, 13)])
        running.push([told("VBS-002", outlet, 0, 100) for outlet in range(1, others + 1)])
        running.push([reserved("VBS-001", n, holder) for n, holder in enumerate("abcdefghijkl", 1)])
        running.derive()
        running.derive(NEXT_MORNING)
        found = {subject for kind, subject, _ in together(running) if kind == "Verbruik samen"}
        assert found == public


@pytest.mark.parametrize(
    ("holders", "is_public"), [("abcdefghijklmn", True), ("aaaaabbbbbcdef", False)]
)
def test_a_zone_is_of_as_many_users_as_hold_its_sockets(
    market: LocalService, holders: str, *, is_public: bool
) -> None:
    places = [
        (f"VBS-00{cabinet}", outlet)
        for cabinet, outlets in ((1, 6), (2, 6), (3, 2))
        for outlet in range(1, outlets + 1)
    ]
    market.push([reserved(*place, holder) for place, holder in zip(places, holders, strict=True)])
    market.derive()
    market.derive(NEXT_MORNING)
    assert bool(together(market)) is is_public
    assert ("Verbruik samen", "dinsdagmarkt", "1.400 kWh") in together(market, CITY)


def test_a_trader_with_a_new_token_for_each_session_is_one_user(tmp_path: Path) -> None:
    """P11: six tokens at each of two sockets are two users, whatever an app gives."""
    with local_service(tmp_path, ManualClock(REPORTED), MARKET) as running:
        running.push([configuration("VBS-001", NOON, outlets=2)])
        for outlet in (1, 2):
            for number in range(6):
                start = NOON + timedelta(minutes=15 * number - 60)
                session: Tree = {
                    "sessionId": f"s{outlet}{number}",
                    "event": "ended",
                    "startedAt": f"{start:%Y-%m-%dT%H:%M:%SZ}",
                    "endedAt": f"{start + timedelta(minutes=15):%Y-%m-%dT%H:%M:%SZ}",
                    "stopReason": "local",
                    "user": f"p1:{'0123456789ab'[6 * (outlet - 1) + number] * 26}",
                }
                running.push(
                    [
                        event("session", "VBS-001", REPORTED, session, str(outlet)),
                        told("VBS-001", outlet, 15 * number - 60, 100),
                    ]
                )
        running.derive()
        running.derive(NEXT_MORNING)
        assert together(running) == []
        assert ("Verbruik samen", "VBS-001", "1.200 kWh") in together(running, CITY)


def test_who_used_what_is_forgotten_when_nothing_can_be_corrected_any_more(
    market: LocalService,
) -> None:
    market.derive(NEXT_MORNING)
    said = together(market)
    reader = market.core.reader
    assert any(record.value for record in reader.memories("derived:all:notes", "day/"))
    market.derive(NEXT_MORNING + timedelta(days=9))
    assert not any(record.value for record in reader.memories("derived:all:notes", "day/"))
    assert not any(record.value for record in reader.memories("derived:all:notes", "public/"))
    assert not any(record.value for record in reader.memories("derived:all:notes", "city/"))
    market.push([told("VBS-001", outlet, 0, 900) for outlet in range(1, 6)])
    market.derive()
    market.derive(NEXT_MORNING + timedelta(days=10))
    assert together(market) == said
