"""P11: one person is one user, whatever the names; counted twice, too little would be too many."""

from __future__ import annotations

from ldes_shok.derive.claims import Claim, Claims, reservation_id, session_id, use_of, with_claims
from ldes_shok.derive.disclosure import KINDS_END, least_users
from ldes_shok.derive.quarters import HOUR_US, QUARTER_US
from ldes_shok.derive.users import Users

DAY_US = 24 * HOUR_US
BOUNDS = (DAY_US - 2 * HOUR_US, 2 * DAY_US - 2 * HOUR_US)
"""A summer day of Brussels: two hours of it are of another day of UTC."""

NINE_US, NOON_US = DAY_US + 9 * HOUR_US, DAY_US + 12 * HOUR_US


def session(name: str, outlet: str, start_us: int, user: str, via: str = "") -> Claim:
    return Claim(session_id(name), outlet, start_us, start_us + HOUR_US, user, via=via)


def reservation(name: str, outlet: str, holder: str) -> Claim:
    return Claim(reservation_id(name), outlet, NINE_US, NOON_US, holder)


def user(at_us: int, outlet: str, *known: Claim) -> str:
    """Who counts as the user of a quarter of an hour, without the kinds."""
    return called(at_us, outlet, *known).rpartition(KINDS_END)[2]


def called(at_us: int, outlet: str, *known: Claim) -> str:
    """The same, with the kinds."""
    claims = with_claims(Claims(), known, 0)
    use = use_of(claims, outlet, at_us, at_us + QUARTER_US)
    return Users({"a": claims}, *BOUNDS).of("a", outlet, use.user, in_session=use.in_session)


def test_where_nobody_is_known_the_outlet_is_the_user() -> None:
    assert user(NOON_US, "1") == "a/1"
    assert user(NOON_US, "1", session("s", "2", NINE_US, "u")) == "a/1"


def test_what_is_used_beside_a_session_is_of_who_had_one_there() -> None:
    known = session("s", "1", NINE_US, "u")
    assert user(NINE_US, "1", known) == user(NOON_US, "1", known) == "u"


def test_what_is_used_beside_a_reservation_is_of_who_had_one_there() -> None:
    known = reservation("r", "1", "h"), reservation("q", "", "organiser")
    assert {user(at_us, "1", *known) for at_us in (DAY_US, NINE_US, NOON_US)} == {"h"}
    two = reservation("r", "1", "h"), Claim(reservation_id("s"), "1", NOON_US, 2 * DAY_US, "i")
    assert [user(at_us, "1", *two) for at_us in (DAY_US, NINE_US, NOON_US)] == ["h", "h", "i"]


def test_a_trader_with_two_outlets_is_one_user() -> None:
    known = session("s", "1", NINE_US, "u"), session("t", "2", NINE_US, "u")
    assert user(NINE_US, "1", *known) == user(NOON_US, "2", *known)


def test_the_holder_of_an_outlet_and_the_card_in_it_are_one_user() -> None:
    """Also where only one of the two is known: the outlet beside it was reserved as well."""
    known = (
        reservation("r", "1", "holder"),
        reservation("q", "2", "holder"),
        session("s", "1", NINE_US + HOUR_US, "card"),
    )
    times = (NINE_US, NINE_US + HOUR_US)
    assert len({user(at_us, outlet, *known) for at_us in times for outlet in "12"}) == 1


def test_a_session_that_names_its_reservation_is_of_who_reserved() -> None:
    elsewhere = reservation("r", "2", "holder")
    named = session("s", "1", NINE_US - HOUR_US, "card", via=elsewhere.id)
    known = elsewhere, named
    assert user(named.start_us, "1", *known) == user(NINE_US, "2", *known)


def test_who_reserves_a_cabinet_is_not_everybody_who_uses_it() -> None:
    known = (
        reservation("r", "", "organiser"),
        session("s", "1", NINE_US, "u"),
        session("t", "2", NINE_US, "v"),
    )
    assert [user(NINE_US, outlet, *known) for outlet in "123"] == ["u", "v", "organiser"]


def test_two_cards_one_after_the_other_are_two_users() -> None:
    known = session("s", "1", NINE_US, "u"), session("t", "1", NOON_US, "v")
    assert user(NINE_US, "1", *known) != user(NOON_US, "1", *known)


def test_two_pseudonyms_around_midnight_of_utc_are_one_user() -> None:
    """A period of pseudonyms ended between them: it may be the same card."""
    known = session("s", "1", DAY_US - HOUR_US, "old"), session("t", "1", DAY_US, "new")
    assert user(DAY_US - HOUR_US, "1", *known) == user(DAY_US, "1", *known)


def test_sessions_of_another_day_join_nobody() -> None:
    yesterday = session("s", "1", -HOUR_US, "old")
    assert user(DAY_US, "1", yesterday, session("t", "1", DAY_US, "new")) == "new"


def test_a_card_here_and_a_holder_there_may_be_one_person() -> None:
    """Nothing joins them; counted together, two traders would be three users."""
    known = (
        session("s", "1", NINE_US, "card"),
        reservation("r", "2", "holder"),
        session("t", "3", NINE_US, "v"),
    )
    users = {called(NINE_US, outlet, *known) for outlet in "123"}
    assert len(users) == 3
    assert least_users(users) == 2
    joined = session("u", "2", NINE_US, "w")
    users = {called(NINE_US, outlet, *known, joined) for outlet in "123"}
    assert least_users(users) == 3


def test_the_order_in_which_claims_came_changes_nothing() -> None:
    known = (reservation("r", "1", "h"), session("s", "1", NINE_US, "z"), session("t", "2", 0, "b"))
    assert user(NINE_US, "1", *known) == user(NINE_US, "1", *reversed(known)) == "h"
