"""Sessions and reservations as claims: who uses an outlet, when, and for which activity. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from ldes_shok.derive.quarters import HOUR_US
from ldes_shok.derive.registers import KEEP_US

LONGEST_SESSION_US: Final = 24 * HOUR_US
"""A session without a reported end is over after this time."""

_SESSION: Final = "s:"
_RESERVATION: Final = "r:"
GONE: Final = frozenset({"cancelled", "expired", "no_show"})
"""States of a reservation that is not used."""


class OutletClaim(msgspec.Struct, frozen=True, array_like=True):
    """A session or reservation: one user has an outlet from one time to another.

    Attributes:
        id: of the session or reservation.
        outlet: empty for the whole cabinet.
        start_us, end_us: when it starts and ends.
        user: pseudonym, empty if it is not known.
        activity: its purpose, empty if it is not known.
        via: the reservation that a session uses.
        heard_us: when it was last reported.
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
        """The key of the claim: one identifier may stand at several outlets."""
        return claim_key(self.id, self.outlet)


class Claims(msgspec.Struct, frozen=True, array_like=True):
    """All claims of one cabinet, by `OutletClaim.key`."""

    by_id: dict[str, OutletClaim] = {}

    @property
    def contents(self) -> set[OutletClaim]:
        """The claims without the time of their last report."""
        return {msgspec.structs.replace(claim, heard_us=0) for claim in self.by_id.values()}


@dataclass(frozen=True, slots=True)
class OutletUse:
    """The use of an outlet in a stretch of time, by its sessions and reservations.

    Attributes:
        activity: its purpose, empty if it is not known.
        since_us: the start of its session, or of the stretch itself.
    """

    activity: str
    since_us: int


def session_id(name: str) -> str:
    """The `OutletClaim.id` of a session."""
    return f"{_SESSION}{name}"


def reservation_id(name: str) -> str:
    """The `OutletClaim.id` of a reservation."""
    return f"{_RESERVATION}{name}"


def claim_key(id_: str, outlet: str) -> str:
    """The key of a claim of `id_` at `outlet`."""
    return f"{id_}/{outlet}"


def is_reservation(claim: OutletClaim) -> bool:
    """Whether the claim is a reservation, not a session."""
    return claim.id.startswith(_RESERVATION)


def with_claims(
    claims: Claims, new: Iterable[OutletClaim | str], now_us: int, open_since_us: int
) -> Claims:
    """The claims after new ones.

    A claim that is over and was not reported for long is dropped. But it is kept while a day with
    its users may be added up again: a user that is not known any more would count as several users.

    Args:
        claims: the known ones.
        new: the new ones; a text withdraws the claim with that key.
        now_us: when the new ones were reported.
        open_since_us: the start of the first day whose sums may change.
    """
    # By `claim.key`, not by the stored key: an older log has one outlet per identifier.
    by_key = {claim.key: claim for claim in claims.by_id.values()}
    for change in new:
        if isinstance(change, str):
            by_key.pop(change, None)
            continue
        reported = msgspec.structs.replace(change, heard_us=now_us)
        claim = reported if is_reservation(reported) else _placed(reported, by_key)
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
    """A session at its outlet. Only one of its reports may name it; a claim without it goes."""
    if session.outlet:
        return _completed(session, by_key.pop(claim_key(session.id, ""), None))
    outlets = sorted(claim.outlet for claim in by_key.values() if claim.id == session.id)
    return msgspec.structs.replace(session, outlet=outlets[0]) if outlets else session


def _completed(claim: OutletClaim, known: OutletClaim | None) -> OutletClaim:
    """A claim, with what an earlier report of it says and this one does not."""
    if known is None:
        return claim
    return msgspec.structs.replace(
        claim,
        user=claim.user or known.user,
        activity=claim.activity or known.activity,
        via=claim.via or known.via,
    )


def use_of(claims: Claims, outlet: str, start_us: int, end_us: int) -> OutletUse:
    """The use of an outlet in [start, end): by its session, else by its reservation."""
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
