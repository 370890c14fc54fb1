"""Whose messages wait for whose commit, and what is remembered however that ends."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from ldes_shok.cabinet.decode import decode_event
from ldes_shok.cabinet.encode import instant_text
from ldes_shok.cabinet.event import Measurement
from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.measurement import MeasurementData, Reading
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.errors import LogSlow, LogUnavailable, Overloaded
from ldes_shok.sources.decoder import Decoded, Message
from ldes_shok.sources.decoding import Decoding
from tests.support.examples import examples
from tests.unit.sources.decoders import (
    AT,
    ORIGIN,
    Counting,
    Metering,
    Sink,
    counting,
    message_of,
    readings_of,
    vendor_state,
)

Result = TypeVar("Result")


class _SlowSink:
    """Keeps what it is given until each is let go, or fails."""

    def __init__(self) -> None:
        self.taken: list[Delivery] = []
        self.waiting: list[asyncio.Future[None]] = []
        self._came = asyncio.Condition()

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        end = asyncio.get_running_loop().create_future()
        async with self._came:
            self.waiting.append(end)
            self._came.notify_all()
        await end
        self.taken += deliveries
        return [Outcome(OutcomeKind.PUBLISHED, None) for _ in deliveries]

    async def until(self, count: int) -> None:
        """So many wait for their commit."""
        async with self._came:
            await self._came.wait_for(lambda: len(self.waiting) >= count)

    def states(self) -> list[str | None]:
        return [vendor_state(delivery) for delivery in self.taken]


async def _idle() -> None:
    """Let everybody go as far as they can: what is asked of threads, too."""
    for _ in range(20):
        await asyncio.to_thread(lambda: None)


async def test_fifty_stations_are_in_one_commit() -> None:
    """Each has a memory of its own, so none waits for another's commit."""
    decoding, sink = counting(), _SlowSink()
    tasks = [
        asyncio.create_task(decoding.submit([message_of("x", f"station-{n}")], sink))
        for n in range(50)
    ]
    await sink.until(50)
    for end in sink.waiting:
        end.set_result(None)
    await asyncio.gather(*tasks)
    assert sink.states() == ["1"] * 50


async def test_messages_of_no_subject_wait_for_nobody() -> None:
    decoding, sink = counting(), _SlowSink()
    tasks = [asyncio.create_task(decoding.submit([Message(b"x", AT)], sink)) for _ in range(3)]
    await sink.until(3)
    for end in sink.waiting:
        end.set_result(None)
    await asyncio.gather(*tasks)
    assert sink.states() == ["1"] * 3


async def test_a_subjects_next_message_is_read_with_what_the_last_one_taught() -> None:
    decoding, sink = counting(), _SlowSink()
    tasks = [asyncio.create_task(decoding.submit([message_of("x")], sink)) for _ in range(3)]
    for number in range(3):
        await sink.until(number + 1)
        await _idle()
        assert len(sink.waiting) == number + 1
        sink.waiting[-1].set_result(None)
    await asyncio.gather(*tasks)
    assert sink.states() == ["1", "2", "3"]


async def test_after_a_commit_that_failed_the_next_is_read_as_if_it_had_not_been() -> None:
    decoding, sink = counting(), _SlowSink()
    first, second = (
        asyncio.create_task(decoding.submit([message_of("x")], sink)) for _ in range(2)
    )
    await sink.until(1)
    sink.waiting[0].set_exception(LogUnavailable("the disk is full"))
    await sink.until(2)
    sink.waiting[1].set_result(None)
    with pytest.raises(LogUnavailable):
        await first
    await second
    assert sink.states() == ["1"]


async def test_whoever_hangs_up_leaves_the_turn_to_the_commit() -> None:
    """It may be stored yet: the next message is read with what the log says then."""
    kept: dict[str, bytes] = {}
    decoding = Decoding(Counting(), ORIGIN, lambda _source, subject: kept.get(subject))
    sink = _SlowSink()
    first = asyncio.create_task(decoding.submit([message_of("x")], sink))
    await sink.until(1)
    second = asyncio.create_task(decoding.submit([message_of("x")], sink))
    first.cancel()
    await _idle()
    assert first.cancelled()
    assert len(sink.waiting) == 1
    kept["a"] = b"1"
    sink.waiting[0].set_result(None)
    await sink.until(2)
    sink.waiting[1].set_result(None)
    await second
    assert sink.states() == ["1", "2"]


async def test_whoever_hangs_up_while_it_waits_holds_up_nobody() -> None:
    decoding, sink = counting(), _SlowSink()
    tasks = [asyncio.create_task(decoding.submit([message_of("x")], sink)) for _ in range(3)]
    await sink.until(1)
    await _idle()
    tasks[1].cancel()
    sink.waiting[0].set_result(None)
    await sink.until(2)
    sink.waiting[1].set_result(None)
    await asyncio.gather(tasks[0], tasks[2])
    assert sink.states() == ["1", "2"]


