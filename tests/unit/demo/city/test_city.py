"""The city keeps its word: same bytes, in order, and what it says adds up."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.event import (
    Configuration,
    Envelope,
    Event,
    Fault,
    Measurement,
    Reservation,
    Session,
    Status,
    kind_of,
)
from ldes_shok.cabinet.incoming import Delivery, Origin, receive
from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.demo.city import City, Mishaps, SimulatedDelivery, demo_plan
from ldes_shok.demo.city.calendar import day_begins, local_date
from ldes_shok.errors import ConfigurationError, EventRejected
from tests.support.examples import examples

START = datetime(2026, 11, 2, 23, 0, tzinfo=UTC)  # local midnight
WEEK = timedelta(days=7)
ROUGH = Mishaps(
    outage_per_mille=300,
    defect_per_mille=150,
    no_show_per_mille=150,
    late_per_mille=50,
    duplicate_per_mille=50,
)
CALM = Mishaps(0, 0, 0, 0, 0)
ORIGIN = Origin("http", "voorbeeldstad", "push")
MAIN_MARKET = {"Verzonnen Markt 1", "Verzonnen Markt 2"}


def lived(
    span: timedelta = WEEK,
    *,
    cabinets: int = 6,
    mishaps: Mishaps | None = None,
    seed: int = 1,
    start: datetime = START,
    whole_life: bool = False,
) -> list[SimulatedDelivery]:
    plan = demo_plan(cabinets, mishaps=mishaps, whole_life=whole_life)
    return list(City(plan, seed, start).deliveries(start + span))


def events_of(deliveries: list[SimulatedDelivery]) -> list[Event]:
    return [decode_event(delivery.payload) for delivery in deliveries]


def outlets_of(event: Event) -> list[str]:
    """What a configuration says of its outlets: their numbers."""
    assert isinstance(event, Configuration)
    return [outlet.id for outlet in event.data.outlets]


def measurements(deliveries: list[SimulatedDelivery]) -> list[Measurement]:
    """Without second copies, in the order of what they are about."""
    unique = {
        (event.data.meter, event.observed_at): event
        for event in events_of(deliveries)
        if isinstance(event, Measurement)
    }
    return sorted(unique.values(), key=lambda event: event.observed_at)


def value_of(event: Measurement, quantity: str) -> Decimal:
    return next(Decimal(item.value) for item in event.data.readings if item.quantity == quantity)


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert lived(mishaps=ROUGH) == lived(mishaps=ROUGH)
    assert lived(mishaps=ROUGH) != lived(mishaps=ROUGH, seed=2)


@examples(0.15)
@given(
    st.lists(st.integers(0, 3 * 86_400), max_size=6),
    st.integers(0, 5),
    st.integers(0, 2 * 86_400),
)
def test_it_does_not_matter_how_time_is_sliced(
    cuts: list[int], seed: int, offset_seconds: int
) -> None:
    start = START + timedelta(seconds=offset_seconds)
    plan = demo_plan(3, mishaps=ROUGH)
    end = start + timedelta(days=3)
    whole = list(City(plan, seed, start).deliveries(end))
    city = City(plan, seed, start)
    sliced = [
        delivery
        for cut in sorted(cuts)
        for delivery in city.deliveries(start + timedelta(seconds=cut))
    ]
    assert sliced + list(city.deliveries(end)) == whole


def test_stopping_in_the_middle_loses_nothing() -> None:
    city = City(demo_plan(), 1, START)
    first = [next(city.deliveries(START + WEEK)) for _ in range(100)]
    assert first + list(city.deliveries(START + WEEK)) == lived()


def test_deliveries_are_ordered_and_within_their_time() -> None:
    deliveries = lived(mishaps=ROUGH)
    assert all(one.at <= other.at for one, other in pairwise(deliveries))
    assert deliveries[0].at == START
    assert deliveries[-1].at < START + WEEK


def test_every_payload_is_a_canonical_event_and_says_nothing_it_need_not() -> None:
    for delivery in lived(mishaps=ROUGH, whole_life=True):
        received = receive(Delivery(delivery.payload, ORIGIN, delivery.at))
        event: Envelope = received.event
        assert (event.key, event.source, event.received_at, event.raw) == (None,) * 4
        assert b"null" not in delivery.payload
        assert parse_instant(event.observed_at) <= delivery.at


def test_two_different_events_never_share_a_key() -> None:
    digests: dict[str, set[bytes]] = defaultdict(set)
    for delivery in lived(mishaps=ROUGH, whole_life=True):
        received = receive(Delivery(delivery.payload, ORIGIN, delivery.at))
        digests[received.key].add(received.digest)
    assert {len(found) for found in digests.values()} == {1}


def test_the_cabinets_are_introduced_first() -> None:
    events = events_of(lived())
    introduced = events[:6]
    assert all(isinstance(event, Configuration) for event in introduced)
    assert not any(isinstance(event, Configuration) for event in events[6:])
    assert len({event.cabinet for event in introduced}) == 6
    # Then the first state of six cabinets and their 32 sockets.
    said = events[6 : 6 + 6 + 32]
    assert all(isinstance(event, Status) for event in said)
    assert {(event.cabinet, event.outlet) for event in said} == {
        (event.cabinet, outlet) for event in introduced for outlet in (None, *outlets_of(event))
    }


def test_a_configuration_holds_all_that_the_mapping_needs() -> None:
    eans = set()
    for event in events_of(lived())[:6]:
        assert isinstance(event, Configuration)
        data = event.data
        assert data.cabinet is not None
        assert data.cabinet.position is not None
        assert data.cabinet.address is not None
        assert data.cabinet.address.street
        assert data.cabinet.address.number
        assert data.cabinet.address.postcode is None
        assert data.valid_from == event.observed_at
        eans.add(data.cabinet.ean)
        heads = [meter for meter in data.meters if meter.outlet is None]
        assert len(heads) == 1
        by_serial = {meter.serial: meter.outlet for meter in data.meters}
        assert [by_serial[outlet.meter or ""] for outlet in data.outlets] == outlets_of(event)
        assert len(data.outlets) == (8 if data.cabinet.name in MAIN_MARKET else 4)
        amperes = 32 if data.cabinet.type == "foorkast" else 16
        assert {outlet.socket for outlet in data.outlets} == {
            "IEC60309-2P+E-16",
            f"IEC60309-3P+N+E-{amperes}",
        }
    assert len(eans) == 6
    assert all(ean is not None and ean.startswith("5499999") for ean in eans)


@pytest.mark.parametrize("mishaps", [CALM, ROUGH])
def test_registers_grow_and_intervals_add_up(mishaps: Mishaps) -> None:
    last: dict[str, Measurement] = {}
    ten_days = START + timedelta(days=10)
    # A day more: what was seen in ten days has arrived by then, late as it may be.
    for event in measurements(lived(timedelta(days=11), mishaps=mishaps)):
        if parse_instant(event.observed_at) >= ten_days:
            continue
        assert event.data.meter is not None
        assert event.data.period is not None
        assert event.data.period.end == event.observed_at
        before = last.get(event.data.meter)
        if before is not None:
            assert before.data.period is not None
            assert event.data.period.start >= before.data.period.end
            grown = value_of(event, "energy.import.register") - value_of(
                before, "energy.import.register"
            )
            assert grown == value_of(event, "energy.import.interval") >= 0
        last[event.data.meter] = event
    assert len(last) == 6 + 32


def test_the_head_meter_counts_what_the_sockets_count() -> None:
    """Per cabinet and day, within the standby load and the rounding of the registers."""
    heads: Counter[str] = Counter()
    sockets: Counter[str] = Counter()
    for event in measurements(lived(mishaps=CALM)):
        counter = sockets if event.outlet else heads
        counter[event.cabinet] += int(value_of(event, "energy.import.interval"))
    for cabinet, energy_wh in heads.items():
        standby_wh = 9 * 24 * 7
        assert abs(energy_wh - sockets[cabinet] - standby_wh) < 24


def test_nobody_draws_more_than_the_socket_gives() -> None:
    watts = {
        (event.cabinet, outlet.id): 230 * int(outlet.rated_current_a or 0) * (outlet.phases or 0)
        for event in events_of(lived())[:6]
        if isinstance(event, Configuration)
        for outlet in event.data.outlets
    }
    for event in measurements(lived()):
        if event.outlet is not None:
            power = value_of(event, "power.import")
            assert 0 <= power <= watts[event.cabinet, event.outlet]


def test_a_measurement_has_three_to_six_readings_that_agree() -> None:
    for event in measurements(lived()):
        assert 3 <= len(event.data.readings) <= 6
        currents = [r for r in event.data.readings if r.quantity == "current"]
        voltages = [r for r in event.data.readings if r.quantity == "voltage"]
        assert all(Decimal(220) < Decimal(item.value) < Decimal(240) for item in voltages)
        if currents:
            apparent = sum(Decimal(item.value) for item in currents) * 231
            power = value_of(event, "power.import")
            assert abs(apparent - power) <= power * Decimal("0.06") + 10


def test_a_socket_goes_from_free_to_in_use_and_back() -> None:
    states: dict[tuple[str, str], list[str]] = defaultdict(list)
    statuses = [event for event in events_of(lived(mishaps=CALM)) if isinstance(event, Status)]
    for event in sorted(statuses, key=lambda item: item.observed_at):
        if event.outlet and event.data.occupancy:
            states[event.cabinet, event.outlet].append(event.data.occupancy)
    allowed = {
        ("free", "reserved"),
        ("free", "in_use"),
        ("reserved", "in_use"),
        ("in_use", "free"),
    }
    steps = {pair for said in states.values() for pair in pairwise(said)}
    assert steps == allowed


def test_a_defect_is_repaired_and_nobody_uses_it_meanwhile() -> None:
    broken: dict[tuple[str, str | None], datetime] = {}
    repaired = 0
    events = events_of(lived(timedelta(days=14), mishaps=Mishaps(0, 300, 0, 0, 0)))
    for event in sorted(events, key=lambda item: item.observed_at):
        where = (event.cabinet, event.outlet)
        if not isinstance(event, Status):
            continue
        if event.data.operation == "defect":
            broken[where] = parse_instant(event.observed_at)
        elif where in broken and event.data.operation == "operational":
            assert event.data.occupancy == "free"
            del broken[where]
            repaired += 1
        elif where in broken:
            assert event.data.operation == "maintenance"
    assert repaired > 10


def test_an_outage_holds_back_what_was_seen_and_delivers_it_afterwards() -> None:
    deliveries = lived(mishaps=Mishaps(500, 0, 0, 0, 0))
    offline = [
        event
        for event in events_of(deliveries)
        if isinstance(event, Status) and event.data.connectivity == "offline"
    ]
    buffered = [delivery for delivery in deliveries if decode_event(delivery.payload).historical]
    assert len(offline) > 5
    assert len(buffered) > 20
    waits = [
        delivery.at - parse_instant(decode_event(delivery.payload).observed_at)
        for delivery in buffered
    ]
    assert max(waits) > timedelta(hours=1)
    # What a controller buffers it sends in order.
    by_cabinet: dict[tuple[str, date], list[str]] = defaultdict(list)
    for delivery in buffered:
        event = decode_event(delivery.payload)
        by_cabinet[event.cabinet, local_date(parse_instant(event.observed_at))].append(
            event.observed_at
        )
    assert all(said == sorted(said) for said in by_cabinet.values())


def test_some_deliveries_come_twice_and_some_late() -> None:
    deliveries = lived()
    copies = Counter(delivery.payload for delivery in deliveries)
    assert 10 < sum(count - 1 for count in copies.values()) < len(deliveries) * 0.03
    calm = lived(mishaps=CALM)
    assert len(calm) == len({delivery.payload for delivery in calm})
    assert not any(decode_event(delivery.payload).historical for delivery in calm)


def test_malformed_deliveries_are_extra_and_never_decode() -> None:
    good = lived()
    mixed = lived(mishaps=Mishaps(malformed_per_mille=100))
    remaining = Counter(mixed)
    remaining.subtract(Counter(good))
    assert min(remaining.values()) == 0
    bad = [delivery for delivery, count in remaining.items() if count]
    assert len(bad) > len(good) * 0.05
    for delivery in bad:
        with pytest.raises(EventRejected):
            decode_event(delivery.payload)


def test_a_whole_life_has_every_kind_of_event() -> None:
    mapped = {kind_of(event) for event in events_of(lived(mishaps=ROUGH))}
    assert mapped == {"configuration", "status", "measurement"}
    whole = Counter(kind_of(event) for event in events_of(lived(whole_life=True)))
    assert set(whole) == mapped | {"session", "reservation", "fault"}
    assert min(whole.values()) >= 9


def test_a_few_days_show_an_outage_a_repair_and_a_move() -> None:
    for day in range(7):
        start = START + timedelta(days=day, hours=14)
        events = events_of(lived(timedelta(days=3), whole_life=True, start=start))
        faults = Counter(e.data.state for e in events if isinstance(e, Fault))
        assert faults["raised"] >= 1, start
        assert any(event.historical for event in events), start
        places = {
            event.data.cabinet.position
            for event in events
            if isinstance(event, Configuration)
            and event.cabinet == "VBS-003"
            and event.data.cabinet is not None
        }
        assert len(places) >= 2, start


def test_people_are_pseudonyms_and_reservations_end() -> None:
    events = events_of(lived(whole_life=True))
    states: dict[str, list[str]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event.observed_at):
        if isinstance(event, Reservation):
            states[event.data.reservation_id].append(event.data.state)
            assert event.data.holder is not None
        if isinstance(event, Session):
            assert event.data.user is not None
    ended = [said for said in states.values() if said[-1] in {"used", "no_show"}]
    assert {said[0] for said in states.values()} == {"confirmed"}
    assert len(ended) > len(states) / 2


def test_one_more_cabinet_changes_nothing_for_the_others() -> None:
    six, seven = lived(cabinets=6), lived(cabinets=7)
    others = [item for item in seven if decode_event(item.payload).cabinet != "VBS-007"]
    assert others == six


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_demo_city_says_some_600_to_1200_things_a_day(seed: int) -> None:
    days = Counter(local_date(delivery.at) for delivery in lived(4 * WEEK, seed=seed))
    assert 600 <= sum(days.values()) / len(days) <= 1200
    assert all(400 <= count <= 1300 for day, count in days.items())


def test_a_market_is_held_at_local_time_in_summer_and_winter() -> None:
    """The market on Verzonnen Markt opens at 7 in the morning, Brussels time."""
    for day, utc_hours in ((date(2026, 7, 4), {4, 5}), (date(2026, 12, 5), {5, 6})):
        deliveries = lived(timedelta(days=1), cabinets=1, mishaps=CALM, start=day_begins(day))
        starts = [
            parse_instant(event.observed_at)
            for event in events_of(deliveries)
            if isinstance(event, Status) and event.data.occupancy == "in_use"
        ]
        assert {instant.hour for instant in starts if instant.hour < 8} <= utc_hours
        assert sum(instant.hour in utc_hours for instant in starts) >= 1


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
)
def test_days_of_23_and_25_hours(day: date, hours: int) -> None:
    """The head meter of a cabinet says something every hour, and no hour twice."""
    start = day_begins(day)
    deliveries = lived(timedelta(days=2), cabinets=1, mishaps=CALM, start=start)
    ends = [
        parse_instant(event.observed_at)
        for event in measurements(deliveries)
        if event.outlet is None
    ]
    midnight = day_begins(day + timedelta(days=1))
    on_the_hour = [end for end in ends if start < end <= midnight and end.minute == 0]
    assert len(on_the_hour) == hours


def test_nothing_is_said_about_what_came_before_the_start() -> None:
    start = datetime(2026, 11, 7, 10, 7, 13, 500_000, tzinfo=timezone(timedelta(hours=1)))
    whole_second = datetime(2026, 11, 7, 9, 7, 13, tzinfo=UTC)
    for delivery in lived(timedelta(days=1), start=start):
        event = decode_event(delivery.payload)
        assert parse_instant(event.observed_at) >= whole_second
        if isinstance(event, Measurement) and event.data.period is not None:
            assert parse_instant(event.data.period.start) >= whole_second


def test_a_start_without_a_zone_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="aware"):
        City(demo_plan(), 1, datetime(2026, 1, 1))  # noqa: DTZ001
