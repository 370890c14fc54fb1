"""Who has an outlet, and for which activity."""

from __future__ import annotations

from ldes_shok.derive.claims import (
    Claims,
    OutletClaim,
    OutletUse,
    claim_key,
    reservation_id,
    session_id,
    use_of,
    with_claims,
)
from ldes_shok.derive.quarters import HOUR_US, QUARTER_US

R, S = reservation_id("r1"), session_id("s1")
RESERVED = OutletClaim(R, "1", 0, 4 * HOUR_US, "trader", "market")


def claims(*known: OutletClaim) -> Claims:
    return with_claims(Claims(), known, HOUR_US, HOUR_US)


def used(known: Claims, outlet: str = "1", quarter: int = 0) -> OutletUse:
    return use_of(known, outlet, quarter * QUARTER_US, (quarter + 1) * QUARTER_US)


def test_nothing_is_known() -> None:
    assert used(claims()) == OutletUse("", 0)


def test_a_reservation_says_what_for() -> None:
    assert used(claims(RESERVED)).activity == "market"
    assert used(claims(RESERVED), quarter=16).activity == ""
    assert used(claims(RESERVED), outlet="2").activity == ""


def test_a_reservation_of_the_cabinet_is_of_each_outlet() -> None:
    assert (
        used(claims(OutletClaim(R, "", 0, HOUR_US, "trader", "fair")), outlet="7").activity
        == "fair"
    )


def test_a_stretch_belongs_to_the_session_that_it_is_in() -> None:
    known = claims(RESERVED, OutletClaim(S, "1", QUARTER_US, HOUR_US, "neighbour"))
    assert used(known, quarter=2) == OutletUse("market", QUARTER_US)
    assert used(known, quarter=8) == OutletUse("market", 8 * QUARTER_US)


def test_a_session_is_for_what_its_reservation_is() -> None:
    elsewhere = OutletClaim(R, "2", 0, HOUR_US, "trader", "market")
    known = claims(elsewhere, OutletClaim(S, "1", 0, HOUR_US, via=R))
    assert used(known).activity == "market"


def test_a_reservation_that_is_cancelled_is_gone_at_its_outlet_alone() -> None:
    known = claims(RESERVED, OutletClaim(R, "2", 0, HOUR_US, "trader", "market"))
    left = with_claims(known, [claim_key(R, "1")], HOUR_US, HOUR_US)
    assert [used(left, outlet).activity for outlet in "12"] == ["", "market"]


def test_what_was_said_before_still_holds() -> None:
    started = OutletClaim(S, "1", 0, 24 * HOUR_US, "trader")
    ended = OutletClaim(S, "1", 0, HOUR_US)
    (claim,) = with_claims(claims(started), [ended], HOUR_US, HOUR_US).by_id.values()
    assert (claim.user, claim.end_us) == ("trader", HOUR_US)


def test_a_report_of_a_session_without_its_outlet_is_of_the_outlet_of_the_others() -> None:
    """Of no outlet is of the whole cabinet, and would make all its sockets one user's."""
    placed, ended = (
        OutletClaim(S, "1", 0, 24 * HOUR_US, "trader"),
        OutletClaim(S, "", 0, HOUR_US, "trader"),
    )
    for said in ((placed, ended), (ended, placed)):
        assert [claim.outlet for claim in claims(*said).by_id.values()] == ["1"]


def test_what_an_older_log_knows_by_identifier_is_kept_by_outlet_as_well() -> None:
    older = Claims({R: RESERVED})
    known = with_claims(older, [OutletClaim(R, "1", 0, HOUR_US)], HOUR_US, HOUR_US)
    assert list(known.by_id) == [claim_key(R, "1")]


LATER_US = 1000 * HOUR_US


def test_old_claims_are_forgotten() -> None:
    known = with_claims(claims(RESERVED), [OutletClaim(S, "1", 0, LATER_US)], LATER_US, LATER_US)
    assert [claim.id for claim in known.by_id.values()] == [S]


def test_a_right_for_a_year_makes_nobody_else_forgotten() -> None:
    """P11: who is forgotten is one user at each socket. What is booked for later is no clock."""
    year = OutletClaim(S, "1", 0, 365 * 24 * HOUR_US)
    booked = OutletClaim(reservation_id("r2"), "2", 300 * 24 * HOUR_US, 301 * 24 * HOUR_US)
    known = with_claims(claims(RESERVED), [year, booked], 2 * HOUR_US, 2 * HOUR_US)
    assert RESERVED.key in known.by_id


def test_what_is_told_late_is_kept_as_long_as_what_is_new() -> None:
    """A city that brings in its past: the claims come first, then the readings."""
    known = with_claims(Claims(), [RESERVED], LATER_US, LATER_US)
    known = with_claims(known, [OutletClaim(S, "1", 0, LATER_US)], LATER_US + HOUR_US, LATER_US)
    assert RESERVED.key in known.by_id


def test_while_a_day_may_be_added_up_again_its_claims_are_known() -> None:
    known = with_claims(claims(RESERVED), [OutletClaim(S, "1", 0, LATER_US)], LATER_US, 0)
    assert RESERVED.key in known.by_id


def test_of_two_sessions_in_one_stretch_the_first_one_is_meant() -> None:
    later = OutletClaim(session_id("s2"), "1", 2 * QUARTER_US, HOUR_US, "other")
    known = claims(OutletClaim(S, "1", QUARTER_US, 3 * QUARTER_US, "neighbour"), later)
    assert used(known, quarter=2).since_us == QUARTER_US
    assert used(known, quarter=3).since_us == 2 * QUARTER_US
