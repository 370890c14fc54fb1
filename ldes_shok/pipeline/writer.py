"""The writer: turns work into commits, on the thread of its caller, one call at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.clock import Clock, to_milliseconds
from ldes_shok.fragmentation.tree import Policy
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.records import Commit, LeafArchive, NodeRecord
from ldes_shok.mapping.mapper import WAITS_FOR_CONFIGURATION
from ldes_shok.pipeline.batch import Batch, BatchTools
from ldes_shok.pipeline.releases import Place, Wait
from ldes_shok.pipeline.states import CabinetStates
from ldes_shok.pipeline.stream_writer import StreamWriter


@dataclass(frozen=True, slots=True)
class Written:
    """What one commit did: an outcome per delivery, and members by stream."""

    outcomes: tuple[Outcome, ...]
    published: Counter[str]


class Writer:
    """The only object that changes the log. Not safe for several threads at once."""

    def __init__(
        self,
        tools: BatchTools,
        streams: Sequence[EventStream],
        policy: Policy,
        members_per_millisecond: int,
        clock: Clock,
    ) -> None:
        self._tools = tools
        self._event_streams = tuple(streams)
        self._policy = policy
        self._members_per_millisecond = members_per_millisecond
        self._clock = clock
        self._states = CabinetStates(tools.writer)
        self._streams: Mapping[str, StreamWriter] | None = self._load()
        # Where an earlier process stopped is not known: everything that waits is looked at once.
        self._waits: dict[Place, Wait] = {
            place: Wait()
            for place in tools.writer.waiting_places(WAITS_FOR_CONFIGURATION)
            if (state := self._states.get(*place)) is not None and state.configured
        }

    def write(self, deliveries: Sequence[Delivery]) -> Written:
        """Process deliveries in order and store the results in one commit.

        Raises:
            LogUnavailable: nothing is stored.
        """
        return self._commit(lambda batch: batch.take(deliveries))

    def rehearse(self, deliveries: Sequence[Delivery]) -> tuple[Outcome, ...]:
        """The outcomes that deliveries would have if they were written now; nothing is stored."""
        now_ms = to_milliseconds(self._clock.now())
        batch = Batch(self._tools, self._states, self._current(), now_ms)
        try:
            return tuple(batch.take(deliveries))
        finally:
            # The stream writers hold members that are not stored.
            self._streams = None
            self._states.forget()

    def retry(self, event_ids: Sequence[int]) -> Written:
        """Try quarantined events again, in the given order; unknown ids are skipped.

        Raises:
            LogUnavailable: nothing of it is stored.
        """
        events = (self._tools.writer.event(event_id) for event_id in event_ids)
        waiting = [e for e in events if e is not None and e.quarantine is not None]
        return self._commit(lambda batch: [batch.retry(event) for event in waiting])

    def replace(self, event_ids: Sequence[int]) -> None:
        """Remove quarantined events whose raw bytes, decoded again, gave another published event.

        Raises:
            LogUnavailable: nothing of it is stored.
        """
        events = (self._tools.writer.event(event_id) for event_id in event_ids)
        waiting = [e for e in events if e is not None and e.quarantine is not None]

        def work(batch: Batch) -> Sequence[Outcome]:
            for event in waiting:
                batch.replaced(event)
            return ()

        self._commit(work)

    @property
    def releases(self) -> bool:
        """Whether events that waited for a configuration may be released: see `release`."""
        return bool(self._waits)

    def release(self) -> Written:
        """Release some of the events that waited for a configuration, of one cabinet.

        Raises:
            LogUnavailable: nothing is stored; it is tried again.
        """
        place, wait = next(iter(self._waits.items()))
        return self._commit(lambda batch: batch.release(place, wait), place)

    def release_all(self) -> None:
        """Release all events that may be released. Only if no sender waits for this writer.

        Raises:
            LogUnavailable: some of it is not stored.
        """
        while self.releases:
            self.release()

    def forget_raws(self, before: datetime) -> int:
        """Delete raw messages, and the bytes of rejections, from before an instant.

        Returns:
            The number of raw messages.

        Raises:
            LogUnavailable: some may be deleted; the next call deletes the rest.
        """
        return self._tools.writer.forget_raws(to_milliseconds(before))

    def seal(self) -> bool:
        """Seal the nodes whose interval is over by the clock; True if there were any.

        Raises:
            LogUnavailable: nothing of it is stored.
        """
        now_ms = to_milliseconds(self._clock.now())
        if not any(stream.has_ended(now_ms) for stream in self._current().values()):
            return False
        self._commit(lambda batch: batch.seal())
        return True

    def unarchived(self, limit: int) -> Sequence[NodeRecord]:
        """Sealed leaves whose pages are not stored yet, oldest first."""
        return self._tools.writer.unarchived(limit)

    def archive(self, leaves: Sequence[LeafArchive]) -> None:
        """Store the pages of sealed leaves, all or nothing.

        Raises:
            LogUnavailable: nothing of it is stored.
        """
        self._tools.writer.archive(leaves)

    def probe(self) -> None:
        """Write again what the log holds already, to check that it takes writes.

        Raises:
            LogUnavailable: it does not.
        """
        known = (self._tools.writer.stream(stream.name) for stream in self._event_streams)
        self._tools.writer.commit(Commit(streams=tuple(known)))

    def close(self) -> None:
        """Close the log."""
        self._tools.writer.close()

    def _commit(
        self, work: Callable[[Batch], Sequence[Outcome]], released: Place | None = None
    ) -> Written:
        now_ms = to_milliseconds(self._clock.now())
        batch = Batch(self._tools, self._states, self._current(), now_ms)
        try:
            outcomes = work(batch)
            published = batch.commit()
        except BaseException:
            # The stream writers hold members that were not stored. Drop them, and load them again
            # when there is work, because the log may not be readable now.
            self._streams = None
            self._states.forget()
            raise
        if released is not None:
            del self._waits[released]
        for place, wait in batch.releases.left.items():
            self._waits[place] = wait.and_also(self._waits.pop(place, None))
        return Written(tuple(outcomes), published)

    def _current(self) -> Mapping[str, StreamWriter]:
        if self._streams is None:
            self._streams = self._load()
        return self._streams

    def _load(self) -> dict[str, StreamWriter]:
        return {
            stream.name: StreamWriter(
                stream, self._tools.writer, self._policy, self._members_per_millisecond
            )
            for stream in self._event_streams
        }
