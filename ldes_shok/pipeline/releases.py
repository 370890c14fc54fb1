"""Releases events that waited for a configuration: some in each commit, until none is left.

A cabinet that is configured late may have tens of thousands of waiting events. Other senders must
not wait for all of them. So one commit looks at `LOOKED_AT` events and tries `TRIED`, and the
writer continues between the commits of new events. Only memory knows where it stopped. After a
start, everything that waits for a configuration is looked at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.log.base import LogWriter
from ldes_shok.log.records import EventRecord
from ldes_shok.mapping.mapper import WAITS_FOR_CONFIGURATION
from ldes_shok.mapping.retryable import may_pass, mended
from ldes_shok.mapping.state import CabinetState

LOOKED_AT: Final = 2_000
TRIED: Final = 50
_PAGE: Final = 200

Place = tuple[str, str]
"""A tenant and its cabinet."""


@dataclass(frozen=True, slots=True)
class Wait:
    """What is still to be looked at of a cabinet.

    Attributes:
        codes: the reasons for which an event may have waited.
        after_id: all events up to this one were looked at.
    """

    codes: frozenset[str] = WAITS_FOR_CONFIGURATION
    after_id: int = 0

    def and_also(self, other: Wait | None) -> Wait:
        """Both waits in one: it looks again at what one of them has not looked at yet."""
        if other is None:
            return self
        return Wait(self.codes | other.codes, min(self.after_id, other.after_id))


class Releases:
    """The releases of one batch.

    Args:
        log: holds the waiting events.
        retry: tries an event again.
        state: returns the state of a cabinet, this batch included.
    """

    def __init__(
        self,
        log: LogWriter,
        retry: Callable[[EventRecord], Outcome],
        state: Callable[[str, str], CabinetState | None],
    ) -> None:
        self._log = log
        self._retry = retry
        self._state = state
        self._may_look = LOOKED_AT
        self._may_try = TRIED
        self.left: dict[Place, Wait] = {}

    def configured(
        self, place: Place, before: CabinetState | None, batch: Iterable[EventRecord]
    ) -> None:
        """Release events of a configured cabinet: first those stored, then those of this batch.

        Args:
            place: the cabinet.
            before: its state before the configuration.
            batch: the events of this batch, at most one commit.
        """
        after = self._state(*place)
        if after is None:
            return
        codes = mended(before, after)
        if not codes:
            return
        staged = [e for e in batch if (e.tenant, e.cabinet) == place and _waits(e, codes)]
        self.go_on(place, Wait(codes).and_also(self.left.pop(place, None)))
        for event in staged:
            if event.quarantine and may_pass(event.quarantine.code, event.payload, after):
                self._retry(event)

    def go_on(self, place: Place, wait: Wait) -> None:
        """Look at stored events of a cabinet, as many as this batch may; the rest is `left`."""
        last_id = wait.after_id
        state = self._state(*place)
        if state is None or not state.configured:
            return
        while self._may_look > 0 and self._may_try > 0:
            limit = min(self._may_look, _PAGE)
            found = self._log.waiting(*place, wait.codes, last_id, limit)
            for event in found:
                last_id = event.id
                self._may_look -= 1
                self._try(place, event)
                if self._may_try == 0:
                    break
            else:
                if len(found) < limit:
                    return
        self.left[place] = Wait(wait.codes, last_id).and_also(self.left.get(place))

    def _try(self, place: Place, event: EventRecord) -> None:
        state = self._state(*place)
        if state is None or event.quarantine is None:
            return
        if may_pass(event.quarantine.code, event.payload, state):
            self._may_try -= 1
            self._retry(event)


def _waits(event: EventRecord, codes: frozenset[str]) -> bool:
    return event.quarantine is not None and event.quarantine.code in codes
