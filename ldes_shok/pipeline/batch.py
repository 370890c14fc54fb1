"""One batch: it takes deliveries and makes one commit. All of it is stored, or nothing.

A batch runs on the writer's thread. Everything that decides what is published happens here, in this
order: decode, recognise, map, judge, stamp. One bad event does not affect the other events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from ldes_shok.cabinet.event import Configuration, Measurement
from ldes_shok.cabinet.incoming import Delivery, Received
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from ldes_shok.clock import to_milliseconds
from ldes_shok.errors import (
    EventRejected,
    LogError,
    NotJudged,
    NotMapped,
    ValidationUnavailable,
)
from ldes_shok.ldes.member import Draft, Member
from ldes_shok.log.base import LogWriter
from ldes_shok.log.records import (
    SEALED_REASON,
    Commit,
    EventRecord,
    MemberRecord,
    NodeRecord,
    Quarantine,
    Rejection,
    SealedHead,
    StateRecord,
)
from ldes_shok.mapping.happenings import Mapped
from ldes_shok.mapping.mapper import Mapper
from ldes_shok.mapping.state import CabinetState
from ldes_shok.pipeline.arrivals import (
    Arrived,
    for_sender,
    in_the_end,
    received_again,
    received_or_not,
    record_of,
)
from ldes_shok.pipeline.beside import KeptBeside
from ldes_shok.pipeline.known_members import KnownMembers, by_stream
from ldes_shok.pipeline.ownership import Ownership
from ldes_shok.pipeline.precedence import Precedence
from ldes_shok.pipeline.releases import Place, Releases, Wait
from ldes_shok.pipeline.states import CabinetStates
from ldes_shok.pipeline.stream_writer import Sealer, StreamWriter
from ldes_shok.pipeline.vault import Refused, Vault
from ldes_shok.rdf.blocks import BlockRenderer
from ldes_shok.validation.judge import OutlineJudge

_REJECTED_PAYLOAD_BYTES = 65_536
SHAPE_VIOLATION = "shape_violation"
NOT_JUDGED = "not_judged"
DEFECT = "defect"


@dataclass(frozen=True, slots=True)
class BatchTools:
    """The tools of a batch. All batches of a writer share them."""

    writer: LogWriter
    mapper: Mapper
    judge: OutlineJudge
    renderer: BlockRenderer
    sealer: Sealer
    vault: Vault
    ownership: Ownership


class _Nonconforming(Exception):
    """A member does not conform: its event goes to quarantine with the report."""

    def __init__(self, quarantine: Quarantine) -> None:
        super().__init__(quarantine.reason)
        self.quarantine = quarantine


class Batch:
    """Collects the contents of one commit."""

    def __init__(
        self,
        tools: BatchTools,
        states: CabinetStates,
        streams: Mapping[str, StreamWriter],
        now_ms: int,
    ) -> None:
        """Begin an empty batch.

        Args:
            tools: shared by all batches.
            states: the cabinets as the log has them.
            streams: by name.
            now_ms: the batch's publication time, milliseconds since 1970.
        """
        self._tools = tools
        self._known_states = states
        self._streams = streams
        self._now_ms = now_ms
        self._events: dict[int, EventRecord] = {}
        self._identities: set[bytes] = set()
        self._mapped: dict[bytes, Mapped] = {}
        self._known = KnownMembers(tools.writer)
        self._precedence = Precedence(tools.writer, tools.mapper, self._state, now_ms)
        self._members: dict[str, int] = {}
        self._states: dict[tuple[str, str], CabinetState] = {}
        self._beside = KeptBeside(tools.vault)
        self._rejections: list[Rejection] = []
        self._released: dict[int, None] = {}
        self._late: dict[int, Outcome] = {}
        self._requarantined: dict[int, Quarantine] = {}
        self._counters: Counter[tuple[str, str]] = Counter()
        self._next_event_id = tools.writer.next_event_id
        tools.ownership.begin()
        self.releases = Releases(tools.writer, self.retry, self._state)

    def take(self, deliveries: Sequence[Delivery]) -> list[Outcome]:
        """Process deliveries in order.

        An event may wait for a configuration that comes later in the same batch. Its outcome is
        the final one: published.
        """
        arrived = [received_or_not(delivery) for delivery in deliveries]
        good = [received for received in arrived if isinstance(received, Received)]
        self._identities |= self._tools.writer.seen([i for known in good for i in known.identities])
        outcomes: list[Outcome] = []
        event_ids: list[int] = []
        ahead = 0
        for number, delivery in enumerate(deliveries):
            if number >= ahead:
                ahead = self._look_ahead(arrived, number)
            event_ids.append(self._next_event_id)
            raw_name = self._beside.name(delivery)
            outcome = self._take(delivery, raw_name, arrived[number])
            self._beside.keep(delivery, raw_name, outcome)
            outcomes.append(outcome)
        return [
            in_the_end(outcome, self._late.get(event_id))
            for event_id, outcome in zip(event_ids, outcomes, strict=True)
        ]

    def _look_ahead(self, arrived: Sequence[Arrived], first: int) -> int:
        """Map the measurements in a row from `first` on, and ask the log for all their members.

        A measurement changes no state, so each one meets the state that the first one meets. Every
        query to the log releases the interpreter lock. While pages are archived, the other thread
        then holds the lock for milliseconds. With one query per event, ingest took a third longer.

        Returns:
            The number of the first delivery that was not looked at.
        """
        drafts: list[Draft] = []
        end = first
        for received in arrived[first:]:
            if not isinstance(received, Received) or not isinstance(received.event, Measurement):
                break
            end += 1
            if not self._identities.isdisjoint(received.identities):
                continue
            before = self._state(received.tenant, received.event.cabinet)
            try:
                mapped = self._tools.mapper.map(received, before)
            except Exception:  # noqa: BLE001, S112  it is raised again when its turn comes
                continue
            self._mapped[received.identity] = mapped
            drafts += mapped.drafts
        self._known.ask(drafts, are_observations=True)
        return max(end, first + 1)

    def _take(self, delivery: Delivery, raw_name: bytes, received: Arrived) -> Outcome:
        """Process one delivery."""
        if received is None:
            return Outcome(OutcomeKind.NOTED, None)
        if isinstance(received, EventRejected):
            return self._reject(delivery, str(received))
        if not self._identities.isdisjoint(received.identities):
            self._count(received.source, OutcomeKind.DUPLICATE)
            return Outcome(OutcomeKind.DUPLICATE, received.senders_key, unused=received.unused)
        self._identities.add(received.identity)
        event_id = self._next_event_id
        self._next_event_id += 1
        before = self._state(received.tenant, received.event.cabinet)
        outcome, quarantine = self._publish(event_id, received)
        self._events[event_id] = record_of(event_id, received, quarantine, raw_name)
        self._count(received.source, outcome.kind)
        if outcome.kind is OutcomeKind.PUBLISHED and isinstance(received.event, Configuration):
            self._release(received.tenant, received.event.cabinet, before)
        return for_sender(outcome, received)

    def retry(self, event: EventRecord) -> Outcome:
        """Try a quarantined event again, after a fix."""
        if self._is_settled(event.id):
            # A configuration that was tried before this event has released it already.
            return Outcome(OutcomeKind.PUBLISHED, event.key)
        try:
            received = received_again(event, self._now_ms)
        except EventRejected as error:
            # Stored by an earlier version that was less strict. It must not stop other events.
            quarantine = Quarantine(DEFECT, f"no longer a canonical event: {error}")
            self._requarantined[event.id] = quarantine
            return Outcome(OutcomeKind.QUARANTINED, event.key, reason=quarantine.reason)
        before = self._state(event.tenant, event.cabinet)
        outcome, refused = self._publish(event.id, received)
        if refused is None:
            self._settle(event, outcome)
        elif event.id in self._events:
            self._events[event.id] = replace(event, quarantine=refused)
        else:
            self._requarantined[event.id] = refused
        if refused is None and isinstance(received.event, Configuration):
            self._release(event.tenant, event.cabinet, before)
        return outcome

    def replaced(self, event: EventRecord) -> None:
        """Remove a quarantined event: what its raw bytes decode to now is published in its place.

        It is counted as published, because its report is published.
        """
        self._released[event.id] = None
        self._counters[event.source, OutcomeKind.QUARANTINED.value] -= 1
        self._count(event.source, OutcomeKind.PUBLISHED)

    def release(self, place: Place, wait: Wait) -> tuple[Outcome, ...]:
        """Release more events that waited for a configuration of `place`; no sender waits."""
        self.releases.go_on(place, wait)
        return ()

    def seal(self) -> tuple[Outcome, ...]:
        """Seal the nodes whose interval is over by the clock. There are no outcomes."""
        for stream in self._streams.values():
            stream.seal_until(self._now_ms)
        return ()

    def commit(self) -> Counter[str]:
        """Store everything durably; returns the number of new members of each stream.

        Raises:
            LogUnavailable: nothing is stored; the stream writers must be rebuilt.
        """
        nodes: list[NodeRecord] = []
        heads: list[SealedHead] = []
        members: list[MemberRecord] = []
        published: Counter[str] = Counter()
        for name, writer in self._streams.items():
            pending = writer.take_members()
            published[name] = len(pending)
            members += [MemberRecord(m, self._members[m.iri]) for m in pending]
            changed = writer.take_nodes()
            nodes += changed
            heads += self._tools.sealer.heads(
                writer.stream,
                {record.node.path: record.node for record in changed},
            )
        self._tools.writer.commit(
            Commit(
                events=tuple(self._events.values()),
                rejections=tuple(self._rejections),
                members=tuple(members),
                nodes=tuple(nodes),
                heads=tuple(heads),
                states=tuple(
                    StateRecord(tenant, cabinet, msgspec.json.encode(state))
                    for (tenant, cabinet), state in self._states.items()
                ),
                memories=self._beside.memories,
                raws=self._beside.raws,
                streams=tuple(r for w in self._streams.values() if (r := w.take_record())),
                released=tuple(self._released),
                requarantined=tuple(self._requarantined.items()),
                counters=self._counters,
            )
        )
        self._known_states.committed(self._states)
        return published

    def _publish(self, event_id: int, received: Received) -> tuple[Outcome, Quarantine | None]:
        """Map and judge an event. Its members are taken only if all of them conform."""
        try:
            mapped, members = self._prepare(received)
        except NotMapped as error:
            return self._quarantine(received, Quarantine(error.code, error.reason))
        except _Nonconforming as error:
            return self._quarantine(received, error.quarantine)
        except NotJudged as error:
            return self._quarantine(received, Quarantine(NOT_JUDGED, str(error)))
        except (LogError, ValidationUnavailable):
            raise  # not the event's fault: nothing of the batch is stored, and it may come again
        except Exception as error:  # noqa: BLE001  a defect of ours must not stop the lane
            reason = f"this service failed on it, {type(error).__name__}: {error}"
            return self._quarantine(received, Quarantine(DEFECT, reason))
        for stream, group in members.items():
            self._streams[stream].append(group)
        drafts = mapped.drafts
        iris = tuple(draft.iri for draft in drafts)
        is_reading = isinstance(received.event, Measurement)
        corrects = is_reading and self._known.corrects(drafts)
        self._known.take(drafts, are_observations=is_reading)
        self._precedence.take()
        self._tools.ownership.take(received, drafts)
        self._members.update(dict.fromkeys(iris, event_id))
        if (state := mapped.state) is not None:
            self._states[state.tenant, state.cabinet] = state
        return Outcome(
            OutcomeKind.PUBLISHED, received.key, iris, None, corrects, mapped.unused
        ), None

    def _prepare(self, received: Received) -> tuple[Mapped, dict[str, list[Member]]]:
        """Map, stamp, judge and render an event. The batch does not take the members yet."""
        self._tools.ownership.check(received)
        if (mapped := self._mapped.pop(received.identity, None)) is None:
            before = self._state(received.tenant, received.event.cabinet)
            mapped = self._tools.mapper.map(received, before)
        is_reading = isinstance(received.event, Measurement)
        drafts = self._known.new(mapped.drafts, are_observations=is_reading)
        mapped = self._precedence.settled(mapped, drafts, received)
        self._tools.ownership.check_versions(received, mapped.drafts)
        members: dict[str, list[Member]] = {}
        for stream, group in by_stream(mapped.drafts).items():
            stamps = self._streams[stream].stamps([d.entity for d in group], self._now_ms)
            iri = self._streams[stream].stream.iri
            for draft, stamp in zip(group, stamps, strict=True):
                member = self._tools.renderer.render(draft, stamp, iri)
                verdict = self._tools.judge.judge_values(stream, draft.outline, member.values)
                if not verdict.conforms:
                    raise _Nonconforming(
                        Quarantine(SHAPE_VIOLATION, verdict.sentence, stream, verdict.report)
                    )
                members.setdefault(stream, []).append(member)
        return mapped, members

    def _release(self, tenant: str, cabinet: str, before: CabinetState | None) -> None:
        """Release the events that waited for this configuration, in order of arrival."""
        self.releases.configured((tenant, cabinet), before, self._events.values())

    def _is_settled(self, event_id: int) -> bool:
        staged = self._events.get(event_id)
        return event_id in self._released or (staged is not None and staged.quarantine is None)

    def _settle(self, event: EventRecord, outcome: Outcome) -> None:
        if event.id in self._events:
            self._events[event.id] = replace(event, quarantine=None)
            self._late[event.id] = outcome
        else:
            self._released[event.id] = None
            self._requarantined.pop(event.id, None)
        self._counters[event.source, OutcomeKind.QUARANTINED.value] -= 1
        self._count(event.source, OutcomeKind.PUBLISHED)

    def _state(self, tenant: str, cabinet: str) -> CabinetState | None:
        return self._states.get((tenant, cabinet)) or self._known_states.get(tenant, cabinet)

    def _reject(self, delivery: Delivery, reason: str) -> Outcome:
        source = delivery.origin.source
        payload = delivery.raw.payload if delivery.raw else delivery.payload
        refused = Refused(reason, payload[:_REJECTED_PAYLOAD_BYTES])
        kept = self._tools.vault.seal_refused(refused, delivery.received_at)
        received_ms = to_milliseconds(delivery.received_at)
        self._rejections.append(Rejection(source, received_ms, SEALED_REASON, kept))
        self._count(source, OutcomeKind.REJECTED)
        return Outcome(OutcomeKind.REJECTED, None, reason=reason)

    def _quarantine(self, received: Received, quarantine: Quarantine) -> tuple[Outcome, Quarantine]:
        return Outcome(OutcomeKind.QUARANTINED, received.key, reason=quarantine.reason), quarantine

    def _count(self, source: str, kind: OutcomeKind) -> None:
        self._counters[source, kind.value] += 1
