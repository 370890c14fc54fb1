"""Two bounded lanes: nothing lost, nothing twice, in order, live first, replay never starved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ldes_shok.pipeline.queue import Entry, Lane, Piece, QueueBounds, TwoLaneQueue

BOUNDS = QueueBounds(max_events=40, max_bytes=4_000, commit_events=10, commit_bytes=1_000)
LARGEST_EVENTS = 15
LARGEST_EVENT_BYTES = 300

sizes = st.lists(st.integers(1, LARGEST_EVENT_BYTES), min_size=1, max_size=LARGEST_EVENTS)


def entry(lane: Lane, count: int, size_bytes: int = 10, name: str = "") -> Entry[str]:
    return Entry(name, lane, (size_bytes,) * count)


def counts(pieces: Sequence[Piece[str]]) -> list[tuple[Lane, int]]:
    return [(piece.entry.lane, piece.end - piece.first) for piece in pieces]


def events_in(pieces: Sequence[Piece[str]], lane: Lane) -> int:
    return sum(count for found, count in counts(pieces) if found is lane)


# ----------------------------------------------------------------------------------- examples


def test_live_is_taken_first_and_replay_gets_its_part() -> None:
    queue: TwoLaneQueue[str] = TwoLaneQueue(BOUNDS)
    assert queue.add(entry(Lane.REPLAY, 12))
    for _ in range(4):
        assert queue.add(entry(Lane.LIVE, 4))
    assert counts(queue.take()) == [(Lane.LIVE, 4), (Lane.LIVE, 4), (Lane.REPLAY, 1)]
    assert counts(queue.take()) == [(Lane.LIVE, 4), (Lane.LIVE, 4), (Lane.REPLAY, 1)]


def test_replay_has_a_whole_commit_only_when_live_has_been_away_for_long() -> None:
    queue: TwoLaneQueue[str] = TwoLaneQueue(BOUNDS)
    queue.add(entry(Lane.LIVE, 1))
    taken = []
    for _ in range(10 * BOUNDS.commit_events + 2):
        queue.add(entry(Lane.REPLAY, 20))
        taken.append(events_in(queue.take(), Lane.REPLAY))
    assert set(taken[: 10 * BOUNDS.commit_events]) == {1}
    assert taken[-1] == BOUNDS.commit_events


def test_a_commit_can_be_made_shorter_still() -> None:
    queue: TwoLaneQueue[str] = TwoLaneQueue(replace(BOUNDS, commit_events=100, max_events=1_000))
    queue.add(entry(Lane.REPLAY, 300))
    assert counts(queue.take(3)) == [(Lane.REPLAY, 100)], "nothing live: it need not be short"
    queue.add(entry(Lane.LIVE, 1))
    assert counts(queue.take(3)) == [(Lane.LIVE, 1), (Lane.REPLAY, 3)]
    assert counts(queue.take(0)) == [(Lane.REPLAY, 1)]
    assert counts(queue.take(50)) == [(Lane.REPLAY, 10)]


def test_fewer_may_wait_when_they_are_stored_slowly() -> None:
    queue: TwoLaneQueue[str] = TwoLaneQueue(BOUNDS)
    queue.limit(0)
    assert [queue.add(entry(Lane.LIVE, 5)) for _ in range(3)] == [True, True, False], "a commit"
    assert queue.is_full
    queue.limit(1_000_000)
    assert (queue.events, queue.is_full) == (15, False)


def test_a_flood_of_replay_leaves_room_for_live() -> None:
    queue: TwoLaneQueue[str] = TwoLaneQueue(BOUNDS)
    flood = [entry(Lane.REPLAY, 5) for _ in range(20)]
    admitted = [queue.add(each) for each in flood]
    assert admitted == [True] * 4 + [False] * 16
    assert (queue.events, queue.is_full) == (20, False)
    assert [queue.add(entry(Lane.LIVE, 5)) for _ in range(5)] == [True] * 4 + [False]
    assert queue.is_full


def test_live_that_stands_outside_comes_in_before_replay() -> None:
    queue: TwoLaneQueue[str] = TwoLaneQueue(BOUNDS)
    for _ in range(8):
        queue.add(entry(Lane.LIVE, 5))
    backlog = entry(Lane.REPLAY, 5)
    assert queue.add(backlog), "an empty lane takes one of any size"
    late_backlog, report = entry(Lane.REPLAY, 5), entry(Lane.LIVE, 5)
    assert not queue.add(late_backlog)
    assert not queue.add(report)
    queue.take()
    queue.take()
    assert (report.admitted, late_backlog.admitted) == (True, False)


def test_replay_does_not_take_the_room_that_live_waits_for() -> None:
    queue: TwoLaneQueue[str] = TwoLaneQueue(BOUNDS)
    assert queue.add(entry(Lane.LIVE, 30))
    assert queue.add(entry(Lane.REPLAY, 2))
    report = entry(Lane.LIVE, 10)
    assert not queue.add(report)
    assert not queue.add(entry(Lane.REPLAY, 2)), "there is room for it, but it is not its turn"
    queue.take()
    assert report.admitted


def test_few_bytes_are_room_and_many_are_none() -> None:
    queue: TwoLaneQueue[str] = TwoLaneQueue(BOUNDS)
    assert queue.add(entry(Lane.LIVE, 1, 9_000)), "larger than all room, and the lane is empty"
    assert queue.is_full
    assert not queue.add(entry(Lane.LIVE, 1))
    assert counts(queue.take()) == [(Lane.LIVE, 1)]
    assert counts(queue.take()) == [(Lane.LIVE, 1)]


def test_a_commit_is_bounded_by_bytes_too() -> None:
    queue: TwoLaneQueue[str] = TwoLaneQueue(BOUNDS)
    queue.add(entry(Lane.REPLAY, 4, 400))
    assert counts(queue.take()) == [(Lane.REPLAY, 2)]
    assert counts(queue.take()) == [(Lane.REPLAY, 2)]


def test_a_job_is_a_commit_of_its_own_and_needs_no_room() -> None:
    queue: TwoLaneQueue[str] = TwoLaneQueue(BOUNDS)
    queue.add(entry(Lane.LIVE, 40))
    assert queue.add(entry(Lane.LIVE, 0, name="seal"))
    queue.add(entry(Lane.REPLAY, 1))
    assert counts(queue.take()) == [(Lane.LIVE, 40), (Lane.REPLAY, 1)]
    assert [piece.entry.work for piece in queue.take()] == ["seal"]
    assert queue.is_empty


def test_what_was_withdrawn_or_dropped_is_not_taken() -> None:
    queue: TwoLaneQueue[str] = TwoLaneQueue(BOUNDS)
    inside, outside, next_one = (entry(Lane.LIVE, 30, name=name) for name in "abc")
    assert [queue.add(each) for each in (inside, outside, next_one)] == [True, False, False]
    assert queue.withdraw(outside)
    assert not queue.withdraw(outside)
    assert not queue.withdraw(inside)
    queue.drop(inside)
    assert next_one.admitted
    assert [piece.entry.work for piece in queue.take()] == ["c"]


# --------------------------------------------------------------------------------- properties


@given(st.lists(sizes, min_size=1, max_size=12), st.lists(sizes, min_size=1, max_size=12))
def test_replay_moves_in_every_commit(live: list[list[int]], replay: list[list[int]]) -> None:
    """A backlog is never starved: each commit but a job holds some of it."""
    queue: TwoLaneQueue[str] = TwoLaneQueue(BOUNDS)
    for sizes_bytes in live:
        queue.add(Entry("", Lane.LIVE, tuple(sizes_bytes)))
    for sizes_bytes in replay:
        queue.add(Entry("", Lane.REPLAY, tuple(sizes_bytes)))
    left = sum(map(len, replay))
    while left:
        taken = events_in(queue.take(), Lane.REPLAY)
        assert taken > 0
        left -= taken


class AnyUse(RuleBasedStateMachine):
    """Whatever is done with it, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: TwoLaneQueue[int] = TwoLaneQueue(BOUNDS)
        self.entries: list[Entry[int]] = []
        self.gone: set[int] = set()
        self.taken: dict[int, int] = {}

    @rule(lane=st.sampled_from(Lane), sizes_bytes=sizes)
    def add(self, lane: Lane, sizes_bytes: list[int]) -> None:
        added = Entry(len(self.entries), lane, tuple(sizes_bytes))
        self.entries.append(added)
        self.queue.add(added)

    @rule()
    def add_job(self) -> None:
        self.entries.append(Entry(len(self.entries), Lane.LIVE, ()))
        assert self.queue.add(self.entries[-1])

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(self.entries))
        if self.queue.withdraw(chosen):
            assert not chosen.admitted
            self.gone.add(chosen.work)

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(self.entries))
        if chosen.admitted and not chosen.is_job and not chosen.is_taken:
            self.queue.drop(chosen)
            self.gone.add(chosen.work)

    @rule()
    def take(self) -> None:
        had_work = not self.queue.is_empty
        pieces = self.queue.take()
        assert bool(pieces) == had_work
        for piece in pieces:
            assert piece.entry.admitted
            assert piece.entry.work not in self.gone
            assert piece.first == self.taken.get(piece.entry.work, 0), "each event once, in order"
            self.taken[piece.entry.work] = piece.end
        self.pieces_are_live_then_replay_and_bounded(pieces)
        self.lanes_are_first_come_first_served()

    def pieces_are_live_then_replay_and_bounded(self, pieces: list[Piece[int]]) -> None:
        lanes = [piece.entry.lane for piece in pieces]
        assert lanes == sorted(lanes)
        events = sum(piece.end - piece.first for piece in pieces)
        size_bytes = sum(sum(p.entry.sizes_bytes[p.first : p.end]) for p in pieces)
        one_live = LARGEST_EVENTS if Lane.LIVE in lanes else 0
        assert events <= BOUNDS.commit_events + one_live
        assert size_bytes <= BOUNDS.commit_bytes + one_live * LARGEST_EVENT_BYTES + 300
        if any(piece.entry.is_job for piece in pieces):
            assert len(pieces) == 1

    def lanes_are_first_come_first_served(self) -> None:
        for lane in Lane:
            begun = [
                self.taken.get(e.work, 0) > 0 or (e.is_job and e.work in self.taken)
                for e in self.entries
                if e.lane is lane and e.work not in self.gone and not e.is_job
            ]
            assert begun == sorted(begun, reverse=True)

    @invariant()
    def what_waits_is_bounded(self) -> None:
        waiting = [
            (lane, len(e.sizes_bytes) - e.taken, sum(e.sizes_bytes[e.taken :]))
            for e in self.entries
            for lane in [e.lane]
            if e.admitted
        ]
        assert self.queue.events == sum(events for _, events, _ in waiting)
        assert self.queue.size_bytes == sum(size_bytes for _, _, size_bytes in waiting)
        # Each lane may have been empty once, and then took one of any size.
        assert self.queue.events <= BOUNDS.max_events + 2 * LARGEST_EVENTS
        assert self.queue.size_bytes <= BOUNDS.max_bytes + 2 * LARGEST_EVENTS * LARGEST_EVENT_BYTES

    @invariant()
    def nobody_stands_outside_before_an_empty_lane(self) -> None:
        if self.queue.is_empty:
            assert all(e.admitted or e.work in self.gone for e in self.entries)


TestAnyUse = AnyUse.TestCase
