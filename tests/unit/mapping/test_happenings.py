"""Sessions, faults, reservations, and a link that is lost: which members, and what holds then."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.errors import NotMapped
from ldes_shok.ldes.member import Draft
from ldes_shok.mapping.mapper import WAITS_FOR_CONFIGURATION
from ldes_shok.rdf import vocab
from tests.support.examples import examples
from tests.support.vertical import (
    BASE,
    CABINET,
    configuration,
    fault,
    measurement,
    reading,
    reservation,
    session,
    status,
)
from tests.unit.mapping.examples import HOLDER, REGISTER, drafts, map_all, only

DAY = "2026-05-12T"
FREE = {"operation": "operational", "occupancy": "free"}
OFFLINE = {"connectivity": "offline", "cause": "heartbeat_lost"}
ONLINE = {"connectivity": "online"}


def _at(minute: int) -> str:
    """So many minutes after 10 o'clock."""
    return f"{DAY}{10 + minute // 60:02d}:{minute % 60:02d}:00Z"


def _kinds(found: Sequence[Draft]) -> list[tuple[str, str]]:
    return [(draft.stream, draft.summary.kind) for draft in found]


def _objects(draft: Draft, predicate: str) -> set[str]:
    return {o for _, p, o in draft.triples if p == predicate}


def _concepts(draft: Draft, predicate: str) -> set[str]:
    prefix = f"<{BASE}/id/concept/"
    return {o.removeprefix(prefix)[:-1] for o in _objects(draft, predicate)}


def _socket(*payloads: bytes, outlet: str = "1") -> tuple[str, str]:
    """What the last event says publicly of an outlet: does it work, is it to be had."""
    found = drafts(configuration(), *payloads)
    draft = only(found, "kasten", f"/stopcontact/voorbeeldstad/VBS-001/{outlet}")
    (operation,), (availability,) = (
        _concepts(draft, predicate) for predicate in (vocab.CURRENT_STATUS, vocab.STATUS)
    )
    return operation.partition("/")[2], availability.partition("/")[2]


# ----------------------------------------------------------------------------------- sessions


def test_a_start_and_an_end_are_two_transitions_of_the_socket() -> None:
    started, ended = (
        session("started", _at(0)),
        session("ended", _at(9), data={"startedAt": _at(0)}),
    )
    for payloads in ([started], [started, ended]):
        assert _kinds(drafts(configuration(), *payloads)) == [
            ("kasten", "Stopcontact"),
            ("techniek", "Stopcontact"),
            ("techniek", "Activering"),
        ]
    assert _socket(status(_at(-5), axes=FREE), started) == ("operationeel", "inGebruik")
    assert _socket(status(_at(-5), axes=FREE), started, ended) == ("operationeel", "vrij")


def test_an_update_is_no_transition() -> None:
    updated = session("updated", _at(5), data={"startedAt": _at(0)})
    assert _kinds(drafts(configuration(), updated)) == [
        ("kasten", "Stopcontact"),
        ("techniek", "Stopcontact"),
    ]
    assert _socket(updated) == ("onbekend", "inGebruik")


def test_no_user_of_a_session_is_published_and_no_session_under_its_own_name() -> None:
    said = session("started", _at(0), data={"sessionId": "Jan Verzonnen", "user": HOLDER})
    for draft in drafts(configuration(), said):
        text = f"{draft.triples}{draft.iri}{draft.summary}"
        assert HOLDER not in text
        assert "Verzonnen" not in text.replace("Verzonnen Plein", "")


def test_the_two_transitions_of_a_session_have_one_pseudonym() -> None:
    payloads = [session("started", _at(0)), session("ended", _at(9), data={"startedAt": _at(0)})]
    found = [
        only(drafts(configuration(), payload), "techniek", "/activering/") for payload in payloads
    ]
    assert found[0].entity != found[1].entity
    assert _objects(found[0], vocab.NOTATION) == _objects(found[1], vocab.NOTATION)


def test_a_start_while_another_session_ran_closes_it_as_inferred() -> None:
    first, second = session("started", _at(0)), session("started", _at(5), data={"sessionId": "s2"})
    old = only(drafts(configuration(), first), "techniek", "/activering/")
    new = only(drafts(configuration(), first, second), "techniek", "/activering/")
    assert _objects(new, vocab.REPLACES) == {f"<{old.entity}>"}
    ended = session("ended", _at(4), data={"startedAt": _at(0)})
    for known in ([first, ended], [session("started", _at(6))]):
        draft = only(drafts(configuration(), *known, second), "techniek", "/activering/")
        assert _objects(draft, vocab.REPLACES) == set()


