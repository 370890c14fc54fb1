"""What a batch stores beside its events: memories of sources, and raw bytes of events."""

from __future__ import annotations

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.clock import to_milliseconds
from ldes_shok.log.records import MemoryRecord, RawRecord
from ldes_shok.pipeline.vault import Vault


class KeptBeside:
    """Holds memories and raw bytes until the commit of their batch."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._memories: dict[tuple[str, str], bytes] = {}
        self._raws: dict[tuple[str, bytes, int], RawRecord] = {}

    @property
    def memories(self) -> tuple[MemoryRecord, ...]:
        """The last memory of each subject."""
        return tuple(
            MemoryRecord(source, subject, value)
            for (source, subject), value in self._memories.items()
        )

    @property
    def raws(self) -> tuple[RawRecord, ...]:
        """The raw bytes, sealed, each once."""
        return tuple(self._raws.values())

    def name(self, delivery: Delivery) -> bytes:
        """The name under which the log keeps the raw bytes of a delivery; empty without any."""
        if delivery.raw is None or delivery.raw_name:
            return delivery.raw_name
        return self._vault.name(delivery.raw, delivery.received_at)

    def keep(self, delivery: Delivery, name: bytes, outcome: Outcome) -> None:
        """Keep what came with an event; `name` is the name of its raw bytes."""
        source = delivery.origin.source
        if delivery.memory is not None:
            self._memories[source, delivery.memory.subject] = delivery.memory.value
        for note in delivery.notes:
            self._memories[source, note.subject] = note.value
        raw = delivery.raw
        if raw is not None and outcome.kind is not OutcomeKind.DUPLICATE:
            received_ms = to_milliseconds(delivery.received_at)
            if (source, name, received_ms) not in self._raws:
                body = self._vault.seal(raw, name, delivery.received_at)
                self._raws[source, name, received_ms] = RawRecord(name, source, received_ms, body)
