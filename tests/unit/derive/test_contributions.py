"""What reservations claim: who, where, when, and what for."""

from __future__ import annotations

import pytest

from ldes_shok.cabinet.stored_event import stored_session
from ldes_shok.derive.claims import OutletClaim
from ldes_shok.derive.contributions import _of_session, claim_of_reservation
from ldes_shok.derive.quarters import HOUR_US
from tests.support.vertical import reservation, session

PERIOD = ("2026-05-12T06:00:00Z", "2026-05-12T12:00:00Z")
AT = "2026-05-11T12:00:00Z"


@pytest.mark.parametrize(
    ("kind", "adds_up"),
    [
        ("market", True),
        ("fair", True),
        ("event", True),
        ("standing_trade", False),
        ("works", False),
        ("other", False),
    ],
)
def test_only_activities_of_many_people_are_added_up(kind: str, adds_up: bool) -> None:
    """P11: the identifier of a fixed stall may stand for a person."""
    said = reservation("confirmed", AT, PERIOD, data={"activity": {"id": "A-1", "type": kind}})
    claim = claim_of_reservation(said)
    assert isinstance(claim, OutletClaim)
    assert claim.activity == ("A-1" if adds_up else "")


def test_a_reservation_that_is_gone_claims_nothing() -> None:
    assert isinstance(claim_of_reservation(reservation("cancelled", AT, PERIOD)), str)


def test_a_session_that_nobody_ended_is_over_after_a_day() -> None:
    claim = _of_session(stored_session(session("started", AT)))
    assert claim.end_us - claim.start_us == 24 * HOUR_US
