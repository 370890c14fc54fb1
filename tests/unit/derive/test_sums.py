"""When the sums of a day are told, to whom, and when no more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.clock import to_milliseconds
from ldes_shok.derive import city_sums
from ldes_shok.derive.contributions import Days
from ldes_shok.derive.disclosure import Rule
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.derive.public_sums import PublicRules
from ldes_shok.derive.sums import PublicNotes, SumRules, SumsFold
from ldes_shok.log.records import EventRecord, MemoryRecord
from tests.support.vertical import TENANT, measurement, reading, reservation, session

DAY = date(2026, 5, 12)
MIDNIGHT = datetime(2026, 5, 12, 22, tzinfo=UTC)  # the end of the day in Brussels
NOON = MIDNIGHT - timedelta(hours=12)
DELAY = timedelta(days=2)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
MOMENT = timedelta(milliseconds=1)
KEPT = timedelta(days=8)
CABINET = "VBS-001"
Said = list[tuple[str, str, str, tuple[str, ...]]]
"""Subject, quantity, value and flags of each sum."""


class City:
    """Three users, each at an outlet of one cabinet, in one zone."""

    def __init__(self) -> None:
        rules = SumRules(
            PublicRules(Rule(3, 100)), DELAY, {TENANT: {"stad": [CABINET]}}, KeyPeriod.MONTH
        )
        self.fold = SumsFold(rules)
        self.kept: dict[str, bytes] = {}
        self.notebook = Notebook(self.kept.get, self._all)
        self._number = 0

    def _all(self, prefix: str) -> list[MemoryRecord]:
        """As the log would read it."""
        return [
            MemoryRecord("derived:notes", subject, value)
            for subject, value in self.kept.items()
            if subject.startswith(prefix)
        ]

    def use(
        self, wh: int, received: datetime, start: datetime = NOON, outlets: Sequence[int] = range(3)
    ) -> None:
        """What each outlet used in a quarter of an hour."""
        for outlet in outlets:
            payload = measurement(
                _text(start + QUARTER),
                [reading("energy.import.interval", str(wh), "Wh")],
                str(outlet),
                meter=f"M{outlet}",
                period=(_text(start), _text(start + QUARTER)),
            )
            self.learn("measurement", payload, received)

    def learn(self, kind: str, payload: bytes, received: datetime) -> None:
        """An event of another kind."""
        self._number += 1
        event = EventRecord(
            self._number, TENANT, f"x:{self._number}", b"", b"", kind, f"http:{TENANT}:push",
            CABINET, to_milliseconds(received), payload, b"", None,
        )  # fmt: skip
        self.fold.take(event, self.notebook)

    def told(self, now: datetime, audience: str, *, caught_up: bool = True) -> Said:
        """What an audience is told at a time, energy before power."""
        given = self.fold.give(now, self.notebook, caught_up=caught_up)
        self.kept |= {memory.subject: memory.value for memory in self.notebook.staged()}
        self.notebook.settle()
        assert {delivery.origin.source for delivery in given} <= {
            f"derived:{TENANT}:sums", f"derived:{TENANT}:head-meter",
        }  # fmt: skip
        events = [json.loads(delivery.payload) for delivery in given]
        return sorted(
            (e["data"]["subject"], e["data"]["quantity"], e["data"]["value"],
             tuple(e.get("flags", ())))
            for e in events
            if e["data"].get("audience", "public") == audience
        )  # fmt: skip

    @property
    def days(self) -> Days:
        return self.notebook.get(f"days/{TENANT}", Days) or Days()


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def city() -> City:
    return City()


def test_the_city_is_told_when_the_day_is_over_and_an_hour_was_quiet(city: City) -> None:
    city.use(100, NOON)
    assert city.told(MIDNIGHT + HOUR - MOMENT, "city") == []
    told = city.told(MIDNIGHT + HOUR, "city")
    assert ("stad", "energy.import", "300", ()) in told
    assert city.told(MIDNIGHT + 2 * HOUR, "city") == [], "once"


def test_a_late_report_makes_the_city_wait_for_another_quiet_hour(city: City) -> None:
    city.use(100, MIDNIGHT + timedelta(minutes=50))
    assert city.told(MIDNIGHT + timedelta(minutes=110) - MOMENT, "city") == []
    assert city.told(MIDNIGHT + timedelta(minutes=110), "city") != []


def test_nothing_is_told_before_all_that_was_committed_is_taken(city: City) -> None:
    city.use(100, NOON)
    assert city.told(MIDNIGHT + 9 * HOUR, "city", caught_up=False) == []
    assert city.told(MIDNIGHT + 9 * HOUR, "city") != []


def test_everybody_is_told_after_the_delay(city: City) -> None:
    """First it is decided and stored, then told; once."""
    city.use(100, NOON)
    assert city.told(MIDNIGHT + DELAY - MOMENT, "public") == []
    assert city.notebook.get(f"public/{TENANT}/2026-05-12", PublicNotes) is None
    assert not city.days.open[DAY.isoformat()].pending
    assert city.told(MIDNIGHT + DELAY, "public") == []
    assert city.days.open[DAY.isoformat()].pending
    assert city.told(MIDNIGHT + DELAY, "public") == [
        ("stad", "energy.import", "300", ()),
        ("stad", "power.peak", "1200", ()),
    ]
    assert city.told(MIDNIGHT + DELAY + HOUR, "public") == []


def test_everybody_waits_for_a_quiet_hour_too(city: City) -> None:
    late = MIDNIGHT + DELAY - timedelta(minutes=10)
    city.use(100, late)
    assert city.told(late + HOUR - MOMENT, "public") == []
    assert not city.days.open[DAY.isoformat()].pending
    city.told(late + HOUR, "public")
    assert city.told(late + HOUR, "public") != []


def test_a_sum_that_was_told_before_is_marked_as_corrected(city: City) -> None:
    """A sum that is told for the first time is not, though others of its day are."""
    city.use(100, NOON)
    now = MIDNIGHT + DELAY
    assert [city.told(now, "public") for _ in range(2)][1]
    later = now + HOUR
    city.use(150, later)
    now = later + HOUR
    assert [city.told(now, "public") for _ in range(2)][1] == [
        ("stad", "energy.import", "450", ("corrected",)),
        ("stad", "power.peak", "1800", ("corrected",)),
    ]
    city.use(150, now)
    assert [city.told(now + 2 * HOUR, "public") for _ in range(2)] == [[], []]


def test_what_the_city_is_told_again_is_a_correction(city: City) -> None:
    city.use(100, NOON)
    assert {flags for *_, flags in city.told(MIDNIGHT + HOUR, "city")} == {()}
    city.use(100, MIDNIGHT + HOUR, NOON + QUARTER)
    city.use(110, MIDNIGHT + HOUR, NOON, [0])
    told = city.told(MIDNIGHT + 2 * HOUR, "city")
    whole = [flags for subject, quantity, value, flags in told if value == "610"]
    assert whole == [("corrected",)] * len(whole)
    assert len(whole) == 2, "the zone and the cabinet"
    assert () in {flags for *_, flags in told}, "the quarter that is new"


def test_a_day_is_closed_a_week_after_it_was_told_or_touched(city: City) -> None:
    city.use(100, NOON)
    end = MIDNIGHT + DELAY
    for now in (end, end, end + KEPT - MOMENT):
        city.told(now, "public")
    assert city.days.open.keys() == {"2026-05-12"}
    city.told(end + KEPT, "public")
    assert city.days == Days({}, "2026-05-12")
    assert [subject for subject, value in city.kept.items() if value] == [f"days/{TENANT}"]
    assert any(subject.startswith("city") for subject in city.kept)


def test_a_day_that_was_touched_late_is_open_longer_and_closes_no_other_one_again(
    city: City,
) -> None:
    """The newest day that is over for good stays so."""
    city.use(100, NOON)
    city.use(100, NOON + timedelta(days=1), NOON + timedelta(days=1))
    city.told(NOON + timedelta(days=1), "public")
    touched = MIDNIGHT + DELAY + timedelta(days=3)
    city.use(90, touched)
    for now in (touched + HOUR, touched + HOUR, touched + 2 * HOUR):
        city.told(now, "public")
    next_day_is_over = MIDNIGHT + timedelta(days=1) + DELAY + KEPT
    city.told(next_day_is_over, "public")
    assert city.days.closed_until == "2026-05-13"
    assert city.days.open.keys() == {"2026-05-12"}
    city.told(touched + KEPT - MOMENT, "public")
    assert city.days.open.keys() == {"2026-05-12"}
    city.told(touched + KEPT, "public")
    assert city.days == Days({}, "2026-05-13")
    city.use(7, touched + KEPT, NOON + timedelta(days=1))
    city.told(touched + KEPT + 2 * HOUR, "public")
    assert city.days == Days({}, "2026-05-13")


def test_one_round_tells_no_more_than_it_may(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(city_sums, "MOST_SUMS", 3)
    city.use(100, NOON)
    city.use(100, NOON, NOON + timedelta(days=1))
    now = MIDNIGHT + timedelta(days=1, hours=2)
    rounds = []
    while told := city.told(now, "city"):
        rounds.append(len(told))
    assert max(rounds) <= 3
    assert sum(rounds) == 12, "of two days, two subjects: the day, its peak and one quarter"


def test_what_was_forgotten_is_not_added_up(city: City) -> None:
    city.use(100, NOON)
    city.fold.forget()
    assert city.told(MIDNIGHT + HOUR, "city") == []
    city.use(100, NOON)
    assert city.told(MIDNIGHT + HOUR, "city") != []


def test_whoever_used_it_being_known_later_opens_the_day_again(city: City) -> None:
    """A reservation, a session, and a reservation that turns out to be gone."""
    city.use(100, NOON)
    now = MIDNIGHT + HOUR
    city.told(now, "city")
    period = (_text(NOON - HOUR), _text(NOON + HOUR))
    activity = {"reservationId": "R-1", "activity": {"id": "markt-1", "type": "market"}}
    for outlet in "012":
        city.learn("reservation", reservation("confirmed", _text(NOON), period, outlet,
                   data={**activity, "reservationId": f"R-{outlet}"}), now)  # fmt: skip
    assert city.told(now + HOUR - MOMENT, "city") == []
    told = city.told(now + HOUR, "city")
    assert {subject for subject, *_ in told} == {"markt-1"}
    now += HOUR
    city.learn("reservation", reservation("cancelled", _text(NOON), period, "0",
               data={"reservationId": "R-0"}), now)  # fmt: skip
    assert ("markt-1", "energy.import", "200", ("corrected",)) in city.told(now + HOUR, "city")
    now += HOUR
    city.learn("session", session("started", _text(NOON), "0", data={"reservationId": "R-1"}), now)
    assert ("markt-1", "energy.import", "300", ("corrected",)) in city.told(now + HOUR, "city")


def test_a_claim_on_another_day_or_of_no_known_day_opens_nothing(city: City) -> None:
    at = NOON + timedelta(days=1)
    period = (_text(at), _text(at + HOUR))
    city.learn("reservation", reservation("confirmed", _text(NOON), period, "0"), NOON)
    assert city.told(MIDNIGHT + HOUR, "city") == []
    assert city.days == Days()
    city.use(100, NOON)
    city.told(MIDNIGHT + HOUR, "city")
    city.learn("reservation", reservation("confirmed", _text(NOON), period, "1"), MIDNIGHT + HOUR)
    city.told(MIDNIGHT + HOUR, "city")
    assert not city.days.open[DAY.isoformat()].city_due


def test_what_was_published_and_is_nothing_now_is_taken_off(city: City) -> None:
    """Of three of six users; what is left is of three as well."""
    city.use(100, NOON, outlets=range(6))
    now = MIDNIGHT + DELAY
    assert [city.told(now, "public") for _ in range(2)][1][0][2] == "600"
    city.use(0, now, outlets=range(3))
    now += HOUR
    assert [city.told(now, "public") for _ in range(2)][1][0] == (
        "stad", "energy.import", "300", ("corrected",),
    )  # fmt: skip


def test_a_sum_that_is_what_it_was_is_not_told_again(city: City) -> None:
    """More was used in another quarter: the day is another one, its peak is not."""
    city.use(100, NOON)
    now = MIDNIGHT + DELAY
    assert len([city.told(now, "public") for _ in range(2)][1]) == 2
    city.use(10, now, NOON + QUARTER)
    now += HOUR
    assert [city.told(now, "public") for _ in range(2)][1] == [
        ("stad", "energy.import", "330", ("corrected",))
    ]
