"""Whose use it was, and for which activity."""

from __future__ import annotations

from ldes_shok.derive.claims import (
    Claim,
    Claims,
    Use,
    reservation_id,
    session_id,
    use_of,
    with_claims,
)
from ldes_shok.derive.quarters import HOUR_US, QUARTER_US

R, S = reservation_id("r1"), session_id("s1")
RESERVED = Claim(R, "1", 0, 4 * HOUR_US, "trader", "market")


def claims(*known: Claim) -> Claims:
    return with_claims(Claims(), known, HOUR_US)


def used(known: Claims, outlet: str = "1", quarter: int = 0) -> Use:
    return use_of(known, outlet, quarter * QUARTER_US, (quarter + 1) * QUARTER_US)


def test_nobody_is_known() -> None:
    assert used(claims()) == Use("", "")


def test_a_reservation_says_who_and_what_for() -> None:
    assert used(claims(RESERVED)) == Use("trader", "market")
    assert used(claims(RESERVED), quarter=16) == Use("", "")
    assert used(claims(RESERVED), outlet="2") == Use("", "")


def test_a_reservation_of_the_cabinet_is_of_each_outlet() -> None:
    assert used(claims(Claim(R, "", 0, HOUR_US, "trader", "fair")), outlet="7").activity == "fair"


def test_a_session_says_it_better_than_a_reservation() -> None:
    known = claims(RESERVED, Claim(S, "1", 0, HOUR_US, "neighbour"))
    assert used(known) == Use("neighbour", "market", in_session=True)


def test_a_session_without_a_user_is_of_whoever_reserved() -> None:
    elsewhere = Claim(R, "2", 0, HOUR_US, "trader", "market")
    known = claims(elsewhere, Claim(S, "1", 0, HOUR_US, via=R))
    assert used(known) == Use("trader", "market")


def test_a_reservation_that_is_cancelled_is_gone() -> None:
    assert used(with_claims(claims(RESERVED), [R], HOUR_US)) == Use("", "")


def test_what_was_said_before_still_holds() -> None:
    started = Claim(S, "1", 0, 24 * HOUR_US, "trader")
    ended = Claim(S, "1", 0, HOUR_US)
    known = with_claims(claims(started), [ended], HOUR_US)
    assert used(known).user == "trader"
    assert used(known, quarter=5).user == ""


def test_old_claims_are_forgotten() -> None:
    known = with_claims(claims(RESERVED), [Claim(S, "1", 0, 1000 * HOUR_US)], 1000 * HOUR_US)
    assert R not in known.by_id