def test_the_end_of_a_session_that_was_replaced_does_not_free_the_socket() -> None:
    first, second = session("started", _at(0)), session("started", _at(5), data={"sessionId": "s2"})
    late_end = session("ended", _at(7), data={"startedAt": _at(0)})
    assert _socket(first, second, late_end) == ("onbekend", "inGebruik")
    assert _socket(first, late_end, second, status(_at(8), axes={"operation": "operational"})) == (
        "operationeel",
        "inGebruik",
    )


def test_what_a_status_says_later_wins_over_the_session() -> None:
    started = session("started", _at(0))
    assert _socket(started, status(_at(9), axes=FREE)) == ("operationeel", "vrij")
    only_works = status(_at(9), axes={"operation": "operational"})
    assert _socket(status(_at(-9), axes=FREE), started, only_works)[1] == "inGebruik"


def test_the_register_at_the_start_is_one_member_however_often_it_is_told() -> None:
    started = session("started", _at(0), data={"startRegister": REGISTER})
    ended = session(
        "ended",
        _at(9),
        data={
            "startedAt": _at(0),
            "startRegister": REGISTER,
            "endRegister": {**REGISTER, "value": "1285000.50"},
        },
    )
    (alone,) = (d for d in drafts(configuration(), started) if d.stream == "verbruik-individueel")
    told = [d for d in drafts(configuration(), ended) if d.stream == "verbruik-individueel"]
    assert told[0] == alone
    assert told[1].summary.value == "1285.00050 kWh"


@pytest.mark.parametrize(
    ("code", "waits", "payload"),
    [
        ("no_outlet", False, session("started", _at(0), None)),
        ("unknown_outlet", True, session("started", _at(0), "9")),
        (
            "unknown_meter",
            True,
            session("started", _at(0), data={"startRegister": {**REGISTER, "meter": "SN-9"}}),
        ),
        ("unknown_outlet", True, fault("raised", _at(0), "9")),
        ("unknown_outlet", True, reservation("confirmed", _at(0), (_at(0), _at(9)), "9")),
    ],
)
def test_what_cannot_be_attributed(code: str, waits: bool, payload: bytes) -> None:
    with pytest.raises(NotMapped) as refused:
        map_all(configuration(), payload)
    assert refused.value.code == code
    assert (code in WAITS_FOR_CONFIGURATION) == waits


# ------------------------------------------------------------------------------------- faults


def test_a_fault_is_told_in_techniek_and_makes_its_place_defect() -> None:
    raised = fault("raised", _at(0), data={"text": "Zekering uit", "vendorCode": "E42"})
    found = drafts(configuration(), raised)
    assert _kinds(found) == [
        ("techniek", "Storing"),
        ("kasten", "Stopcontact"),
        ("techniek", "Stopcontact"),
    ]
    public = only(found, "kasten", "/stopcontact/")
    assert "Zekering" not in f"{public.triples}"
    assert "E42" not in f"{public.triples}"
    assert _socket(raised) == ("defect", "defect")


@pytest.mark.parametrize(
    ("severity", "operation"),
    [("info", "operationeel"), ("warning", "operationeel"), ("error", "defect"),
     ("critical", "defect")],
)  # fmt: skip
@pytest.mark.parametrize("outlet", ["1", None])
def test_only_a_grave_fault_makes_defect(severity: str, operation: str, outlet: str | None) -> None:
    works = status(_at(-5), outlet, axes=FREE)
    found = drafts(configuration(), works, fault("raised", _at(0), outlet, severity=severity))
    entity = "/stopcontact/" if outlet else "/kast/"
    draft = only(found, "kasten", entity)
    assert _concepts(draft, vocab.CURRENT_STATUS) == {f"operationelestatus/{operation}"}


def test_when_it_is_cleared_what_the_status_last_said_counts() -> None:
    works, raised = status(_at(-5), axes=FREE), fault("raised", _at(0))
    assert _socket(works, raised, status(_at(3), axes={"occupancy": "in_use"}))[0] == "defect"
    assert _socket(works, raised, fault("cleared", _at(5), severity="info")) == (
        "operationeel",
        "vrij",
    )


