"""The writer: turns work into commits, on whatever thread calls it, one call at a time."""

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
    """The only one that changes the log. Not safe for several threads at once."""

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
        # Where a process before this one stopped is not known: all is looked at once.
        self._waits: dict[Place, Wait] = {
            place: Wait()
            for place in tools.writer.waiting_places(WAITS_FOR_CONFIGURATION)
            if (state := self._states.get(*place)) is not None and state.configured
        }

    def write(self, deliveries: Sequence[Delivery]) -> Written:
        """Process deliveries in order and store what comes of them in one commit.

        Raises:
            LogUnavailable: nothing of it is stored.
        """
        return self._commit(lambda batch: batch.take(deliveries))

    def rehearse(self, deliveries: Sequence[Delivery]) -> tuple[Outcome, ...]:
        """What would become of deliveries that are written now; nothing is stored."""
        now_ms = to_milliseconds(self._clock.now())
        batch = Batch(self._tools, self._states, self._current(), now_ms)
        try:
            return tuple(batch.take(deliveries))
        finally:
            # The stream writers took in members that are not there.
            self._streams = None
            self._states.forget()

    def retry(self, event_ids: Sequence[int]) -> Written:
        """Try quarantined events again, in the given order; unknown ids are passed over.

        Raises:
            LogUnavailable: nothing of it is stored.
        """
        events = (self._tools.writer.event(event_id) for event_id in event_ids)
        waiting = [e for e in events if e is not None and e.quarantine is not None]
        return self._commit(lambda batch: [batch.retry(event) for event in waiting])

    def replace(self, event_ids: Sequence[int]) -> None:
        """Let quarantined events go whose raw bytes, decoded again, are published otherwise.

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
        """Whether something that waited for a configuration may go through: see `release`."""
        return bool(self._waits)

    def release(self) -> Written:
        """Let some of what waited for a configuration go through, of one cabinet.

        Raises:
            LogUnavailable: nothing of it is stored; it is tried again.
        """
        place, wait = next(iter(self._waits.items()))
        return self._commit(lambda batch: batch.release(place, wait), place)

    def release_all(self) -> None:
        """Let everything go through that may; for a writer that nobody waits for.

        Raises:
            LogUnavailable: some of it is not stored.
        """
        while self.releases:
            self.release()

    def forget_raws(self, before: datetime) -> int:
        """Delete what was received raw, and the bytes of what was rejected, before an instant.

        Returns:
            How many raw messages.

        Raises:
            LogUnavailable: some may be gone, and the next call goes on.
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
        """Write once more what the log knows: does it take writes again?

        Raises:
            LogUnavailable: it does not.
        """
        known = (self._tools.writer.stream(stream.name) for stream in self._event_streams)
        self._tools.writer.commit(Commit(streams=tuple(known)))

    def close(self) -> None:
        """Let go of the log."""
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
            # What the stream writers hold in memory was not stored: forget it, and read it again
            # when there is work, for the store may not be readable now.
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
