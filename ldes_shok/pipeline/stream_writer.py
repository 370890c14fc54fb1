"""Writes one stream: positions, publication times, and its tree."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ldes_shok.fragmentation.tree import Policy, TimeTree
from ldes_shok.ldes.member import FIRST_POSITION, Form, Member, Stamp
from ldes_shok.ldes.node import Node, NodeKind, Relation
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.base import LogReader, LogWriter
from ldes_shok.log.records import NodeRecord, PolicyRecord, SealedHead, StreamRecord
from ldes_shok.representation.hypermedia import HypermediaWriter, NodeHypermedia, relations_of


class StreamWriter:
    """Stamps members and grows the tree. It is rebuilt from the log after a failed commit."""

    def __init__(
        self,
        stream: EventStream,
        writer: LogWriter,
        policy: Policy,
        members_per_millisecond: int,
    ) -> None:
        """Continue `stream` where the log left it.

        Args:
            stream: the event stream.
            writer: the log.
            policy: how large nodes grow.
            members_per_millisecond: how many members may share a timestamp. A leaf is cut only
                between two timestamps, so this bounds how far a leaf can outgrow its size.
        """
        self.stream = stream
        self._limit = members_per_millisecond
        record = writer.stream(stream.name)
        self._members = record.members
        # The log does not record the members of the newest millisecond, so no member joins them.
        self._last_ms = record.last_ms + (record.ties > 0)
        self._things: set[str] = set()
        open_nodes = writer.open_nodes(stream.name)
        self._tree = TimeTree(policy, open_nodes, record.previous_members)
        self._policies = _with_policy(record.policies, policy, FIRST_POSITION + record.members)
        self._pending: list[Member] = []
        self._dirty = False

    @property
    def members(self) -> int:
        """How many members the stream holds, this batch included."""
        return self._members

    def stamps(self, things: Sequence[str], now_ms: int) -> list[Stamp]:
        """The stamps that the next members would get; the stream does not take them yet.

        Publication time never goes back: it is the later of now and the last one. Two versions of
        one thing never share it. Otherwise a client that knows only `ldes:timestampPath` may keep
        the older one (LDES 1.0, 4.2). So the time may run ahead of a clock that stands still, by at
        most a millisecond for each member.

        Args:
            things: the IRI of the thing that each member is a version of.
            now_ms: milliseconds since 1970.
        """
        last_ms, there = self._last_ms, self._things
        stamps: list[Stamp] = []
        for number, thing in enumerate(things):
            if now_ms > last_ms:
                last_ms, there = now_ms, set()
            elif thing in there or len(there) >= self._limit:
                last_ms, there = last_ms + 1, set()
            there = there | {thing}
            stamps.append(Stamp(FIRST_POSITION + self._members + number, last_ms))
        return stamps

    def append(self, members: Sequence[Member]) -> None:
        """Take members that carry the stamps of `stamps`, in that order."""
        for member in members:
            stamp = member.stamp
            if stamp.published_ms != self._last_ms:
                self._last_ms, self._things = stamp.published_ms, set()
            self._things.add(member.entity)
            self._members += 1
            self._tree.place(stamp.position, stamp.published_ms)
            self._pending.append(member)
        self._dirty = True

    def has_ended(self, now_ms: int) -> bool:
        """Whether any node's interval is over at `now_ms`."""
        return self._tree.has_ended(now_ms)

    def seal_until(self, now_ms: int) -> None:
        """Seal the nodes whose interval is over by the clock.

        From then on no member gets a time before `now_ms`, even if the clock goes back.
        """
        if not self._tree.has_ended(now_ms):
            return
        self._tree.seal_until(now_ms)
        if now_ms > self._last_ms:
            self._last_ms, self._things = now_ms, set()
        self._dirty = True

    def take_record(self) -> StreamRecord | None:
        """The stream's record, if this batch changed it."""
        if not self._dirty:
            return None
        self._dirty = False
        return StreamRecord(
            self.stream.name,
            self._members,
            self._last_ms,
            len(self._things),
            self._tree.previous_members,
            self._policies,
        )

    def take_nodes(self) -> list[NodeRecord]:
        """The nodes that this batch made, changed or sealed."""
        return [NodeRecord(self.stream.name, node) for node in self._tree.take_changes()]

    def take_members(self) -> list[Member]:
        """The members of this batch."""
        members, self._pending = self._pending, []
        return members


class Sealer:
    """Writes the heads of newly sealed nodes, so that no upgrade can change them."""

    def __init__(self, hypermedia: HypermediaWriter, reader: LogReader) -> None:
        self._hypermedia = hypermedia
        self._reader = reader

    def heads(
        self,
        stream: EventStream,
        changed: Mapping[str, Node],
    ) -> list[SealedHead]:
        """The heads of all sealed nodes among `changed`.

        Args:
            stream: whose nodes.
            changed: the batch's nodes by path.
        """
        heads: list[SealedHead] = []
        for node in changed.values():
            if not node.sealed:
                continue
            relations: tuple[Relation, ...] = ()
            if node.kind is NodeKind.INTERIOR:
                relations = relations_of(self._children(stream, node, changed))
            page = NodeHypermedia(stream, node.path, sealed=True, relations=relations)
            heads += [self._head(page, node, form) for form in Form]
        return heads

    def _head(self, page: NodeHypermedia, node: Node, form: Form) -> SealedHead:
        prefix, suffix = self._hypermedia.around(page, form)
        # The digest of a leaf comes with its page, when the leaf is archived.
        digest = b""
        if node.kind is NodeKind.INTERIOR:
            digest = hashlib.sha256(prefix + suffix).digest()
        return SealedHead(page.stream.name, node.path, form, prefix, suffix, digest)

    def _children(self, stream: EventStream, node: Node, changed: Mapping[str, Node]) -> list[Node]:
        children = {child.path: child for child in self._reader.children(stream.name, node.path)}
        children.update((n.path, n) for n in changed.values() if n.parent == node.path)
        return sorted(children.values(), key=lambda child: child.lower_ms)


def _with_policy(
    policies: tuple[PolicyRecord, ...], policy: Policy, position: int
) -> tuple[PolicyRecord, ...]:
    """The recorded policies, plus this one from `position` on if it differs from the last."""
    now = PolicyRecord(
        position,
        policy.leaf_members,
        policy.bucket_leaves,
        policy.sparse_month_members,
        versions_per_millisecond=1,
    )
    if policies and replace(policies[-1], from_position=position) == now:
        return policies
    return (*policies, now)
