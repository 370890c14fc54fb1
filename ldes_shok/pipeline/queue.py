"""The queue before the commit: two bounded lanes, live before replay. No threads, no clock.

Live is what cabinets report now. Replay is what was held back: a buffer after an outage, a bulk
load. A backlog of a region is millions of events, and the report of a fault must not wait behind
it. So a commit takes live events first, and fills the rest with replay. It always takes some
replay, so that a backlog moves on however busy the city is.

- **Room.** The queue is bounded by events and by bytes. Replay may fill half of it, so that a flood
  of replay leaves room for live. The caller may lower the number of events, by the pace of
  storing: if an event waits longer than its sender, the sender never gets the answer. An empty
  lane takes one submission of any size; otherwise one larger than the bound could never come in.
- **Outside.** A submission without room stands outside, in order, until there is room or its sender
  has waited long enough. Live goes in before replay.
- **Pieces.** Replay is cut into pieces, so that the next commit always comes soon. While live
  events come in, and for a while after, at most a tenth of a commit is replay, or less if the
  caller asks for it. Otherwise replay has the whole commit. A live submission is one piece.

Order: within a lane as submitted. A sender that waits for each answer before it sends the next
(a connection of HTTP, a subscription) therefore always keeps its order, whichever lanes it uses.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Generic, TypeVar

Work = TypeVar("Work")

_REPLAY_PART: Final = 10
"""In a commit that must be short for live, one of this many parts is for replay."""

_CAUTIOUS_COMMITS: Final = 10
"""For this many full commits of replay after the last live event, commits are kept short."""


class Lane(StrEnum):
    """How urgent a submission is."""

    LIVE = "live"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class QueueBounds:
    """How much may wait, and how much goes into one commit.

    Attributes:
        max_events: how many events may wait, in both lanes.
        max_bytes: how many bytes these events may have.
        commit_events: the most in one commit; a larger live submission is still one commit.
        commit_bytes: likewise.
    """

    max_events: int
    max_bytes: int
    commit_events: int
    commit_bytes: int


@dataclass(slots=True, eq=False)
class Entry(Generic[Work]):
    """A submission in the queue.

    Attributes:
        work: the caller's own data of the submission.
        lane: where it stands.
        sizes_bytes: the size of each of its events. An entry without events is a job, such as
            sealing: it stands in the live lane, needs no room and is a commit of its own.
        size_bytes: of all its events.
        taken: how many of its events are in a commit.
        admitted: whether it found room.
    """

    work: Work
    lane: Lane
    sizes_bytes: tuple[int, ...]
    size_bytes: int = field(init=False)
    taken: int = field(default=0, init=False)
    admitted: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.size_bytes = sum(self.sizes_bytes)

    @property
    def is_job(self) -> bool:
        """Whether it has no events."""
        return not self.sizes_bytes

    @property
    def is_taken(self) -> bool:
        """Whether all of it is in commits."""
        return self.taken == len(self.sizes_bytes)


@dataclass(frozen=True, slots=True)
class Piece(Generic[Work]):
    """The events of an entry from `first` up to, not including, `end`; a job has none."""

    entry: Entry[Work]
    first: int
    end: int

    @property
    def events(self) -> int:
        """The number of events."""
        return self.end - self.first


class _Line(Generic[Work]):
    """One lane: the entries that have room, and those that stand outside."""

    def __init__(self) -> None:
        self.entries: deque[Entry[Work]] = deque()
        self.outside: deque[Entry[Work]] = deque()
        self.events = 0
        self.size_bytes = 0

    def admit(self, entry: Entry[Work]) -> None:
        entry.admitted = True
        self.entries.append(entry)
        self.events += len(entry.sizes_bytes)
        self.size_bytes += entry.size_bytes

    def cut(self, most_events: int, most_bytes: int) -> Piece[Work]:
        """The next piece of the first entry: as many events as fit, but at least one."""
        entry = self.entries[0]
        first = entry.taken
        size_bytes = entry.sizes_bytes[first]
        end = first + 1
        while end < min(len(entry.sizes_bytes), first + most_events):
            if size_bytes + entry.sizes_bytes[end] > most_bytes:
                break
            size_bytes += entry.sizes_bytes[end]
            end += 1
        return self._took(entry, end)

    def whole(self) -> Piece[Work]:
        """The first entry in one piece."""
        return self._took(self.entries[0], len(self.entries[0].sizes_bytes))

    def drop(self, entry: Entry[Work]) -> None:
        """Drop the events of an entry that are in no commit."""
        if entry in self.entries:
            self._took(entry, len(entry.sizes_bytes))

    def _took(self, entry: Entry[Work], end: int) -> Piece[Work]:
        piece = Piece(entry, entry.taken, end)
        self.events -= end - entry.taken
        self.size_bytes -= sum(entry.sizes_bytes[entry.taken : end])
        entry.taken = end
        if entry.is_taken:
            self.entries.remove(entry)
        return piece


class TwoLaneQueue(Generic[Work]):
    """A bounded queue with two lanes. Not safe for several threads at once."""

    def __init__(self, bounds: QueueBounds) -> None:
        self._bounds = bounds
        self._max_events = bounds.max_events
        self._live: _Line[Work] = _Line()
        self._replay: _Line[Work] = _Line()
        self._cautious_events = 0

    @property
    def events(self) -> int:
        """How many events have room and are in no commit."""
        return self._live.events + self._replay.events

    @property
    def size_bytes(self) -> int:
        """The size of these events."""
        return self._live.size_bytes + self._replay.size_bytes

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be taken."""
        return not self._live.entries and not self._replay.entries

    @property
    def senders(self) -> int:
        """How many live submissions are in no commit yet."""
        return len(self._live.entries)

    @property
    def has_replay(self) -> bool:
        """Whether there is replay to take."""
        return bool(self._replay.entries)

    @property
    def is_full(self) -> bool:
        """Whether there is no room, not even for live events."""
        return self.events >= self._max_events or self.size_bytes >= self._bounds.max_bytes

    def add(self, entry: Entry[Work]) -> bool:
        """Admit an entry, or put it outside; True if it is admitted."""
        line = self._line(entry)
        if entry.is_job or (not line.outside and self._has_room(entry)):
            line.admit(entry)
        else:
            line.outside.append(entry)
        return entry.admitted

    def limit(self, max_events: int) -> None:
        """Lower the most events that may wait, between one commit and the bounds."""
        least = min(self._bounds.commit_events, self._bounds.max_events)
        self._max_events = max(least, min(self._bounds.max_events, max_events))
        self._let_in()

    def withdraw(self, entry: Entry[Work]) -> bool:
        """Take back an entry that stands outside; False if it does not (any more)."""
        outside = self._line(entry).outside
        if entry not in outside:
            return False
        outside.remove(entry)
        self._let_in()
        return True

    def drop(self, entry: Entry[Work]) -> None:
        """Drop the rest of an entry, because a piece of it failed."""
        self._line(entry).drop(entry)
        self._let_in()

    def take(self, short_events: int | None = None) -> list[Piece[Work]]:
        """The pieces of the next commit, in order; none when nothing waits.

        A job comes alone. Entries that stand outside get the room that becomes free.

        Args:
            short_events: the most replay events in a commit that must be short, if that is fewer
                than the usual part.
        """
        pieces = self._take_live()
        if not pieces or not pieces[0].entry.is_job:
            short = bool(pieces) or self._cautious_events > 0
            pieces += self._take_replay(short=short, short_events=short_events)
        self._let_in()
        return pieces

    def _take_live(self) -> list[Piece[Work]]:
        events, size_bytes = self._bounds.commit_events, self._bounds.commit_bytes
        if self._replay.entries:
            events -= _part(events)
            size_bytes -= _part(size_bytes)
        pieces: list[Piece[Work]] = []
        while self._live.entries:
            entry = self._live.entries[0]
            events -= len(entry.sizes_bytes)
            size_bytes -= entry.size_bytes
            if pieces and (entry.is_job or events < 0 or size_bytes < 0):
                break
            pieces.append(self._live.whole())
            if entry.is_job:
                return pieces
        if pieces:
            self._cautious_events = _CAUTIOUS_COMMITS * self._bounds.commit_events
        return pieces

    def _take_replay(self, *, short: bool, short_events: int | None) -> list[Piece[Work]]:
        events, size_bytes = self._bounds.commit_events, self._bounds.commit_bytes
        if short:
            events, size_bytes = _part(events), _part(size_bytes)
            events = events if short_events is None else max(1, min(events, short_events))
        pieces: list[Piece[Work]] = []
        while self._replay.entries and events > 0 and (size_bytes > 0 or not pieces):
            next_bytes = self._replay.entries[0].sizes_bytes[self._replay.entries[0].taken]
            if pieces and next_bytes > size_bytes:
                break
            piece = self._replay.cut(events, size_bytes)
            pieces.append(piece)
            events -= piece.events
            size_bytes -= sum(piece.entry.sizes_bytes[piece.first : piece.end])
        self._cautious_events -= sum(piece.events for piece in pieces)
        return pieces

    def _let_in(self) -> None:
        for line in (self._live, self._replay):
            while line.outside and self._has_room(line.outside[0]):
                line.admit(line.outside.popleft())

    def _has_room(self, entry: Entry[Work]) -> bool:
        line = self._line(entry)
        if not line.entries:
            return True
        events, size_bytes = len(entry.sizes_bytes), entry.size_bytes
        if line is self._replay and (
            self._live.outside
            or 2 * (line.events + events) > self._max_events
            or 2 * (line.size_bytes + size_bytes) > self._bounds.max_bytes
        ):
            return False
        return (
            self.events + events <= self._max_events
            and self.size_bytes + size_bytes <= self._bounds.max_bytes
        )

    def _line(self, entry: Entry[Work]) -> _Line[Work]:
        return self._replay if entry.lane is Lane.REPLAY and not entry.is_job else self._live


def _part(whole: int) -> int:
    return max(1, whole // _REPLAY_PART)