def test_a_late_clear_does_not_move_what_is_current_back() -> None:
    works, again = status(_at(-5), axes=FREE), fault("raised", _at(8))
    late = fault("cleared", _at(5))
    said = status(_at(9), axes={"occupancy": "free"})
    assert _socket(works, fault("raised", _at(0)), again, late, said) == ("defect", "defect")
    assert _socket(works, fault("raised", _at(0)), late) == ("operationeel", "vrij")


def test_one_fault_of_two_keeps_the_socket_defect() -> None:
    both = [fault("raised", _at(n), data={"faultId": f"F-{n}"}) for n in (0, 1)]
    assert _socket(*both, fault("cleared", _at(5), data={"faultId": "F-0"}))[0] == "defect"


# --------------------------------------------------------------------------------------- link


def test_a_cabinet_that_is_not_reached_is_unknown_and_so_are_its_outlets() -> None:
    lost = status(_at(5), None, axes=OFFLINE)
    found = drafts(configuration(), *(status(_at(0), o, axes=FREE) for o in ("1", "2", None)), lost)
    public = [draft for draft in found if draft.stream == "kasten"]
    assert [draft.summary.subject for draft in public] == ["VBS-001", "VBS-001/1", "VBS-001/2"]
    for draft in public:
        assert _concepts(draft, vocab.CURRENT_STATUS) == {"operationelestatus/onbekend"}
        assert _concepts(draft, vocab.STATUS) <= {"beschikbaarheidsstatus/onbekend"}
    technical = only(found, "techniek", "/kast/")
    assert "verbindingsstatus/offline" in _concepts(technical, vocab.STATUS)


def test_when_it_is_back_what_was_last_said_counts_again() -> None:
    before, lost = status(_at(0), axes=FREE), status(_at(5), None, axes=OFFLINE)
    assert _socket(before, lost, status(_at(9), None, axes=ONLINE)) == ("operationeel", "vrij")


def test_what_is_observed_after_the_link_was_lost_counts() -> None:
    before, lost = status(_at(0), axes=FREE), status(_at(5), None, axes=OFFLINE)
    seen = status(_at(7), axes={"occupancy": "in_use"})
    assert _socket(before, lost, seen) == ("onbekend", "inGebruik")
    # What the buffer still held from before is a version of its own time.
    assert _socket(before, lost, status(_at(4), axes={"occupancy": "in_use"})) == (
        "operationeel",
        "inGebruik",
    )


def test_an_outdated_offline_does_not_override_what_is_newer() -> None:
    seen, lost = status(_at(9), axes=FREE), status(_at(5), None, axes=OFFLINE)
    late = drafts(configuration(), seen, lost)
    assert "T100500Z-" in only(late, "kasten", "/VBS-001/1").iri
    after = status(_at(10), axes={"power": "off", "operation": "operational"})
    assert _socket(seen, lost, after) == ("operationeel", "vrij")


def test_a_session_that_ran_when_the_link_was_lost_is_unknown() -> None:
    ran, lost = session("started", _at(0)), status(_at(5), None, axes=OFFLINE)
    still = status(_at(7), axes={"operation": "operational"})
    assert _socket(ran, lost) == ("onbekend", "onbekend")
    assert _socket(ran, lost, still) == ("operationeel", "onbekend")
    assert _socket(ran, lost, status(_at(9), None, axes=ONLINE))[1] == "inGebruik"


def test_what_is_broken_stays_broken_without_a_link() -> None:
    assert _socket(fault("raised", _at(0)), status(_at(5), None, axes=OFFLINE))[0] == "defect"


def test_an_outlet_can_lose_its_own_link() -> None:
    lost = status(_at(5), "1", axes={"connectivity": "offline", "cause": "last_will"})
    assert _socket(status(_at(0), axes=FREE), lost) == ("onbekend", "onbekend")
    works = status(_at(6), "2", axes=FREE)
    assert _socket(lost, works, outlet="2") == ("operationeel", "vrij")


# ------------------------------------------------------------------------------- reservations

MORNING = (_at(0), _at(60))


