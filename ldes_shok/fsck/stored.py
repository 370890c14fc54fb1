"""P12: the pages derived again from the log, and the log against itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from ldes_shok.fragmentation.tree import Policy, TimeTree
from ldes_shok.fsck.fetching import Response
from ldes_shok.fsck.finding import Finding, Invariant
from ldes_shok.ldes.member import FIRST_POSITION, Form
from ldes_shok.ldes.node import ROOT, Node
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.log.records import MemberRow, StreamRecord
from ldes_shok.representation.hypermedia import HypermediaWriter, node_iri
from ldes_shok.representation.media import FORM_OF, MEDIA_TYPES
from ldes_shok.representation.pages import PageCache, Pages

_ROWS_AT_ONCE = 2_000
_FORM_OF_MEDIA = {MEDIA_TYPES[format_]: form for format_, form in FORM_OF.items()}


@dataclass(frozen=True, slots=True)
class StoredStream:
    """A stream in the log.

    Attributes:
        reader: the log.
        stream: which of its streams.
        hypermedia: writes the pages that are still open.
    """

    reader: LogReader
    stream: EventStream
    hypermedia: HypermediaWriter

    def record(self) -> StreamRecord:
        """Where the stream stands now."""
        return self.reader.stream(self.stream.name)

    def rows(self, count: int) -> Iterator[MemberRow]:
        """The first `count` members, ascending."""
        for start in range(0, count, _ROWS_AT_ONCE):
            size = min(_ROWS_AT_ONCE, count - start)
            yield from self.reader.rows(self.stream.name, FIRST_POSITION + start, size)

    def nodes(self) -> dict[str, Node]:
        """Every node that hangs together, by path."""
        root = self.reader.node(self.stream.name, ROOT)
        found: dict[str, Node] = {}
        waiting = [root] if root is not None else []
        while waiting:
            node = waiting.pop()
            found[node.path] = node
            waiting += self.reader.children(self.stream.name, node.path)
        return found


def check_rows(stored: StoredStream) -> Iterator[Finding]:
    """P3 in the log: contiguous, and never back in time."""
    record, url = stored.record(), stored.stream.iri
    expected, last_ms = FIRST_POSITION, 0
    for row in stored.rows(record.members):
        if row.position != expected:
            sentence = f"the log has position {row.position} where {expected} is expected"
            yield Finding(Invariant.ORDER, url, sentence)
        if row.published_ms < last_ms:
            yield Finding(Invariant.ORDER, url, f"in the log {row.iri} goes back in time")
        expected, last_ms = row.position + 1, row.published_ms
    if expected != FIRST_POSITION + record.members:
        sentence = f"the log counts {record.members} members and has {expected - FIRST_POSITION}"
        yield Finding(Invariant.ORDER, url, sentence)
    if record.last_ms < last_ms:
        yield Finding(Invariant.ORDER, url, "the log's newest time is before its newest member")


def check_tree(stored: StoredStream) -> Iterator[Finding]:
    """P12: the nodes in the log are those that follow from its members and its policies."""
    try:
        derived, kept = fold(stored, stored.record()), stored.nodes()
    except ValueError as error:
        sentence = f"no tree follows from the members in the log: {error}"
        yield Finding(Invariant.REBUILT, stored.stream.view_iri, sentence)
        return
    for path in sorted(derived.keys() | kept.keys()):
        url = node_iri(stored.stream, path)
        if path not in kept:
            yield Finding(Invariant.REBUILT, url, "it follows from the members; the log has not")
        elif path not in derived:
            yield Finding(Invariant.REBUILT, url, "the log has it; it does not follow from members")
        elif derived[path] != kept[path]:
            sentence = f"the log has {kept[path]}, from the members follows {derived[path]}"
            yield Finding(Invariant.REBUILT, url, sentence)


def fold(stored: StoredStream, record: StreamRecord) -> dict[str, Node]:
    """The tree of a stream, made anew from (position, time) and the policies that held."""
    if not record.policies:
        return {}
    nodes: dict[str, Node] = {}
    waiting = [*record.policies]
    tree = TimeTree(Policy())
    for row in stored.rows(record.members):
        changed = False
        policy = Policy()
        while waiting and waiting[0].from_position <= row.position:
            first = waiting.pop(0)
            policy = Policy(first.leaf_members, first.bucket_leaves, first.sparse_month_members)
            changed = True
        if changed:
            nodes.update((node.path, node) for node in tree.take_changes())
            still_open = [node for node in nodes.values() if not node.sealed]
            tree = TimeTree(policy, still_open, tree.previous_members)
        tree.place(row.position, row.published_ms)
    tree.seal_until(record.last_ms)
    nodes.update((node.path, node) for node in tree.take_changes())
    return nodes


def check_heads(stored: StoredStream) -> Iterator[Finding]:
    """P4 and P12 in the log: every sealed page, put together again, has the digest it had."""
    pages = Pages(stored.reader, stored.hypermedia, PageCache(0))
    for path, node in stored.nodes().items():
        if not node.sealed:
            continue
        url = node_iri(stored.stream, path)
        for form in Form:
            head = stored.reader.sealed_head(stored.stream.name, path, form)
            if head is None:
                yield Finding(Invariant.SEALED, url, f"it is sealed without a {form.value} head")
                continue
            if not head.digest:
                # A leaf that is not archived yet: nothing to compare it with.
                continue
            body = pages.render(stored.stream, node, form).body
            if hashlib.sha256(body).digest() != head.digest:
                sentence = f"its {form.value} bytes are not those that were sealed"
                yield Finding(Invariant.SEALED, url, sentence)


def check_served(
    stored: StoredStream, before: StreamRecord, response: Response
) -> Iterator[Finding]:
    """P4 and P12: what came over HTTP is what the log gives, byte for byte.

    A sealed page always. An open one only if the stream still stands where it stood `before` the
    page was asked for: otherwise the page and the log may rightly tell of two moments.
    """
    url, form = response.url, _FORM_OF_MEDIA.get(response.media_type)
    path = url.removeprefix(stored.stream.view_iri).removeprefix("/")
    pages = Pages(stored.reader, stored.hypermedia, PageCache(0))
    node = pages.node(stored.stream, path)
    if form is None or node is None or node_iri(stored.stream, path) != url:
        yield Finding(Invariant.REBUILT, url, "the log has no such page")
        return
    if response.is_immutable and not node.sealed:
        yield Finding(Invariant.SEALED, url, "it is said to be immutable, the log has it open")
    if not response.is_immutable and stored.record() != before:
        return
    body = pages.render(stored.stream, node, form).body
    if body != response.body and (response.is_immutable or stored.record() == before):
        sentence = f"the {form.value} bytes that are served are not those that the log gives"
        yield Finding(Invariant.REBUILT, url, sentence)
