"""Nodes as bytes, from the log: hypermedia and the stored texts of members, joined.

No RDF library runs here and nothing is parsed. The log holds the head of a sealed node and, after
archiving, its whole page. An open node is assembled again whenever it changed, so it is always
current.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from ldes_shok.ldes.member import Form
from ldes_shok.ldes.node import Node, NodeKind, Relation
from ldes_shok.ldes.stream import EventStream
from ldes_shok.representation.coding import Coded, Coding, decode_gzip, encode
from ldes_shok.representation.growing import TAG_CHARACTERS, Blocks, GrowingLeaves
from ldes_shok.representation.hypermedia import HypermediaWriter, NodeHypermedia, relations_of
from ldes_shok.representation.nodes import NodeSource, find_node


class Head(Protocol):
    """The stored hypermedia of a sealed node."""

    @property
    def prefix(self) -> bytes:
        """The bytes before the member blocks."""
        ...

    @property
    def suffix(self) -> bytes:
        """The bytes after the member blocks."""
        ...

    @property
    def digest(self) -> bytes:
        """SHA-256 of the whole page; empty for a leaf that is not archived yet."""
        ...


class NodeStore(NodeSource, Blocks, Protocol):
    """A source of what pages need; the log's readers are one."""

    def children(self, stream: str, path: str) -> Sequence[Node]:
        """Return the nodes below a node, in the order of time."""
        ...

    def sealed_head(self, stream: str, path: str, form: Form) -> Head | None:
        """Return the stored hypermedia of a sealed node."""
        ...

    def archived_page(self, stream: str, path: str, form: Form) -> bytes | None:
        """Return the whole page of a sealed leaf, coded with gzip; None before it is archived."""
        ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page's body in one form, before content coding.

    `tag` identifies exactly these bytes; `sealed` means that they never change again.
    """

    body: bytes
    tag: str
    sealed: bool


Key = tuple[str, str, Form, Coding]


class PageCache:
    """A bounded store of coded bodies, least recently used out first. Safe for several threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[Key, tuple[str, Coded]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, version: str) -> Coded | None:
        """Return the body under `key` if it has this version."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry[0] != version:
                return None
            self._entries.move_to_end(key)
            return entry[1]

    def latest(self, key: Key) -> Coded | None:
        """Return the body under `key`, of any version."""
        with self._lock:
            entry = self._entries.get(key)
            return None if entry is None else entry[1]

    def put(self, key: Key, version: str, coded: Coded) -> None:
        """Keep `coded`, in place of the body under `key`."""
        with self._lock:
            old = self._entries.pop(key, None)
            if old is not None:
                self._bytes -= len(old[1].body)
            self._entries[key] = (version, coded)
            self._bytes += len(coded.body)
            while self._bytes > self._max_bytes and len(self._entries) > 1:
                _, (_, dropped) = self._entries.popitem(last=False)
                self._bytes -= len(dropped.body)


class Pages:
    """Assembles the nodes of all streams. Safe for several threads."""

    def __init__(self, store: NodeStore, hypermedia: HypermediaWriter, cache: PageCache) -> None:
        self._store = store
        self._hypermedia = hypermedia
        self._cache = cache
        self._growing = GrowingLeaves(store)

    def node(self, stream: EventStream, path: str) -> Node | None:
        """Return the node at `path` as the log has it now; the root exists from the start."""
        return find_node(self._store, stream, path)

    def version(self, node: Node) -> str:
        """Return a text that changes whenever the node's bytes may change; no body is built."""
        return _version(node, node.members)

    def at_hand(self, stream: EventStream, node: Node, form: Form, coding: Coding) -> Coded | None:
        """Return the coded body if it is in memory: no read of the log, no wait."""
        return self._cache.get((stream.name, node.path, form, coding), self.version(node))

    def build(self, stream: EventStream, node: Node, form: Form, coding: Coding) -> Coded:
        """Assemble the body, code it and keep it."""
        key = (stream.name, node.path, form, coding)
        if _is_growing(node):
            page = NodeHypermedia(stream, node.path, sealed=False)
            grown = self._growing.page(
                stream.name,
                node,
                form,
                coding,
                around=lambda: self._hypermedia.around(page, form),
                separator=self._hypermedia.separator(form),
            )
            self._cache.put(key, _version(node, grown.members), grown.coded)
            return grown.coded
        coded = self._archived(stream, node, form, coding)
        if coded is None:
            rendered = self.render(stream, node, form)
            coded = self._cache.latest(key)
            # An interior node counts the members below it, but its page mostly stays equal.
            if coded is None or (coded.tag, coded.sealed) != (rendered.tag, rendered.sealed):
                coded = Coded(encode(rendered.body, coding), rendered.tag, rendered.sealed)
        self._cache.put(key, self.version(node), coded)
        return coded

    def render(self, stream: EventStream, node: Node, form: Form) -> Rendered:
        """Assemble the body of a node in one form."""
        prefix, suffix = self._around(stream, node, form)
        blocks = b""
        if node.kind is NodeKind.LEAF:
            texts = self._store.blocks(stream.name, node.first_position, node.members, form)
            blocks = self._hypermedia.separator(form).join(texts)
        body = prefix + blocks + suffix
        return Rendered(body, _tag(hashlib.sha256(body).digest()), node.sealed)

    def _archived(
        self, stream: EventStream, node: Node, form: Form, coding: Coding
    ) -> Coded | None:
        """Return the page of a sealed leaf from the log's archive; nothing is assembled."""
        if not node.sealed or node.kind is not NodeKind.LEAF:
            return None
        page = self._store.archived_page(stream.name, node.path, form)
        head = self._store.sealed_head(stream.name, node.path, form)
        if page is None or head is None or not head.digest:
            return None
        body = page if coding == "gzip" else encode(decode_gzip(page), coding)
        return Coded(body, _tag(head.digest), sealed=True)

    def _around(self, stream: EventStream, node: Node, form: Form) -> tuple[bytes, bytes]:
        if node.sealed:
            head = self._store.sealed_head(stream.name, node.path, form)
            if head is not None:
                return head.prefix, head.suffix
        relations: tuple[Relation, ...] = ()
        if node.kind is NodeKind.INTERIOR:
            relations = relations_of(self._store.children(stream.name, node.path))
        page = NodeHypermedia(stream, node.path, sealed=node.sealed, relations=relations)
        return self._hypermedia.around(page, form)


def _is_growing(node: Node) -> bool:
    return node.kind is NodeKind.LEAF and not node.sealed


def _version(node: Node, members: int) -> str:
    return f"{members}.{node.leaves}.{int(node.sealed)}"


def _tag(digest: bytes) -> str:
    return digest.hex()[:TAG_CHARACTERS]
