"""The seam between what is derived and what runs it."""

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
_UNTOLD: Final = frozenset(
    {"unknown_cabinet", "unknown_outlet", "unknown_meter", "no_position", "not_mapped_yet"}
)


class Fold(Protocol):
    """Derives something: an event at a time, and by the clock."""

    def take(self, event: EventRecord, notebook: Notebook) -> None:
        """Learn from one event; what it gives is collected."""
        ...

    def give(self, now: datetime, notebook: Notebook, *, caught_up: bool) -> Sequence[Delivery]:
        """What follows from what was taken since the last time, and from the clock.

        Args:
            now: by the service's clock, aware UTC.
            notebook: what is remembered.
            caught_up: whether nothing that was committed is left to take; until then silence
                means nothing.
        """
        ...

    def forget(self) -> None:
        """What was taken and not given will come again."""
        ...


def counts(event: EventRecord) -> bool:
    """Whether something may be derived from an event.

    One that waits for its cabinet's configuration counts: what is derived from it waits too, and
    is released with it. One that was held back for what it says does not.
    """
    return event.quarantine is None or event.quarantine.code in _UNTOLD


def is_derived(event: EventRecord) -> bool:
    """Whether the service said it itself: by the way it came in, which no event can name."""
    return event.source.startswith(PREFIX)


def delivery(event: Event, tenant: str, name: str, now: datetime) -> Delivery:
    """An event of the service's own: of the source `derived:{tenant}:{name}`."""
    return Delivery(canonical_json(event), Origin(DERIVED, tenant, name), now)
