"""Decodes stored raw bytes again, after a mapping was mended.

All stored messages of a source go through its decoder in order of arrival, from an empty memory.
Events that come out as before are recognised. Events that come out differently are published, and
the quarantined events of the same bytes leave the quarantine.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from typing import Final

import msgspec

from ldes_shok.cabinet.incoming import Delivery, Origin, raw_name, receive
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.cabinet.stored_event import stored_event
from ldes_shok.clock import from_milliseconds
from ldes_shok.errors import EventRejected, KeyDestroyed
from ldes_shok.log.base import LogReader
from ldes_shok.log.records import EventRecord
from ldes_shok.pipeline.vault import Vault
from ldes_shok.pipeline.writer import Writer
from ldes_shok.sources.decoder import Decoder, Message
from ldes_shok.sources.decoding import Decoding

_MESSAGES_AT_ONCE: Final = 200
_EVENTS_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class RerunSummary:
    """The result of a rerun.

    Attributes:
        messages: how many messages since the given time were decoded and counted.
        published, duplicate, quarantined, rejected: events, by how they ended.
        refused: parts of messages that the decoder still refuses; they are not stored again.
        replaced: events that left the quarantine.
        destroyed: messages that cannot be read, because the key of their period was destroyed.
    """

    messages: int = 0
    published: int = 0
    duplicate: int = 0
    quarantined: int = 0
    rejected: int = 0
    refused: int = 0
    replaced: int = 0
    destroyed: int = 0

    def __add__(self, other: RerunSummary) -> RerunSummary:
        """The sums of both."""
        return RerunSummary(*map(sum, zip(astuple(self), astuple(other), strict=True)))


@dataclass(slots=True)
class _RerunWork:
    """The events of some messages: whole messages only."""

    deliveries: list[Delivery] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)


class Rerun:
    """Decodes the stored messages of a source again.

    Args:
        reader: of the log.
        writer: of the log; no service may be running.
        vault: unseals raw bytes.
        on_commit: called after each commit.
    """

    def __init__(
        self, reader: LogReader, writer: Writer, vault: Vault, on_commit: Callable[[], None]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._vault = vault
        self._on_commit = on_commit

    def run(self, decoder: Decoder, origin: Origin, since: datetime | None) -> RerunSummary:
        """Decode all stored messages of a source, and store the events.

        Args:
            decoder: of the source, as it is configured now.
            origin: the source.
            since: older messages only fill the decoder's memory; None: all messages count.

        Raises:
            VaultLocked: a message cannot be read, and not because its key was destroyed; the
                messages before it are stored.
            LogUnavailable: the same.
        """
        summary: Counter[str] = Counter()
        waiting = self._waiting(origin)
        decoding = Decoding(decoder, origin, lambda _source, _subject: None)
        fresh: dict[str, bool] = {}
        for messages in self._messages(origin, summary):
            work = _RerunWork()
            for name, message in messages:
                reading = decoding.read([message])
                decoding.settle(reading)
                if since is not None and message.received_at < since:
                    continue
                summary["messages"] += 1
                for delivery in reading.deliveries:
                    self._gather(delivery, name, work, summary, fresh)
            self._store(work, waiting, summary)
        return RerunSummary(**summary)

    def _messages(
        self, origin: Origin, summary: Counter[str]
    ) -> Iterator[list[tuple[bytes, Message]]]:
        """The stored messages, each with the name that the log gives it."""
        last = 0
        while rows := self._reader.raws(origin.source, _MESSAGES_AT_ONCE, last):
            last = rows[-1][0]
            messages: list[tuple[bytes, Message]] = []
            for _, row in rows:
                try:
                    raw = self._vault.unseal(row.digest, row.body)
                except KeyDestroyed:
                    summary["destroyed"] += 1
                    continue
                at = from_milliseconds(row.received_ms)
                messages.append((row.digest, Message(raw.payload, at, dict(raw.attributes))))
            yield messages

    def _gather(
        self,
        delivery: Delivery,
        name: bytes,
        work: _RerunWork,
        summary: Counter[str],
        fresh: dict[str, bool],
    ) -> None:
        if delivery.refusal:
            summary["refused"] += 1
            return
        memory = delivery.memory
        if memory is not None:
            subject, source = memory.subject, delivery.origin.source
            # The memory in the log may go further back than the stored bytes.
            if subject not in fresh:
                fresh[subject] = self._reader.memory(source, subject) is None
            memory = memory if fresh[subject] else None
        if not delivery.payload and memory is None:
            return
        work.digests.append(name)
        # The notes stay, other than the memory: a meter whose unit was mended must not stay
        # suspect because of its former values.
        # The raw bytes are stored already. A delivery without an event still needs its raw bytes,
        # to be distinguished from an event.
        raw = None if delivery.payload else delivery.raw
        work.deliveries.append(replace(delivery, memory=memory, raw=raw, raw_name=name))

    def _store(
        self, work: _RerunWork, waiting: Mapping[bytes, list[EventRecord]], summary: Counter[str]
    ) -> None:
        if not work.deliveries:
            return
        outcomes = self._writer.write(work.deliveries).outcomes
        summary.update(
            outcome.kind.value for outcome in outcomes if outcome.kind is not OutcomeKind.NOTED
        )
        replaced = list(_replaced(work, outcomes, waiting))
        if replaced:
            self._writer.replace(replaced)
            summary["replaced"] += len(replaced)
        self._on_commit()

    def _waiting(self, origin: Origin) -> dict[bytes, list[EventRecord]]:
        """The quarantined events of this source, by the name of their raw bytes."""
        found: dict[bytes, list[EventRecord]] = defaultdict(list)
        last_id = 0
        while events := self._reader.quarantined(_EVENTS_AT_ONCE, last_id):
            last_id = events[-1].id
            for event in events:
                digest = _raw_of(event) if event.source == origin.source else b""
                if digest:
                    found[digest].append(event)
        return found


def _replaced(
    work: _RerunWork, outcomes: Sequence[Outcome], waiting: Mapping[bytes, list[EventRecord]]
) -> Iterator[int]:
    """Quarantined events that their raw bytes no longer give, if these now give a good event."""
    identities: dict[bytes, set[bytes]] = defaultdict(set)
    good: set[bytes] = set()
    for delivery, digest, outcome in zip(work.deliveries, work.digests, outcomes, strict=True):
        try:
            identity = receive(delivery).identity if delivery.payload else b""
        except EventRejected:
            continue
        identities[digest].add(identity)
        held = {event.identity for event in waiting.get(digest, ())}
        if outcome.kind is OutcomeKind.PUBLISHED or (
            outcome.kind is OutcomeKind.DUPLICATE and identity not in held
        ):
            good.add(digest)
    for digest in sorted(good):
        for event in waiting.get(digest, ()):
            if event.identity not in identities[digest]:
                yield event.id


def _raw_of(event: EventRecord) -> bytes:
    try:
        return raw_name(stored_event(event.payload).raw or "")
    except msgspec.DecodeError:
        return b""
