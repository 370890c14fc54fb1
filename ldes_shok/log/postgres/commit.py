"""A commit as statements: computed before the transaction begins, sent in one round trip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ldes_shok.cabinet.instants import parse_instant
from ldes_shok.clock import to_microseconds
from ldes_shok.errors import LogUnavailable
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.ldes.node import NodeKind
from ldes_shok.ldes.template import Template
from ldes_shok.log.pack import MAX_MEMBERS, PackedMember, packed
from ldes_shok.log.postgres.months import NO_MONTH, month_of, month_of_path, year_of
from ldes_shok.log.postgres.packs import INSERT_PACK, encode_events, live_pack
from ldes_shok.log.postgres.rows import (
    NODE_COLUMNS,
    integers,
    member_id,
    row_of_node,
)
from ldes_shok.log.postgres.templates import TemplateNumbers
from ldes_shok.log.records import Commit, MemberRecord, Quarantine
from ldes_shok.log.storable import UNIT_SEPARATOR
from ldes_shok.log.stream_row import STREAM_COLUMNS, row_of_stream
from ldes_shok.log.templates import encode_template

Rows = Sequence[Sequence[object]]

_NODE_UPDATES: Final = ", ".join(f"{c} = excluded.{c}" for c in NODE_COLUMNS.split(", ")[1:])


@dataclass(frozen=True, slots=True)
class SqlStatement:
    """A statement and the rows that it is executed with, in order."""

    query: str
    rows: Rows


@dataclass(slots=True)
class CommitPosition:
    """The position that a commit continues from.

    Attributes:
        prefix: the base that stored IRIs leave out.
        stream_ids: by name.
        next_numbers: by stream id, the number of the next member.
        next_event_id: the id of the next new event.
        templates: the templates that are stored.
    """

    prefix: str
    stream_ids: dict[str, int]
    next_numbers: dict[int, int]
    next_event_id: int
    templates: TemplateNumbers


@dataclass(slots=True)
class Plan:
    """The changes of a commit.

    Attributes:
        statements: in order.
        months: the partitions that it needs.
        after: the writer's position after the commit; its `templates` are the new ones.
    """

    statements: list[SqlStatement]
    months: set[int]
    stream_ids: dict[str, int]
    next_numbers: dict[int, int]
    next_event_id: int
    templates: dict[bytes, tuple[int, Template]] = field(default_factory=dict)


def plan_commit(commit: Commit, place: CommitPosition) -> Plan:
    """The statements for `commit`; changes nothing.

    Raises:
        LogUnavailable: an event or a position is not the next one of the log.
        ValueError: a member's own time does not exist.
    """
    return _Planner(commit, place).plan()


class _Planner:
    def __init__(self, commit: Commit, place: CommitPosition) -> None:
        self._commit = commit
        self._place = place
        self._month = _month(commit)
        self._plan = Plan(
            [], {self._month}, dict(place.stream_ids), dict(place.next_numbers),
            place.next_event_id,
        )  # fmt: skip

    def plan(self) -> Plan:
        self._streams()
        self._templates()
        self._members()
        self._events()
        self._tree()
        self._rest()
        return self._plan

    def _add(self, query: str, rows: Rows) -> None:
        if rows:
            self._plan.statements.append(SqlStatement(query, rows))

    def _streams(self) -> None:
        ids = self._plan.stream_ids
        for stream in self._commit.streams:
            ids.setdefault(stream.name, max(ids.values(), default=0) + 1)
        self._add(
            f"INSERT INTO stream (id, name, {STREAM_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET members = excluded.members,"
            " last_ms = excluded.last_ms, ties = excluded.ties,"
            " previous_members = excluded.previous_members, policies = excluded.policies",
            [(ids[s.name], s.name, *row_of_stream(s)) for s in self._commit.streams],
        )

    def _templates(self) -> None:
        new = self._place.templates.assign(r.member.template for r in self._commit.members)
        self._plan.templates = new
        self._add(
            "INSERT INTO template (id, key, body) VALUES (%s, %b, %b)",
            [(number, key, encode_template(t)) for key, (number, t) in new.items()],
        )

    def _members(self) -> None:
        packs = list(self._packs())
        iris: list[str] = []
        entities: list[str] = []
        ids: list[int] = []
        months: list[int] = []
        versions: list[int] = []
        for month, stream_id, first_number, members in packs:
            self._plan.months.add(month)
            for number, member in enumerate(members, first_number):
                iris.append(member.iri)
                entities.append(member.entity)
                ids.append(member_id(stream_id, number))
                months.append(month)
                versions.append(to_microseconds(parse_instant(member.observed_at)))
        self._add(INSERT_PACK, [live_pack(*pack) for pack in packs])
        if iris:
            self._add(
                "INSERT INTO iri (year, iri, member_id, month, version_us, entity)"
                " SELECT m / 100, i, id, m, v, e FROM unnest(string_to_array(%s, E'\\x1f'),"
                " %s::bigint[], %s::integer[], %s::bigint[],"
                " string_to_array(%s, E'\\x1f', '')) AS new (i, id, m, v, e)",
                [
                    (
                        UNIT_SEPARATOR.join(iris), integers(ids), integers(months),
                        integers(versions), UNIT_SEPARATOR.join(entities),
                    )
                ],
            )  # fmt: skip

    def _packs(self) -> Iterator[tuple[int, int, int, list[PackedMember]]]:
        """Month, stream, first number and members of each pack: a leaf begins a new pack."""
        ids = self._plan.stream_ids
        cuts = {
            (ids[n.stream], n.node.first_position - FIRST_POSITION)
            for n in self._commit.nodes
            if n.node.kind is NodeKind.LEAF
        }
        runs: dict[int, tuple[int, int, list[PackedMember]]] = {}
        for record in self._commit.members:
            stream_id = ids[record.member.stream]
            number = self._next_number(stream_id, record)
            member = packed(
                record.member, self._template_number(record), record.event_id, self._place.prefix
            )
            month = month_of(member.published_ms)
            run = runs.get(stream_id)
            if run is not None and (
                run[0] != month or len(run[2]) >= MAX_MEMBERS or (stream_id, number) in cuts
            ):
                yield run[0], stream_id, run[1], run[2]
                run = None
            if run is None:
                run = runs[stream_id] = (month, number, [])
            run[2].append(member)
        for stream_id, (month, number, members) in runs.items():
            yield month, stream_id, number, members

    def _next_number(self, stream_id: int, record: MemberRecord) -> int:
        number = record.member.stamp.position - FIRST_POSITION
        if number != self._plan.next_numbers.get(stream_id, 0):
            raise LogUnavailable(
                f"position {record.member.stamp.position} is not the next of "
                f"{record.member.stream}: another one wrote, or it is written twice"
            )
        self._plan.next_numbers[stream_id] = number + 1
        return number

    def _template_number(self, record: MemberRecord) -> int:
        key = record.member.template.key
        known = self._place.templates.get(key)
        return self._plan.templates[key][0] if known is None else known

    def _events(self) -> None:
        events = sorted(self._commit.events, key=lambda event: event.id)
        expected = range(self._plan.next_event_id, self._plan.next_event_id + len(events))
        if [event.id for event in events] != list(expected):
            raise LogUnavailable(f"event {expected.start} is the next one, and it is not written")
        self._plan.next_event_id = expected.stop
        if not events:
            return
        self._add(
            "INSERT INTO event_pack (month, first_id, events, body) VALUES (%s, %s, %s, %b)",
            [(self._month, expected.start, len(events), encode_events(events))],
        )
        self._add(
            "INSERT INTO identity (year, identity)"
            " SELECT %s, decode(i, 'hex') FROM unnest(string_to_array(%s, ',')) AS new (i)",
            [(year_of(self._month), ",".join(event.identity.hex() for event in events))],
        )
        self._add(
            "INSERT INTO quarantine (month, event_id, tenant, cabinet, code, reason, stream,"
            " report) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (self._month, e.id, e.tenant, e.cabinet, *_columns(e.quarantine))
                for e in events
                if e.quarantine is not None
            ],
        )

    def _tree(self) -> None:
        ids, months = self._plan.stream_ids, self._plan.months
        months.update(month_of_path(n.node.path) for n in self._commit.nodes)
        months.update(month_of_path(head.path) for head in self._commit.heads)
        self._add(
            f"INSERT INTO node (stream_id, month, {NODE_COLUMNS})"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            f" ON CONFLICT (stream_id, path) DO UPDATE SET {_NODE_UPDATES}",
            [
                (ids[n.stream], month_of_path(n.node.path), *row_of_node(n.node))
                for n in self._commit.nodes
            ],
        )
        self._add(
            "INSERT INTO sealed_head (month, stream_id, path, form, prefix, suffix, digest)"
            " VALUES (%s, %s, %s, %s, %b, %b, %b)",
            [
                (month_of_path(h.path), ids[h.stream], h.path, h.form.value, h.prefix, h.suffix,
                 h.digest)
                for h in self._commit.heads
            ],
        )  # fmt: skip

    def _rest(self) -> None:
        commit = self._commit
        memories = {(m.source, m.subject): m.value for m in commit.memories}
        self._add(
            "INSERT INTO state (tenant, cabinet, value) VALUES (%s, %s, %b)"
            " ON CONFLICT (tenant, cabinet) DO UPDATE SET value = excluded.value",
            [(s.tenant, s.cabinet, s.value) for s in commit.states],
        )
        self._add(
            "INSERT INTO memory (source, subject, value) VALUES (%s, %s, %b)"
            " ON CONFLICT (source, subject) DO UPDATE SET value = excluded.value",
            [(*place, value) for place, value in memories.items() if value],
        )
        self._add(
            "DELETE FROM memory WHERE source = %s AND subject = %s",
            [place for place, value in memories.items() if not value],
        )
        self._add(
            "INSERT INTO raw (digest, source, received_ms, body) VALUES (%b, %s, %s, %b)"
            " ON CONFLICT (digest, source, received_ms) DO NOTHING",
            [(r.digest, r.source, r.received_ms, r.body) for r in commit.raws],
        )
        self._add(
            "INSERT INTO rejection (month, source, received_ms, reason, payload)"
            " VALUES (%s, %s, %s, %s, %b)",
            [
                (self._month, r.source, r.received_ms, _storable(r.reason), r.payload)
                for r in commit.rejections
            ],
        )
        if commit.released:
            self._add(
                "DELETE FROM quarantine WHERE event_id = ANY(%s::bigint[])",
                [(integers(commit.released),)],
            )
        self._add(
            "UPDATE quarantine SET code = %s, reason = %s, stream = %s, report = %s"
            " WHERE event_id = %s",
            [(*_columns(quarantine), id_) for id_, quarantine in commit.requarantined],
        )
        self._add(
            "INSERT INTO tally (source, outcome, events) VALUES (%s, %s, %s)"
            " ON CONFLICT (source, outcome) DO UPDATE SET events = tally.events + excluded.events",
            [(source, outcome, n) for (source, outcome), n in commit.counters.items()],
        )


def _month(commit: Commit) -> int:
    """The month of a commit's events: the month of its members, or else of the receipt."""
    published = [record.member.stamp.published_ms for record in commit.members]
    reached = [stream.last_ms for stream in commit.streams if stream.last_ms]
    received = [event.received_ms for event in commit.events]
    received += [rejection.received_ms for rejection in commit.rejections]
    times = published or reached or received
    return month_of(max(times)) if times else NO_MONTH


def _columns(quarantine: Quarantine) -> tuple[str, str, str, str]:
    return (
        quarantine.code, _storable(quarantine.reason), quarantine.stream,
        _storable(quarantine.report),
    )  # fmt: skip


def _storable(text: str) -> str:
    """Replace what PostgreSQL cannot store as text: a sentence may quote raw input."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode("utf-8", "replace").decode()