def test_a_reservation_is_published_with_and_without_who_reserved() -> None:
    said = reservation("confirmed", _at(-60), MORNING, data={"holder": HOLDER})
    found = drafts(configuration(), said)
    assert _kinds(found) == [
        ("reservaties", "Houder"),
        ("reservaties", "Reservatie"),
        ("reservaties-open", "Reservatie"),
        ("techniek", "Stopcontact"),
    ]
    closed, public = (only(found, s, "/reservatie/") for s in ("reservaties", "reservaties-open"))
    assert closed.entity == public.entity
    assert len(_objects(closed, vocab.RESERVED_BY)) == 1
    assert _objects(public, vocab.RESERVED_BY) == set()
    assert "pseudoniem" not in f"{public.triples}"
    assert HOLDER not in f"{found}"


def test_a_holder_has_another_pseudonym_in_each_reservation_and_one_in_its_versions() -> None:
    def holders(name: str) -> set[str]:
        return {
            pseudonym
            for minutes in (-60, -30)
            for draft in drafts(
                configuration(),
                reservation(
                    "confirmed",
                    _at(minutes),
                    MORNING,
                    data={"holder": HOLDER, "reservationId": name},
                ),
            )
            for pseudonym in _objects(draft, vocab.RESERVED_BY)
        }

    assert len(holders("R-1")) == 1
    assert not holders("R-1") & holders("R-2")


@pytest.mark.parametrize("kind", ["standing_trade", "works", "other", None])
def test_nothing_public_tells_which_reservations_are_one_persons(kind: str | None) -> None:
    activity = {"activity": {"id": "plaats-van-Jan", "type": kind}} if kind else {}
    data = {"holder": HOLDER, **activity}
    public = [
        [
            draft
            for draft in drafts(
                configuration(),
                reservation("confirmed", _at(-60), MORNING, data={**data, "reservationId": n}),
            )
            if draft.stream in {"reservaties-open", "kasten"} and "stopcontact" not in draft.entity
        ]
        for n in ("R-1", "R-2")
    ]
    keyed = [
        {o for draft in found for _, p, o in draft.triples
         if "/reservatie/" in o or "/activiteit/" in o or p == vocab.RESERVED_BY}
        for found in public
    ]  # fmt: skip
    assert keyed[0]
    assert not keyed[0] & keyed[1]
    assert "Jan" not in f"{public}"


@pytest.mark.parametrize("kind", ["market", "fair", "event"])
def test_a_gathering_is_one_activity_for_all_who_reserve_for_it(kind: str) -> None:
    activity = {"activity": {"id": "woensdagmarkt", "type": kind}}
    found = [
        only(
            drafts(
                configuration(),
                reservation("confirmed", _at(n), MORNING, outlet, data=activity),
            ),
            "kasten",
            "/activiteit/",
        )
        for n, outlet in ((-60, "1"), (-50, "2"))
    ]
    assert found[0] == found[1]
    assert found[0].entity == f"{BASE}/id/activiteit/voorbeeldstad/woensdagmarkt"


@pytest.mark.parametrize(
    ("state", "availability"),
    [("requested", "vrij"), ("confirmed", "gereserveerd"), ("active", "gereserveerd"),
     ("used", "vrij"), ("cancelled", "vrij"), ("expired", "vrij"), ("no_show", "vrij")],
)  # fmt: skip
@pytest.mark.parametrize("outlet", ["1", None])
def test_a_socket_is_reserved_while_an_agreed_reservation_holds(
    state: str, availability: str, outlet: str | None
) -> None:
    booked = reservation(state, _at(-60), MORNING, outlet)
    for minute, expected in ((-1, "vrij"), (0, availability), (59, availability), (60, "vrij")):
        assert _socket(booked, status(_at(minute), axes=FREE))[1] == expected


def test_who_uses_the_socket_wins_over_who_reserved_it() -> None:
    booked, used = reservation("confirmed", _at(-60), MORNING), session("started", _at(5))
    assert _socket(booked, used)[1] == "inGebruik"
    ended = session("ended", _at(9), data={"startedAt": _at(5)})
    assert _socket(booked, used, ended)[1] == "gereserveerd"
    assert _socket(booked, used, ended, reservation("used", _at(10), MORNING))[1] == "vrij"


