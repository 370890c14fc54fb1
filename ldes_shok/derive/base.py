"""The interface between a fold, which derives events, and the runner of the folds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from ldes_shok.cabinet.encode import canonical_json
from ldes_shok.cabinet.event import Event
from ldes_shok.cabinet.incoming import DERIVED, Delivery, Origin
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.log.records import EventRecord

PREFIX: Final = f"{DERIVED}:"
_WAITING_CODES: Final = frozenset(
    {"unknown_cabinet", "unknown_outlet", "unknown_meter", "no_position", "not_mapped_yet"}
)


class Fold(Protocol):
    """Derives events: from the log, one event at a time, and from the clock."""

    def take(self, event: EventRecord, notebook: Notebook) -> None:
        """Learn from one event; `give` returns the results later."""
        ...

    def give(self, now: datetime, notebook: Notebook, *, caught_up: bool) -> Sequence[Delivery]:
        """The derived events since the last call, from what was taken and from the clock.

        Args:
            now: by the service's clock, aware UTC.
            notebook: the memory of the folds.
            caught_up: whether every committed event was taken; until then a silence means nothing.
        """
        ...

    def forget(self) -> None:
        """Drop what was taken but not given: it comes again."""
        ...


def counts(event: EventRecord) -> bool:
    """Whether something may be derived from an event.

    An event that waits for its cabinet's configuration counts: what is derived from it waits too,
    and is released with it. An event that is quarantined for its content does not count.
    """
    return event.quarantine is None or event.quarantine.code in _WAITING_CODES


def is_derived(event: EventRecord) -> bool:
    """Whether the service derived the event. Its source shows it; no event can set its source."""
    return event.source.startswith(PREFIX)


def delivery(event: Event, tenant: str, name: str, now: datetime) -> Delivery:
    """A delivery of a derived event, with the source `derived:{tenant}:{name}`."""
    return Delivery(canonical_json(event), Origin(DERIVED, tenant, name), now)
