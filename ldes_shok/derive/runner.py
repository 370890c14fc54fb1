"""Runs the folds: reads the log behind the writer, and submits the results like any source.

A round reads at most `ROUND_EVENTS` events that were committed since the last round, folds them,
and submits the results. The place in the log and the memory of the folds go with the last delivery.
So they are stored in the commit that holds the last of the results. After a crash at any point, the
round runs again from the same place, on at least the same events, and its earlier results are
recognised. After a round the runner rests, in proportion to the time of the round, because derived
events may wait and reported events may not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

import msgspec
import structlog

from ldes_shok.cabinet.incoming import DERIVED, Delivery, Origin
from ldes_shok.clock import Clock, to_milliseconds
from ldes_shok.derive.base import Fold
from ldes_shok.derive.fold_state import Notebook
from ldes_shok.errors import LdesShokError
from ldes_shok.log.base import LogReader
from ldes_shok.sources.base import Sink

ROUND_EVENTS: Final = 500
NOTES: Final = Origin(DERIVED, "all", "notes")
"""The origin of the memories. No tenant has the name `all`, and no event has this source."""

_PLACE: Final = "place"
REST_PART: Final = 9
"""It rests nine times as long as it worked, so it uses a tenth of a processor core."""

_IDLE_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 5.0
_UNWRITTEN_EVENTS: Final = 50_000
"""The most events that give no result and may be read again after a restart."""


class _FoldedPosition(msgspec.Struct, frozen=True, array_like=True):
    """The id of the last event that was folded."""

    event_id: int


@dataclass(frozen=True, slots=True)
class _DeriveRound:
    """The result of a round."""

    deliveries: tuple[Delivery, ...]
    events: int
    behind_seconds: float


class Deriving:
    """Folds the log, round after round, for as long as the service runs."""

    def __init__(
        self,
        reader: LogReader,
        folds: Sequence[Fold],
        clock: Clock,
        executor: Executor,
        *,
        rest: int = REST_PART,
        on_behind: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        """Begin at the place that the log remembers.

        Args:
            reader: of the log that is written.
            folds: what to run.
            clock: the service's.
            executor: reads and decodes the log there, one round at a time.
            rest: the time of a rest, as a multiple of the time of the round.
            on_behind: called after each round with the age in seconds of the last folded event; 0
                if no event is left.
        """
        self._reader = reader
        self._folds = folds
        self._clock = clock
        self._executor = executor
        self._rest = rest
        self._on_behind = on_behind
        self._notebook = Notebook(
            lambda subject: reader.memory(NOTES.source, subject),
            lambda prefix: reader.memories(NOTES.source, prefix),
        )
        self._event_id = -1
        self._written_id = -1

    async def run(self, sink: Sink) -> None:
        """Derive until cancelled."""
        while True:
            started_seconds = time.monotonic()
            try:
                events = await self.round(sink)
            except LdesShokError as error:
                structlog.get_logger("ldes_shok.derive").warning("derived_later", reason=str(error))
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            except Exception:  # noqa: BLE001  a defect of ours must not stop the service
                structlog.get_logger("ldes_shok.derive").exception("deriving_failed")
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            worked_seconds = time.monotonic() - started_seconds
            rest_seconds = worked_seconds * self._rest
            await asyncio.sleep(rest_seconds if events else max(rest_seconds, _IDLE_SECONDS))

    async def round(self, sink: Sink) -> int:
        """Fold the new events and submit the results; 0 if nothing was new and nothing resulted.

        Raises:
            LdesShokError: the round left no trace; the next round does it again.
        """
        try:
            loop = asyncio.get_running_loop()
            found = await loop.run_in_executor(self._executor, self._fold)
            if found.deliveries:
                await sink.submit(found.deliveries)
        except BaseException:
            self._forget()
            raise
        self._notebook.settle()
        self._on_behind(found.behind_seconds)
        if found.deliveries:
            self._written_id = self._event_id
        return found.events or len(found.deliveries)

    def _fold(self) -> _DeriveRound:
        """Read, decode and fold events. Runs on the executor's thread."""
        if self._event_id < 0:
            place = self._notebook.get(_PLACE, _FoldedPosition)
            self._event_id = self._written_id = place.event_id if place else 0
        events = self._reader.events(self._event_id, ROUND_EVENTS)
        for event in events:
            for fold in self._folds:
                fold.take(event, self._notebook)
        now = self._clock.now()
        caught_up = len(events) < ROUND_EVENTS
        given = [
            delivery
            for fold in self._folds
            for delivery in fold.give(now, self._notebook, caught_up=caught_up)
        ]
        behind_seconds = 0.0
        if events:
            self._event_id = events[-1].id
            if not caught_up:
                behind_seconds = max(to_milliseconds(now) - events[-1].received_ms, 0) / 1000
        unwritten = self._event_id - self._written_id
        if not given and not self._notebook.is_changed and unwritten < _UNWRITTEN_EVENTS:
            return _DeriveRound((), len(events), behind_seconds)
        self._notebook.put(_PLACE, _FoldedPosition(self._event_id))
        notes = Delivery(b"", NOTES, now, notes=self._notebook.staged())
        return _DeriveRound((*given, notes), len(events), behind_seconds)

    def _forget(self) -> None:
        self._notebook.forget()
        self._event_id = -1
        for fold in self._folds:
            fold.forget()


def place_of(reader: LogReader) -> int:
    """The id of the last folded event in the log's memory; 0 before the first."""
    value = reader.memory(NOTES.source, _PLACE)
    return msgspec.msgpack.decode(value, type=_FoldedPosition).event_id if value else 0