def test_nothing_is_published_because_the_clock_passes_the_start() -> None:
    booked = reservation("confirmed", _at(-60), MORNING)
    found = drafts(configuration(), booked)
    place = only(found, "techniek", "/stopcontact/")
    assert place.iri.split("/")[-1].startswith("20260512T090000Z-")
    assert _concepts(place, vocab.STATUS) == {"beschikbaarheidsstatus/onbekend"}


@pytest.mark.parametrize("outlet", ["1", None])
@pytest.mark.parametrize("state", ["requested", "confirmed", "cancelled", "used"])
def test_nothing_public_tells_at_what_time_somebody_booked(state: str, outlet: str | None) -> None:
    tomorrow = ("2026-05-13T08:00:00Z", "2026-05-13T12:00:00Z")
    activity = {"activity": {"id": "plaats-van-Jan", "type": "standing_trade"}}
    found = drafts(configuration(), reservation(state, _at(23), tomorrow, outlet, data=activity))
    public = [draft for draft in found if draft.stream in {"kasten", "reservaties-open"}]
    assert {draft.stream for draft in public} == {"kasten", "reservaties-open"}
    for text in ("T10:23", "T102300"):
        assert text not in f"{public}"
        assert text in f"{found}"


@pytest.mark.parametrize(
    ("acted_at", "day"),
    [
        ("2026-05-11T21:59:59.9Z", "2026-05-10T22:00:00Z"),
        ("2026-05-11T22:00:00Z", "2026-05-11T22:00:00Z"),
        ("2026-03-29T21:00:00Z", "2026-03-28T23:00:00Z"),
        ("2025-10-26T22:30:00Z", "2025-10-25T22:00:00Z"),
        ("2025-12-01T23:00:00Z", "2025-12-01T23:00:00Z"),
    ],
)
def test_an_open_reservation_says_on_which_day_of_brussels_it_changed(
    acted_at: str, day: str
) -> None:
    found = drafts(configuration(), reservation("confirmed", acted_at, MORNING))
    public = only(found, "reservaties-open", "/reservatie/")
    (modified,) = _objects(public, vocab.MODIFIED)
    assert modified.startswith(f'"{day}"')
    compact = day.replace("-", "").replace(":", "")
    assert public.iri.split("/")[-1].startswith(f"{compact}-")
    assert public.summary.observed_at == day


def test_open_versions_of_one_day_are_members_of_their_own() -> None:
    found = [
        only(
            drafts(configuration(), reservation(state, _at(minute), MORNING)),
            "reservaties-open",
            "/reservatie/",
        )
        for minute, state in ((-60, "requested"), (-50, "confirmed"), (-40, "confirmed"))
    ]
    assert len({draft.iri for draft in found}) == len(found)


def test_a_reservation_that_holds_now_is_seen_at_the_socket() -> None:
    for state, expected in (("confirmed", "gereserveerd"), ("cancelled", "vrij")):
        said = status(_at(1), axes=FREE), reservation(state, _at(5), MORNING)
        assert _socket(*said)[1] == expected


def test_an_older_word_on_a_reservation_does_not_come_back() -> None:
    cancelled, late = (
        reservation(state, _at(minute), MORNING)
        for state, minute in (("cancelled", -30), ("confirmed", -60))
    )
    assert _socket(cancelled, late, status(_at(5), axes=FREE))[1] == "vrij"


# ------------------------------------------------------- where it stood, and the order of arrival

ELSEWHERE = {
    "position": [3.7174, 51.0543],
    "address": {"street": "Bedachte Kaai", "number": "9"},
    "network": "foornet",
}
MOVED = configuration(_at(0), cabinet=ELSEWHERE, outlets=(), meters=())


@pytest.mark.parametrize("arrives_first", [True, False])
def test_a_cabinet_that_moved_is_reported_from_where_it_stood(arrives_first: bool) -> None:
    said = status(_at(-5), axes=FREE)
    order = [MOVED, said] if arrives_first else [said, MOVED]
    found = [draft for mapped in map_all(configuration(), *order) for draft in mapped.drafts]
    (before,) = (
        d for d in found if "/VBS-001/1/20260512T095500Z" in d.iri and d.stream == "kasten"
    )
    text = f"{before.triples}"
    assert "Verzonnen Plein" in text
    assert "POINT(4.4066 51.2143)" in text
    assert "foornet" not in text
    after = drafts(configuration(), MOVED, status(_at(5), axes=FREE))
    text = f"{only(after, 'kasten', '/VBS-001/1').triples}"
    assert "Bedachte Kaai" in text
    assert "POINT(3.7174 51.0543)" in text
    assert "foornet" in text


