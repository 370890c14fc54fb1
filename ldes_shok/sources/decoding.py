"""Runs a source's decoder: messages in, deliveries out, memories stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from functools import partial
from traceback import extract_tb

import structlog

from ldes_shok.cabinet.encode import canonical_json
from ldes_shok.cabinet.event import Event, Measurement
from ldes_shok.cabinet.incoming import Delivery, Memory, Origin, Raw
from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.clock import from_milliseconds, to_milliseconds
from ldes_shok.errors import Overloaded, PseudonymKeyUnavailable, ShuttingDown
from ldes_shok.sources.base import Aside, Sink
from ldes_shok.sources.common.clocks import suspected
from ldes_shok.sources.common.refusal_alarm import RefusalWatch
from ldes_shok.sources.common.registers.metering import RegisterWatch
from ldes_shok.sources.common.turns import Turn, Turns
from ldes_shok.sources.decoder import Cutting, Decoded, Decoder, Message, Metering, Refusal

Recall = Callable[[str, str], bytes | None]
"""From source and subject to the log's memory; reads the log."""

DEFECT = "decoder_defect"
MOST_MEMORIES = 10_000
"""A few megabytes: the devices of a large city."""


@dataclass(frozen=True, slots=True)
class DecodedBatch:
    """Decoded messages: the deliveries, and the memories that hold once these are stored."""

    deliveries: tuple[Delivery, ...]
    memories: dict[str, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class _Pass:
    """One pass over the messages: memories used and made, and what to log at the end.

    Attributes:
        recalled: the log's memories of subjects.
        subjects: the subjects whose memories were needed.
        missing: subjects that only the log may know; the pass took their memories as empty.
        memories: the memory of each subject afterwards.
        looks: for each message, whether a part was refused, and whether it was empty.
        defects: of the decoder.
    """

    recalled: dict[str, bytes]
    subjects: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    memories: dict[str, bytes] = field(default_factory=dict)
    looks: list[tuple[bool, bool]] = field(default_factory=list)
    defects: list[Exception] = field(default_factory=list)


class Ending(Enum):
    """The outcome of decoded messages."""

    SAFE = auto()
    NOT_TAKEN = auto()
    UNKNOWN = auto()
    """Perhaps only a part is in the log; the next read asks the log."""


class Held:
    """Decoded messages, and the turn of their subjects until `with` ends.

    Attributes:
        reading: the messages.
    """

    def __init__(self, reading: DecodedBatch, end: Callable[[Ending], None]) -> None:
        """`end` is called once, at the end of the turn."""
        self.reading = reading
        self._end = end
        self._under_way: asyncio.Future[Sequence[Outcome]] | None = None
        self._has_begun = False

    async def hand_over(self, deliveries: Sequence[Delivery], sink: Sink) -> Sequence[Outcome]:
        """Submit to the sink. If the caller is cancelled, the turn ends with the commit."""
        self._under_way = asyncio.ensure_future(sink.submit(deliveries))
        outcomes = await asyncio.shield(self._under_way)
        self._has_begun = True
        return outcomes

    def __enter__(self) -> DecodedBatch:
        """The decoded messages."""
        return self.reading

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the turn."""
        if self._under_way is not None and not self._under_way.done():
            self._under_way.add_done_callback(self._left_alone)
        elif kind is None:
            self._end(Ending.SAFE)
        elif not self._has_begun and issubclass(kind, (Overloaded, ShuttingDown)):
            self._end(Ending.NOT_TAKEN)
        else:
            self._end(Ending.UNKNOWN)

    def _left_alone(self, ended: asyncio.Future[Sequence[Outcome]]) -> None:
        if not ended.cancelled():
            ended.exception()  # no caller waits for its error any more
        self._end(Ending.UNKNOWN)


def not_decoded(deliveries: Iterable[Delivery]) -> Held:
    """A batch of canonical events: it has no memory and needs no turn."""
    return Held(DecodedBatch(tuple(deliveries)), lambda _: None)


class Decoding:
    """Reads the messages of one source.

    A subject's message is read with the memory of the subject's last message. So it waits for the
    commit of that one. Messages of other subjects, or of none, do not wait, and share a commit.

    Args:
        decoder: of its dialect.
        origin: of its events.
        recall: the log's memories, from before this process and since.
        most_memories: how many memories are cached here, to ask the log less often.
        aside: runs reads of the log while an event loop runs.
    """

    def __init__(
        self,
        decoder: Decoder,
        origin: Origin,
        recall: Recall,
        *,
        most_memories: int = MOST_MEMORIES,
        aside: Aside = asyncio.to_thread,
    ) -> None:
        self._decoder = decoder
        self._cutter = decoder if isinstance(decoder, Cutting) else None
        self._registers = (
            RegisterWatch(decoder.historical_after) if isinstance(decoder, Metering) else None
        )
        self._origin = origin
        self._recall = recall
        self._aside = aside
        self._watch = RefusalWatch(structlog.get_logger("ldes_shok.sources"), origin.source)
        self._memories: dict[str, bytes] = {}
        self._most_memories = most_memories
        self._turns = Turns()

    async def submit(
        self, messages: Sequence[Message], sink: Sink, notes: Sequence[Delivery] = ()
    ) -> Sequence[Outcome]:
        """Read messages and submit their events; returns after the commit.

        Args:
            messages: as received.
            sink: takes the events.
            notes: the source's own memories, submitted behind the events.

        Raises:
            Overloaded, ShuttingDown, LogUnavailable, PseudonymKeyUnavailable: nothing was stored,
                and no memory changed.
        """
        held = await self.hold(messages)
        with held as reading:
            return await held.hand_over((*reading.deliveries, *notes), sink)

    async def hold(self, messages: Sequence[Message]) -> Held:
        """Read messages when all their subjects have their turn, and hold the turn until the end.

        Raises:
            PseudonymKeyUnavailable: a person in a message may not be named now.
            LogUnavailable: the log's memories cannot be read.
        """
        turn = self._turns.begin()
        try:
            at, reading = await self._in_turn(turn, messages)
        except BaseException:
            self._turns.end(turn)
            raise
        turn.goes = True
        self._log_findings(at)
        return Held(reading, partial(self._end, turn, reading))

    def _end(self, turn: Turn, reading: DecodedBatch, ending: Ending) -> None:
        if ending is Ending.SAFE:
            self.settle(reading)
        elif ending is Ending.UNKNOWN:
            for subject in reading.memories:
                self._memories.pop(subject, None)
        self._turns.end(turn)

    async def _in_turn(self, turn: Turn, messages: Sequence[Message]) -> tuple[_Pass, DecodedBatch]:
        """Decode messages with the memories of subjects that have their turn.

        Decoding shows which subjects these are. So messages are decoded until no new one shows.
        """
        recalled: dict[str, bytes] = {}
        while True:
            at = _Pass(recalled)
            reading = self._read(messages, at)
            if not self._turns.stand(turn, at.subjects):
                await turn.called.wait()
            elif at.missing:
                recalled = recalled | await self._aside(partial(self._recall_all, at.missing))
            else:
                return at, reading
            if turn.was_overtaken:
                turn.was_overtaken, recalled = False, {}

    def read(self, messages: Sequence[Message]) -> DecodedBatch:
        """Decode messages in order; `settle` changes the memories later. May read the log.

        For a caller that has the source alone and no event loop; all others use `hold`.

        Raises:
            PseudonymKeyUnavailable: a person in a message may not be named now.
        """
        at = _Pass({})
        reading = self._read(messages, at)
        while at.missing:
            at = _Pass(at.recalled | self._recall_all(at.missing))
            reading = self._read(messages, at)
        self._log_findings(at)
        return reading

    def _recall_all(self, subjects: Iterable[str]) -> dict[str, bytes]:
        source = self._origin.source
        return {subject: self._recall(source, subject) or b"" for subject in subjects}

    def settle(self, reading: DecodedBatch) -> None:
        """Take over the memories of a batch that is stored."""
        self._keep(reading.memories)

    def _keep(self, memories: Mapping[str, bytes]) -> None:
        for subject, memory in memories.items():
            self._memories.pop(subject, None)
            self._memories[subject] = memory
        # The log has these too; the cache only makes the latest ones faster to read.
        while len(self._memories) > self._most_memories:
            del self._memories[next(iter(self._memories))]

    async def memory(self, subject: str) -> bytes:
        """The stored memory of a subject; empty for an unknown subject.

        Raises:
            LogUnavailable: the log cannot be read.
        """
        if (known := self._memories.get(subject)) is not None:
            return known
        return (await self._aside(partial(self._recall_all, (subject,))))[subject]

    def _log_findings(self, at: _Pass) -> None:
        """Log once what the messages showed, however often they were decoded.

        Memories from the log are cached too, also the empty ones of unknown subjects.
        """
        self._keep({s: known for s, known in at.recalled.items() if s not in self._memories})
        for is_refused, is_empty in at.looks:
            self._watch.saw(is_refused=is_refused, is_empty=is_empty)
        for error in at.defects:
            structlog.get_logger("ldes_shok.sources").error(
                "decoder_failed",
                source=self._origin.source,
                error=type(error).__name__,
                at=_frames(error),
            )

    def _read(self, messages: Sequence[Message], at: _Pass) -> DecodedBatch:
        deliveries: list[Delivery] = []
        for message in messages:
            # As precise as the log: its raw bytes, run again, must give the same events.
            received_at = from_milliseconds(to_milliseconds(message.received_at))
            kept = replace(message, received_at=received_at)
            parts = (kept,) if self._cutter is None else self._cutter.cut(kept)
            for part in parts:
                deliveries += self._deliveries(part, at)
        return DecodedBatch(tuple(deliveries), at.memories)

    def _deliveries(self, message: Message, at: _Pass) -> list[Delivery]:
        raw = Raw.of(message.payload, message.attributes)
        subject = self._decoder.subject(message)
        before = b"" if subject is None else self._memory(subject, at)
        decoded = self._decode(message, before, at)
        is_refused = any(isinstance(r, Refusal) for r in decoded.results)
        is_empty = not (decoded.results or decoded.thinned) and decoded.memory == before
        at.looks.append((is_refused, is_empty))
        if decoded.thinned:
            return []
        results, notes = self._looked_at(decoded.results, message.received_at, at)
        deliveries = [self._delivery(result, message, raw) for result in results]
        deliveries = deliveries or [Delivery(b"", self._origin, message.received_at, raw)]
        if notes:
            deliveries[-1] = replace(deliveries[-1], notes=notes)
        if subject is not None and decoded.memory != before:
            at.memories[subject] = decoded.memory
            # On the last event: a commit may hold only the first of a message's events, and then
            # the message comes again.
            memory = Memory(subject, decoded.memory)
            deliveries[-1] = replace(deliveries[-1], memory=memory)
        return deliveries

    def _decode(self, message: Message, memory: bytes, at: _Pass) -> Decoded:
        try:
            return self._decoder.decode(message, memory)
        except PseudonymKeyUnavailable:
            raise  # not the message's fault: it is not acknowledged, and comes again
        except Exception as error:  # noqa: BLE001  a defect of ours must not stop the source
            at.defects.append(error)
            reason = f"this service failed to decode it, {type(error).__name__}"
            return Decoded((Refusal(DEFECT, reason),), memory)

    def _looked_at(
        self, results: Sequence[Event | Refusal], received_at: datetime, at: _Pass
    ) -> tuple[Sequence[Event | Refusal], tuple[Memory, ...]]:
        """Results after the check against earlier readings, and the new memories of the meters."""
        watch = self._registers
        if watch is None:
            return results, ()
        checked: list[Event | Refusal] = []
        notes: dict[str, Memory] = {}
        for result in results:
            if not isinstance(result, Measurement) or (subject := watch.subject(result)) is None:
                checked.append(result)
                continue
            before = self._memory(subject, at)
            event, after = watch.checked(result, received_at, before)
            checked.append(event)
            if after != before:
                at.memories[subject] = after
                notes[subject] = Memory(subject, after)
        return checked, tuple(notes.values())

    def _delivery(self, result: Event | Refusal, message: Message, raw: Raw) -> Delivery:
        at = message.received_at
        if isinstance(result, Refusal):
            refusal = f"{result.code}: {result.reason}"
            return Delivery(b"", self._origin, at, raw, refusal=refusal)
        event = result if self._origin.reports_the_past else suspected(result, at)
        return Delivery(canonical_json(event), self._origin, at, raw)

    def _memory(self, subject: str, at: _Pass) -> bytes:
        at.subjects.add(subject)
        for known in (at.memories, self._memories, at.recalled):
            if (memory := known.get(subject)) is not None:
                return memory
        at.missing.add(subject)
        return b""


def _frames(error: Exception) -> list[str]:
    """The place of an error, without its text, which may quote the message, and so a card."""
    frames = extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
