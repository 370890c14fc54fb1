"""P11: users are sets of sockets, and names only make them fewer, whoever has how many."""

from __future__ import annotations

from decimal import Decimal

from ldes_shok.cabinet.period_keys import KeyPeriod
from ldes_shok.derive.claims import (
    Claims,
    OutletClaim,
    reservation_id,
    session_id,
    use_of,
    with_claims,
)
from ldes_shok.derive.disclosure import Rule
from ldes_shok.derive.quarters import HOUR_US, QUARTER_US
from ldes_shok.derive.users import Users

DAY_US = 24 * HOUR_US
BOUNDS = (DAY_US - 2 * HOUR_US, 2 * DAY_US - 2 * HOUR_US)
"""A summer day of Brussels: two hours of it are of another day of UTC."""

NINE_US, NOON_US = DAY_US + 9 * HOUR_US, DAY_US + 12 * HOUR_US
Known = dict[str, list[OutletClaim]]
"""Claims by cabinet."""


def session(name: str, outlet: str, start_us: int, user: str = "", via: str = "") -> OutletClaim:
    return OutletClaim(session_id(name), outlet, start_us, start_us + HOUR_US, user, via=via)


def reservation(name: str, outlet: str, holder: str = "") -> OutletClaim:
    return OutletClaim(reservation_id(name), outlet, NINE_US, NOON_US, holder)


def count(known: Known, *used: tuple[str, str, int], period: KeyPeriod = KeyPeriod.MONTH) -> int:
    """How many users some use is of: cabinet, outlet and start of each quarter of an hour."""
    claims = {cabinet: with_claims(Claims(), said, 0, 0) for cabinet, said in known.items()}
    users = Users(claims, *BOUNDS, period)
    found: dict[str, Decimal] = {}
    for cabinet, outlet, at_us in used:
        use = use_of(claims.get(cabinet, Claims()), outlet, at_us, at_us + QUARTER_US)
        found[users.of(cabinet, outlet, use.since_us)] = Decimal(1)
    least = 0
    while Rule(least + 1, 100).allows(found, 0):
        least += 1
    return least


def at(*outlets: str, cabinet: str = "a", at_us: int = NINE_US) -> list[tuple[str, str, int]]:
    return [(cabinet, outlet, at_us) for outlet in outlets]


def test_where_nothing_is_known_a_socket_is_a_user() -> None:
    assert count({}, *at("1", "2", "3"), *at("1", cabinet="b")) == 4


def test_six_tokens_at_one_socket_are_one_user() -> None:
    """An app may give a new token for each session."""
    known = [session(f"s{n}", "1", NINE_US + n * HOUR_US, f"token-{n}") for n in range(6)]
    assert count({"a": known}, *(("a", "1", NINE_US + n * HOUR_US) for n in range(8))) == 1


def test_one_organiser_on_twelve_sockets_is_one_user() -> None:
    outlets = [str(n) for n in range(12)]
    held = [reservation(f"r{n}", outlet, "organiser") for n, outlet in enumerate(outlets)]
    assert count({"a": held}, *at(*outlets)) == 1
    one = [reservation("r", outlet) for outlet in outlets]
    assert count({"a": one}, *at(*outlets)) == 1, "one reservation of many sockets"
    whole = [reservation("r", "", "organiser")]
    assert count({"a": whole}, *at(*outlets)) == 1, "a reservation of the whole cabinet"


def test_a_name_joins_over_cabinets() -> None:
    known: Known = {"a": [reservation("r", "1", "h")], "b": [reservation("q", "1", "h")]}
    assert count(known, *at("1"), *at("1", cabinet="b")) == 1
    known = {"a": [reservation("r", "", "h")], "b": [session("s", "3", NINE_US, "c", via="r:r")]}
    assert count(known, *at("1", "2"), *at("3", "4", cabinet="b")) == 2


def test_sessions_of_two_stations_may_have_the_same_number() -> None:
    known: Known = {"a": [session("1", "1", NINE_US)], "b": [session("1", "1", NINE_US)]}
    assert count(known, *at("1"), *at("1", cabinet="b")) == 2


def test_names_join_by_way_of_a_socket_that_nobody_used() -> None:
    known: Known = {
        "a": [session("s", "1", NINE_US, "u"), session("t", "2", NINE_US, "v")],
        "b": [session("s", "9", NINE_US, "u"), session("t", "9", NOON_US, "v")],
    }
    assert count(known, *at("1", "2")) == 1


def test_a_session_that_moved_to_another_socket_joins_both() -> None:
    known = [session("s", "1", NINE_US), session("s", "2", NINE_US)]
    assert count({"a": known}, *at("1", "2")) == 1


def test_a_card_and_the_holder_of_another_socket_are_joined_by_any_socket_of_both() -> None:
    known = [
        session("s", "1", NINE_US, "card"),
        reservation("r", "2", "holder"),
        session("t", "2", NOON_US, "card"),
    ]
    assert count({"a": known}, *at("1", "2")) == 1


def test_three_people_who_change_sockets_over_the_end_of_a_period_are_three() -> None:
    """P11: on a day with two key periods the larger count holds, not the sum."""
    before, after = DAY_US - HOUR_US, DAY_US
    moved = [
        *(session(f"s{n}", str(n), before, f"old-{n}") for n in range(3)),
        *(session(f"t{n}", str(n + 3), after, f"new-{n}") for n in range(3)),
    ]
    used = [*at("0", "1", "2", at_us=before), *at("3", "4", "5", at_us=after)]
    assert count({"a": moved}, *used, period=KeyPeriod.DAY) == 3
    assert count({"a": moved}, *used, period=KeyPeriod.MONTH) == 6, "no period ended: six sockets"
    among = [
        *(session(f"s{n}", str(n), before, f"old-{n}") for n in range(3)),
        *(session(f"t{n}", str((n + 1) % 3), after, f"new-{n}") for n in range(3)),
    ]
    used = [*at("0", "1", "2", at_us=before), *at("0", "1", "2", at_us=after)]
    assert count({"a": among}, *used, period=KeyPeriod.DAY) == 3


def test_a_session_over_the_end_of_a_period_counts_where_it_began() -> None:
    before = DAY_US - HOUR_US // 2
    stays = [session("s", "1", before, "old"), session("t", "2", DAY_US, "new")]
    used = [*at("1", at_us=before), *at("1", "2", at_us=DAY_US)]
    assert count({"a": stays}, *used, period=KeyPeriod.DAY) == 1


def test_names_of_another_day_join_nothing() -> None:
    known = [session("s", "1", -HOUR_US, "u"), session("t", "2", -HOUR_US, "u")]
    assert count({"a": known}, *at("1", "2")) == 2


def test_the_order_in_which_claims_came_changes_nothing() -> None:
    known = [reservation("r", "1", "h"), session("s", "1", NINE_US, "z"), session("t", "2", 0, "b")]
    more = [session("u", "2", NINE_US, "z")]
    for said in ([*known, *more], [*more, *reversed(known)]):
        assert count({"a": said}, *at("1", "2", "3")) == 2
