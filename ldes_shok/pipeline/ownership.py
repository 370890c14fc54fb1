"""Decides which source may report on which thing, if streams of other cities are followed.

**The rule.** A cabinet that no claim holds (`ldes_shok.cabinet.claim`) is ours: every source of its
tenant may report on it, and no followed stream may. For a cabinet that a claim holds, the first
event decides. If it came from a source of ours, the cabinet stays ours. If it came from the stream,
or if there is none yet, the cabinet is the other city's. The same holds for things that have a name
of their own, apart from the cabinet's: a meter, or an observation under the key of their stream.
What the service derives itself follows from the events that it accepted.

The log knows the first event (`LogWriter.first_told`). So the rule survives a restart, and holds
for logs of earlier versions. A refused event waits in quarantine; it passes when the settings allow
it.
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


class FirstSource(NamedTuple):
    """The source of the first event of a thing, and the cabinet of that event."""

    source: str
    cabinet: str


class Ownership:
    """Refuses events of a source that does not own the thing. For one writer, batch by batch.

    Args:
        claims: of all streams that are followed.
        iris: mints the IRIs of the members.
        log: knows the first event of each thing.
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
        self._stored: dict[str, FirstSource] = {}
        self._staged: dict[str, FirstSource] = {}

    def begin(self) -> None:
        """Begin a batch: what an earlier batch took is in the log, or was never stored."""
        self._staged.clear()

    def check(self, received: Received) -> None:
        """Refuse an event if its source does not own its cabinet.

        Raises:
            NotMapped: the source does not own it; names the owner, and what to do.
            LogUnavailable: the log cannot be read now.
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
        """Refuse versions from another city's stream of things that this city does not own.

        Raises:
            NotMapped: one of `drafts` is refused; names its cabinet, and what to do.
            LogUnavailable: the log cannot be read now.
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
        """Note that this batch publishes these drafts."""
        if received.tenant in self._prefixed:
            first = FirstSource(received.source, received.event.cabinet)
            for draft in drafts:
                self._staged.setdefault(draft.entity, first)

    def _holders(self, tenant: str, cabinet: str) -> list[Claim]:
        prefixed = self._prefixed.get(tenant)
        if prefixed is None:
            return []
        named = self._named.get((tenant, cabinet), [])
        return named + [claim for claim in prefixed if claim.holds(cabinet)]

    def _first(self, entity: str) -> FirstSource | None:
        known = self._stored.get(entity)
        if known is not None:
            return known
        event = self._log.first_told(entity)
        if event is None:
            return self._staged.get(entity)
        if len(self._stored) >= _KEPT:
            self._stored.clear()
        known = self._stored[entity] = FirstSource(event.source, event.cabinet)
        return known


def _refused(reason: str) -> NotMapped:
    return NotMapped(OWNED_ELSEWHERE, reason)
