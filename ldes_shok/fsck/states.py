"""The states of cabinets, derived again from the published events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from ldes_shok.cabinet.event import Configuration
from ldes_shok.cabinet.incoming import Received
from ldes_shok.errors import EventRejected, NotMapped
from ldes_shok.log.base import LogReader
from ldes_shok.log.repair import Place
from ldes_shok.log.walk_step import Step
from ldes_shok.mapping.mapper import Mapper
from ldes_shok.mapping.state import CabinetState
from ldes_shok.pipeline.arrivals import received_again

_EVENTS_AT_ONCE: Final = 1_000


class States:
    """Takes the events in order of arrival; any order gives the same final state (P14)."""

    def __init__(self, mapper: Mapper) -> None:
        self._mapper = mapper
        self._encoded: dict[Place, bytes] = {}
        self._waiting: dict[Place, list[Received]] = {}
        self._decode: Callable[[bytes], CabinetState] = msgspec.json.Decoder(CabinetState).decode

    @property
    def encoded(self) -> dict[Place, bytes]:
        """The state of every cabinet, encoded as in the log."""
        return self._encoded

    def read(self, reader: LogReader) -> Iterator[Step]:
        """Take every published event.

        Raises:
            LogDamaged, LogUnavailable: an event cannot be read.
        """
        last = 0
        while events := reader.events(last, _EVENTS_AT_ONCE):
            last = events[-1].id
            for event in events:
                if event.quarantine is None:
                    try:
                        self._take(received_again(event, event.received_ms))
                    except EventRejected:
                        continue  # from a less strict version; it holds no state
            yield Step("states from events", last, 0)

    def _take(self, received: Received) -> None:
        place = received.tenant, received.event.cabinet
        if not self._apply(place, received):
            self._waiting.setdefault(place, []).append(received)
        elif isinstance(received.event, Configuration):
            # The event was published when its configuration came, and the same happens here.
            waiting = self._waiting.pop(place, [])
            left = [one for one in waiting if not self._apply(place, one)]
            if left:
                self._waiting[place] = left

    def _apply(self, place: Place, received: Received) -> bool:
        known = self._encoded.get(place)
        try:
            mapped = self._mapper.map(received, None if known is None else self._decode(known))
        except NotMapped:
            return False
        if mapped.state is not None:
            self._encoded[place] = msgspec.json.encode(mapped.state)
        return True


def is_same_state(one: bytes, other: bytes) -> bool:
    """Whether two states are equal, in any order."""
    decode = msgspec.json.Decoder(CabinetState).decode
    try:
        return decode(one) == decode(other)
    except msgspec.MsgspecError:
        return False
