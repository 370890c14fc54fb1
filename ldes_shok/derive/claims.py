"""Who used an outlet, and for which activity: sessions and reservations over time. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from ldes_shok.derive.quarters import HOUR_US
from ldes_shok.derive.registers import KEEP_US

LONGEST_SESSION_US: Final = 24 * HOUR_US
"""A session whose end nobody told is over by then."""

_SESSION: Final = "s:"
_RESERVATION: Final = "r:"
GONE: Final = frozenset({"cancelled", "expired", "no_show"})
"""States of a reservation that nobody makes use of."""


class Claim(msgspec.Struct, frozen=True, array_like=True):
    """Somebody has an outlet for a while.

    Attributes:
        id: of the session or reservation.
        outlet: empty for the whole cabinet.
        start_us, end_us: from when to when.
        user: pseudonym, empty if it is not known.
        activity: what for, empty if it is not known.
        via: the reservation that a session makes use of.
    """

    id: str
    outlet: str
    start_us: int
    end_us: int
    user: str = ""
    activity: str = ""
    via: str = ""


class Claims(msgspec.Struct, frozen=True, array_like=True):
    """All that is known of one cabinet."""

    by_id: dict[str, Claim] = {}


@dataclass(frozen=True, slots=True)
class Use:
    """Whose it is; empty where that is not known.

    Attributes:
        user: pseudonym.
        activity: what for.
        in_session: whether it is a session that says whose.
    """

    user: str
    activity: str
    in_session: bool = False


def session_id(name: str) -> str:
    """How a session is called here."""
    return f"{_SESSION}{name}"


def reservation_id(name: str) -> str:
    """How a reservation is called here."""
    return f"{_RESERVATION}{name}"


def is_reservation(claim: Claim) -> bool:
    """Whether it is one, and no session."""
    return claim.id.startswith(_RESERVATION)


def with_claims(claims: Claims, new: Iterable[Claim | str], newest_us: int) -> Claims:
    """The claims after more of them; a text withdraws the one with that id."""
    by_id = dict(claims.by_id)
    for claim in new:
        if isinstance(claim, str):
            by_id.pop(claim, None)
            continue
        known = by_id.get(claim.id)
        if known is not None:
            claim = msgspec.structs.replace(  # noqa: PLW2901  what was said before still holds
                claim,
                user=claim.user or known.user,
                activity=claim.activity or known.activity,
                via=claim.via or known.via,
                outlet=claim.outlet or known.outlet,
            )
        by_id[claim.id] = claim
    kept = {id_: c for id_, c in by_id.items() if c.end_us > newest_us - KEEP_US - HOUR_US}
    return Claims(kept)


def use_of(claims: Claims, outlet: str, start_us: int, end_us: int) -> Use:
    """Who used an outlet in [start, end): by a session, else by a reservation.

    Two users in one stretch count as the first: fewer users, so less is published.
    """
    found = sorted(
        (
            claim
            for claim in claims.by_id.values()
            if claim.outlet in {"", outlet} and claim.start_us < end_us and start_us < claim.end_us
        ),
        key=lambda claim: (is_reservation(claim), claim.start_us, claim.id),
    )
    through = [claims.by_id[claim.via] for claim in found if claim.via in claims.by_id]
    everything = [*found, *through]
    first = next((claim for claim in everything if claim.user), None)
    activity = next((claim.activity for claim in everything if claim.activity), "")
    if first is None:
        return Use("", activity)
    return Use(first.user, activity, in_session=not is_reservation(first))
