"""Who has an outlet, from when to when, and for which activity: sessions and reservations. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from ldes_shok.derive.quarters import HOUR_US
from ldes_shok.derive.registers import KEEP_US

LONGEST_SESSION_US: Final = 24 * HOUR_US
"""A session without a report of its end is over by then."""

_SESSION: Final = "s:"
_RESERVATION: Final = "r:"
GONE: Final = frozenset({"cancelled", "expired", "no_show"})
"""States of a reservation that nobody makes use of."""


class OutletClaim(msgspec.Struct, frozen=True, array_like=True):
    """A session or reservation: one user has an outlet from one time to another.

    Attributes:
        id: of the session or reservation.
        outlet: empty for the whole cabinet.
        start_us, end_us: from when to when.
        user: pseudonym, empty if it is not known.
        activity: what for, empty if it is not known.
        via: the reservation that a session makes use of.
        heard_us: when it was last told of.
    """

    id: str
    outlet: str
    start_us: int
    end_us: int
    user: str = ""
    activity: str = ""
    via: str = ""
    heard_us: int = 0

    @property
    def key(self) -> str:
        """One identifier may stand at several outlets: each is a claim."""
        return claim_key(self.id, self.outlet)


class Claims(msgspec.Struct, frozen=True, array_like=True):
    """All that is known of one cabinet, by `OutletClaim.key`."""

    by_id: dict[str, OutletClaim] = {}

    @property
    def contents(self) -> set[OutletClaim]:
        """The claims, whenever they were last heard of."""
        return {msgspec.structs.replace(claim, heard_us=0) for claim in self.by_id.values()}


@dataclass(frozen=True, slots=True)
class OutletUse:
    """A stretch of use at an outlet, as sessions and reservations tell of it.

    Attributes:
        activity: what for, empty where that is not known.
        since_us: when the session began that it belongs to, or the stretch itself.
    """

    activity: str
    since_us: int


def session_id(name: str) -> str:
    """How a session is called here."""
    return f"{_SESSION}{name}"


def reservation_id(name: str) -> str:
    """How a reservation is called here."""
    return f"{_RESERVATION}{name}"


def claim_key(id_: str, outlet: str) -> str:
    """What a claim of `id_` at `outlet` is kept under."""
    return f"{id_}/{outlet}"


def is_reservation(claim: OutletClaim) -> bool:
    """Whether it is one, and no session."""
    return claim.id.startswith(_RESERVATION)


def with_claims(
    claims: Claims, new: Iterable[OutletClaim | str], now_us: int, open_since_us: int
) -> Claims:
    """The claims after more of them.

    What is over and was not told of for long is forgotten, but never while a day that it names
    users of may be added up once more: who is not known any more would be several users.

    Args:
        claims: those of before.
        new: more; a text withdraws the claim with that key.
        now_us: when they were told.
        open_since_us: when the first day began whose sums may change.
    """
    # By key, whatever they were kept under: an older log knows one outlet for an identifier.
    by_key = {claim.key: claim for claim in claims.by_id.values()}
    for change in new:
        if isinstance(change, str):
            by_key.pop(change, None)
            continue
        heard = msgspec.structs.replace(change, heard_us=now_us)
        claim = heard if is_reservation(heard) else _placed(heard, by_key)
        by_key[claim.key] = _completed(claim, by_key.get(claim.key))
    old_us = now_us - KEEP_US - HOUR_US
    return Claims(
        {
            key: claim
            for key, claim in by_key.items()
            if max(claim.end_us, claim.heard_us) > old_us or claim.end_us > open_since_us
        }
    )


def _placed(session: OutletClaim, by_key: dict[str, OutletClaim]) -> OutletClaim:
    """A session at its outlet, if only one of its reports says which; that of no outlet goes."""
    if session.outlet:
        return _completed(session, by_key.pop(claim_key(session.id, ""), None))
    outlets = sorted(claim.outlet for claim in by_key.values() if claim.id == session.id)
    return msgspec.structs.replace(session, outlet=outlets[0]) if outlets else session


def _completed(claim: OutletClaim, known: OutletClaim | None) -> OutletClaim:
    """What was said before still holds."""
    if known is None:
        return claim
    return msgspec.structs.replace(
        claim,
        user=claim.user or known.user,
        activity=claim.activity or known.activity,
        via=claim.via or known.via,
    )


def use_of(claims: Claims, outlet: str, start_us: int, end_us: int) -> OutletUse:
    """What an outlet was used for in [start, end): by its session, else by its reservation."""
    found = sorted(
        (
            claim
            for claim in claims.by_id.values()
            if claim.outlet in {"", outlet} and claim.start_us < end_us and start_us < claim.end_us
        ),
        key=lambda claim: (is_reservation(claim), claim.start_us, claim.key),
    )
    vias = {claim.via for claim in found if claim.via}
    through = [claim for claim in claims.by_id.values() if claim.id in vias]
    activity = next((claim.activity for claim in (*found, *through) if claim.activity), "")
    sessions = [claim.start_us for claim in found if not is_reservation(claim)]
    return OutletUse(activity, min(sessions, default=start_us))