def test_the_second_of_two_moves_may_arrive_first() -> None:
    there = configuration(_at(30), cabinet={**CABINET, "position": [5, 50]}, outlets=(), meters=())
    for order in ([MOVED, there], [there, MOVED]):
        found = drafts(configuration(), *order, status(_at(10), axes=FREE))
        assert "POINT(3.7174 51.0543)" in f"{only(found, 'kasten', '/VBS-001/1').triples}"


def test_a_reading_is_of_the_meter_that_hung_there_then() -> None:
    swap = configuration(
        _at(0), cabinet=None, outlets=({"id": "1", "meter": "SN-NEW"},),
        meters=({"serial": "SN-NEW", "outlet": "1", "replaces": "SN-000012345"},),
    )  # fmt: skip

    def sensor(minute: int, meter: str | None) -> set[str]:
        said = measurement(_at(minute), [reading("current", "1", "A")], meter=meter)
        (draft,) = drafts(configuration(), swap, said)
        return _objects(draft, vocab.MADE_BY_SENSOR)

    assert sensor(-5, None) == sensor(-5, "SN-000012345")
    assert sensor(5, None) == sensor(5, "SN-NEW") != sensor(5, "SN-000012345")


def test_a_head_meter_that_was_replaced_measures_no_longer() -> None:
    swap = configuration(
        _at(0), cabinet=None, outlets=(), meters=({"serial": "SN-H2", "replaces": "SN-HEAD"},)
    )
    said = measurement(_at(5), [reading("current", "1", "A")], None, meter=None)
    named = measurement(_at(5), [reading("current", "1", "A")], None, meter="SN-H2")
    ways = [drafts(configuration(), swap, payload)[0] for payload in (said, named)]
    assert _objects(ways[0], vocab.MADE_BY_SENSOR) == _objects(ways[1], vocab.MADE_BY_SENSOR)


STORY = (
    status(_at(0), axes=FREE),
    status(_at(0), "2", axes=FREE),
    session("started", _at(2)),
    session("ended", _at(4), data={"startedAt": _at(2)}),
    session("started", _at(3), data={"sessionId": "s2"}),
    fault("raised", _at(5)),
    fault("cleared", _at(7)),
    reservation("confirmed", _at(-60), MORNING, data={"holder": HOLDER}),
    reservation("cancelled", _at(8), MORNING, None),
    status(_at(5), None, axes=OFFLINE),
    status(_at(6), None, axes=ONLINE),
    status(_at(9), None, axes=OFFLINE),
    configuration(_at(1), cabinet=ELSEWHERE, outlets=(), meters=()),
    configuration("2026-05-02T00:00:00Z", outlets=({"id": "9"},), meters=()),
    configuration(_at(8), cabinet=None, outlets=({"id": "8"},), meters=()),
)
"""No two of one instant tell of one thing: those are in test_precedence.py."""


@examples(0.6)
@given(st.randoms(use_true_random=False))
def test_the_order_of_arrival_decides_neither_members_nor_what_holds(chance: random.Random) -> None:
    """P2: delivered once or a thousand times, it is one member with one IRI."""
    shuffled = list(STORY)
    chance.shuffle(shuffled)
    final = status(_at(30), axes={"power": "off", "operation": "operational"})
    results = []
    for order in (STORY, shuffled):
        mapped = map_all(configuration(), *order, final)
        iris = {draft.iri for each in mapped for draft in each.drafts}
        results.append((iris, mapped[-1].drafts, mapped[-1].state))
    assert results[0][0] == results[1][0]
    assert results[0][1] == results[1][1]
    assert results[0][2] is not None
    assert results[1][2] is not None
    assert results[0][2].link == results[1][2].link
    assert results[0][2].words == results[1][2].words


def test_every_pair_of_words_leaves_the_same_state() -> None:
    for one, other in itertools.combinations(STORY[2:9], 2):
        ways = [
            map_all(configuration(), *order)[-1].state for order in ((one, other), (other, one))
        ]
        assert ways[0] == ways[1]