async def test_what_is_said_once_is_said_once_though_it_was_read_again() -> None:
    decoding, sink = counting(), _SlowSink()
    with capture_logs() as lines:
        tasks = [asyncio.create_task(decoding.submit([message_of("!")], sink)) for _ in range(2)]
        for number in range(2):
            await sink.until(number + 1)
            await _idle()
            sink.waiting[number].set_result(None)
        await asyncio.gather(*tasks)
    assert [line["event"] for line in lines] == ["decoder_failed"] * 2


async def test_the_log_is_asked_once_for_each_subject_and_never_on_the_loop() -> None:
    asked: list[tuple[str, bool]] = []

    def recall(_source: str, subject: str) -> bytes | None:
        asked.append((subject, threading.current_thread() is threading.main_thread()))
        return None

    decoding, sink = Decoding(Counting(), ORIGIN, recall), Sink()
    for _ in range(2):
        await decoding.submit(
            [message_of(".", "a"), message_of("x", "b"), message_of("x", "b")], sink
        )
    assert sorted(asked) == [("a", False), ("b", False)]


async def test_meters_that_only_show_in_the_message_go_one_after_another() -> None:
    decoding = Decoding(Metering(), ORIGIN, lambda _source, _subject: None)
    sink = _SlowSink()
    tasks = [
        asyncio.create_task(decoding.submit([readings_of(meters, number)], sink))
        for number, meters in enumerate(("xy", "yz", "z", "u"))
    ]
    await sink.until(2)  # the first and the last: nobody shares their meters
    await _idle()
    assert len(sink.waiting) == 2
    for number in range(4):
        await sink.until(number + 1)
        sink.waiting[number].set_result(None)
    await asyncio.gather(*tasks)
    meters = [[_meter(d) for d in sink.taken if d.raw and d.raw.payload == p] for p in (b"yz",)]
    assert meters == [["y", "z"]]


def _meter(delivery: Delivery) -> str | None:
    event = decode_event(delivery.payload)
    assert isinstance(event, Measurement)
    return event.data.meter


class _Gossiping(Counting):
    """Counts for its subject, and looks at a meter that depends on the count."""

    historical_after = None

    def decode(self, message: Message, memory: bytes) -> Decoded:  # noqa: ARG002  a Decoder
        number = int(memory or b"0") + 1
        readings = (Reading("energy.import.register", "total", str(number), "Wh"),)
        event = Measurement(
            v=1,
            cabinet="VBS-001",
            observed_at=instant_text(AT + number * timedelta(minutes=15)),
            clock="I",
            data=MeasurementData(readings, f"m{number % 3}"),
        )
        return Decoded((event,), str(number).encode())


@examples(0.3)
@given(
    st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=3), min_size=1, max_size=9),
    st.integers(0, 2**32),
)
def test_however_commits_end_a_memory_counts_what_was_stored(
    messages: list[list[str]], seed: int
) -> None:
    """Whoever shares what, whichever commit ends first and whichever fails: no one waits for ever.

    Every message that was stored was read with the memory that the last stored one left.
    """
    chance = random.Random(seed)

    async def run() -> None:
        log: dict[str, bytes] = {}
        decoding = Decoding(_Gossiping(), ORIGIN, lambda _source, subject: log.get(subject))
        stored: list[tuple[str, int]] = []
        waiting: list[tuple[asyncio.Future[None], Sequence[Delivery]]] = []

        class Sink:
            async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
                end = asyncio.get_running_loop().create_future()
                waiting.append((end, deliveries))
                await end
                return [Outcome(OutcomeKind.PUBLISHED, None) for _ in deliveries]

        tasks = [
            asyncio.create_task(decoding.submit([message_of("x", t) for t in topics], Sink()))
            for topics in messages
        ]
        while not all(task.done() for task in tasks):
            if not waiting:
                await asyncio.to_thread(lambda: None)
                continue
            end, deliveries = waiting.pop(chance.randrange(len(waiting)))
            if chance.random() < 0.6:
                for delivery in deliveries:
                    memories = [delivery.memory, *delivery.notes]
                    log.update((m.subject, m.value) for m in memories if m is not None)
                    if delivery.memory is not None:
                        stored.append((delivery.memory.subject, int(delivery.memory.value)))
                end.set_result(None)
            else:
                end.set_exception(chance.choice([Overloaded(1), LogUnavailable("x")]))
            await asyncio.sleep(0)
        await asyncio.gather(*tasks, return_exceptions=True)
        for topic in "abc":
            counts = [number for subject, number in stored if subject == topic]
            assert counts == list(range(1, len(counts) + 1))

    asyncio.run(run())


async def test_a_log_that_is_not_read_in_time_leaves_the_message_untaken() -> None:
    is_slow = True

    async def aside(function: Callable[[], Result], /) -> Result:
        if is_slow:
            raise LogSlow("not now")
        return await asyncio.to_thread(function)

    decoding, sink = Decoding(Counting(), ORIGIN, lambda *_: b"40", aside=aside), Sink()
    with pytest.raises(LogSlow):
        await decoding.submit([message_of("x")], sink)
    assert sink.taken == []
    is_slow = False
    await decoding.submit([message_of("x")], sink)
    assert len(sink.taken) == 1
    assert await decoding.memory("a") == b"41"
