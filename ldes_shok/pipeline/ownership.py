"""Whose a thing is: another city's stream tells of its own cabinets, and nobody else of those.

**The rule.** A cabinet that no claim holds (`ldes_shok.cabinet.claim`) is ours: every source of its
tenant may tell of it, and no stream that is followed. A cabinet that a claim holds is whose it was
when it was first heard of: of a source of ours, and it stays ours; of the stream, or of nobody yet,
and it is the other city's. The same holds for what has a name of its own, apart from its cabinet's:
a meter, an observation under the key that their stream gives it. What the service derives itself
follows from what was accepted.

Who was first is what the log says (`LogWriter.first_told`), so it survives a restart and holds for
logs of earlier versions. What is refused waits in quarantine, and passes once the settings say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from ldes_shok.cabinet.claim import Claim, is_followed
from ldes_shok.cabinet.incoming import DERIVED, Received
from ldes_shok.errors import NotMapped
from ldes_shok.ldes.member import Draft
from ldes_shok.log.base import LogWriter
from ldes_shok.mapping.iris import Iris

OWNED_ELSEWHERE: Final = "owned_elsewhere"
_KEPT: Final = 20_000
_THEN: Final = "then: ldes-shok quarantine retry"


class Teller(NamedTuple):
    """Who told of a thing first, and in an event of which cabinet."""

    source: str
    cabinet: str


class Ownership:
    """Refuses what somebody says of what is not theirs. For one writer, a batch at a time.

    Args:
        claims: of all streams that are followed.
        iris: mints the IRIs of the members.
        log: knows who was first.
    """

    def __init__(self, claims: Sequence[Claim], iris: Iris, log: LogWriter) -> None:
        self._by_source = {claim.source: claim for claim in claims}
        self._prefixed: dict[str, list[Claim]] = {claim.tenant: [] for claim in claims}
        self._named: dict[tuple[str, str], list[Claim]] = {}
        for claim in claims:
            if claim.prefix:
                self._prefixed[claim.tenant].append(claim)
            for ours in claim.cabinets.values():
                self._named.setdefault((claim.tenant, ours), []).append(claim)
        self._iris = iris
        self._log = log
        self._stored: dict[str, Teller] = {}
        self._staged: dict[str, Teller] = {}

    def begin(self) -> None:
        """A batch begins: what an earlier one took is in the log, or was never stored."""
        self._staged.clear()

    def check(self, received: Received) -> None:
        """Refuse an event of a cabinet that is not its source's.

        Raises:
            NotMapped: it is not; says whose it is, and what to do.
            LogUnavailable: that cannot be known now.
        """
        source, cabinet = received.source, received.event.cabinet
        holders = self._holders(received.tenant, cabinet)
        if is_followed(source):
            if all(claim.source != source for claim in holders):
                raise _refused(
                    f"cabinet {cabinet} is not one that {source} may tell of: its cabinets or "
                    f"prefix in the settings must name it; {_THEN}"
                )
            first = self._first(self._iris.cabinet(received.tenant, cabinet))
            if first is not None and not is_followed(first.source):
                raise _refused(
                    f"cabinet {cabinet} is ours, {first.source} told of it first: what {source} "
                    "says of it is not published; give their cabinet another name in the "
                    "cabinets or prefix of that source"
                )
        elif holders and not source.startswith(f"{DERIVED}:"):
            first = self._first(self._iris.cabinet(received.tenant, cabinet))
            if first is None or is_followed(first.source):
                raise _refused(
                    f"cabinet {cabinet} is another city's, whose stream {holders[0].source} is "
                    f"followed: what {source} says of it is not published; use another name, or "
                    f"take it out of the cabinets or prefix of that source, {_THEN}"
                )

    def check_versions(self, received: Received, drafts: Iterable[Draft]) -> None:
        """Refuse versions, out of another city's stream, of what is not that city's.

        Raises:
            NotMapped: one of `drafts` is; says of which cabinet it is, and what to do.
            LogUnavailable: that cannot be known now.
        """
        source = received.source
        if not is_followed(source):
            return
        mine = self._by_source.get(source, Claim(source, received.tenant))
        for draft in drafts:
            first = None if self._iris.is_of_settings(draft.entity) else self._first(draft.entity)
            if first is None or (is_followed(first.source) and mine.holds(first.cabinet)):
                continue
            raise _refused(
                f"{draft.entity} is of cabinet {first.cabinet}, {first.source} told of it first: "
                f"what {source} says of it for cabinet {received.event.cabinet} is not published; "
                "ask whoever publishes that stream"
            )

    def take(self, received: Received, drafts: Iterable[Draft]) -> None:
        """These are published with this batch."""
        if received.tenant in self._prefixed:
            teller = Teller(received.source, received.event.cabinet)
            for draft in drafts:
                self._staged.setdefault(draft.entity, teller)

    def _holders(self, tenant: str, cabinet: str) -> list[Claim]:
        prefixed = self._prefixed.get(tenant)
        if prefixed is None:
            return []
        named = self._named.get((tenant, cabinet), [])
        return named + [claim for claim in prefixed if claim.holds(cabinet)]

    def _first(self, entity: str) -> Teller | None:
        known = self._stored.get(entity)
        if known is not None:
            return known
        event = self._log.first_told(entity)
        if event is None:
            return self._staged.get(entity)
        if len(self._stored) >= _KEPT:
            self._stored.clear()
        known = self._stored[entity] = Teller(event.source, event.cabinet)
        return known


def _refused(reason: str) -> NotMapped:
    return NotMapped(OWNED_ELSEWHERE, reason)
