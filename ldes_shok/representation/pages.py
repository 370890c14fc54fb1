"""Nodes as bytes, from the log: hypermedia plus the members' stored texts, joined.

No RDF library runs here and nothing is parsed. A sealed node's head was stored when it was
sealed; an open node is assembled anew whenever it changed, so it is always current.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final, Protocol

import brotli

from ldes_shok.ldes.member import Form
from ldes_shok.ldes.node import ROOT, Node, NodeKind, Relation
from ldes_shok.ldes.stream import EventStream
from ldes_shok.representation.hypermedia import HypermediaWriter, Page, relations_of

_GZIP_LEVEL: Final = 6
_BROTLI_QUALITY: Final = 5
"""At 5 brotli takes as long as gzip 6 and is a fifth smaller; at 11 it takes 250 times as long."""


class Around(Protocol):
    """The stored hypermedia of a sealed node."""

    @property
    def prefix(self) -> bytes:
        """What stands before the member blocks."""
        ...

    @property
    def suffix(self) -> bytes:
        """What stands behind them."""
        ...


class NodeStore(Protocol):
    """What pages are made of; the log's readers are one."""

    def node(self, stream: str, path: str) -> Node | None:
        """One node of the first view."""
        ...

    def children(self, stream: str, path: str) -> Sequence[Node]:
        """The nodes below one, in the order of their time."""
        ...

    def sealed_head(self, stream: str, path: str, form: Form) -> Around | None:
        """The stored hypermedia of a sealed node."""
        ...

    def blocks(self, stream: str, first_position: int, count: int, form: Form) -> Sequence[bytes]:
        """The members' texts, ascending by position."""
        ...


@dataclass(frozen=True, slots=True)
class Rendered:
    """A page's body in one form, before content coding.

    `tag` identifies exactly these bytes; `sealed` that they never change again.
    """

    body: bytes
    tag: str
    sealed: bool


class PageCache:
    """A bounded store of coded bodies, oldest use out first. Safe for several threads."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[tuple[str, ...], tuple[str, bytes]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: tuple[str, ...], version: str) -> bytes | None:
        """The body under `key`, if it is of this version."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry[0] != version:
                return None
            self._entries.move_to_end(key)
            return entry[1]

    def put(self, key: tuple[str, ...], version: str, body: bytes) -> None:
        """Keep `body`; what was under `key` is gone."""
        with self._lock:
            old = self._entries.pop(key, None)
            if old is not None:
                self._bytes -= len(old[1])
            self._entries[key] = (version, body)
            self._bytes += len(body)
            while self._bytes > self._max_bytes and len(self._entries) > 1:
                _, (_, dropped) = self._entries.popitem(last=False)
                self._bytes -= len(dropped)


class Pages:
    """Assembles the nodes of all streams."""

    def __init__(self, store: NodeStore, hypermedia: HypermediaWriter, cache: PageCache) -> None:
        self._store = store
        self._hypermedia = hypermedia
        self._cache = cache

    def node(self, stream: EventStream, path: str) -> Node | None:
        """The node at `path` as the log has it now; the root exists from the start."""
        node = self._store.node(stream.name, path)
        if node is None and path == ROOT:
            return Node(
                ROOT, None, NodeKind.INTERIOR, 0, None, 0, 0, 0, 0, split=True, sealed=False
            )
        return node

    def version(self, node: Node) -> str:
        """Changes whenever the node's bytes may have: cheap, no body is made."""
        return f"{node.members}.{node.leaves}.{int(node.sealed)}"

    def cached(self, stream: EventStream, node: Node, form: Form, coding: str) -> Coded | None:
        """The coded body, if it is at hand."""
        version = self.version(node)
        key = (stream.name, node.path, form.value, coding)
        tag = self._cache.get((*key[:3], "tag"), version)
        body = self._cache.get(key, version) if tag else None
        if tag is None or body is None:
            return None
        return Coded(body, tag.decode(), node.sealed)

    def build(self, stream: EventStream, node: Node, form: Form, coding: str) -> Coded:
        """Assemble and code the body, and keep it."""
        version = self.version(node)
        key = (stream.name, node.path, form.value, coding)
        rendered = self.render(stream, node, form)
        body = encode(rendered.body, coding)
        self._cache.put((*key[:3], "tag"), version, rendered.tag.encode())
        self._cache.put(key, version, body)
        return Coded(body, rendered.tag, node.sealed)

    def render(self, stream: EventStream, node: Node, form: Form) -> Rendered:
        """The body of a node in one form."""
        prefix, suffix = self._around(stream, node, form)
        blocks = b""
        if node.kind is NodeKind.LEAF:
            texts = self._store.blocks(stream.name, node.first_position, node.members, form)
            blocks = self._hypermedia.separator(form).join(texts)
        body = prefix + blocks + suffix
        return Rendered(body, hashlib.sha256(body).hexdigest()[:32], node.sealed)

    def _around(self, stream: EventStream, node: Node, form: Form) -> tuple[bytes, bytes]:
        if node.sealed:
            head = self._store.sealed_head(stream.name, node.path, form)
            if head is not None:
                return head.prefix, head.suffix
        relations: tuple[Relation, ...] = ()
        if node.kind is NodeKind.INTERIOR:
            relations = relations_of(self._store.children(stream.name, node.path))
        page = Page(stream, node.path, sealed=node.sealed, relations=relations)
        return self._hypermedia.around(page, form)


@dataclass(frozen=True, slots=True)
class Coded:
    """A body as it goes over the wire."""

    body: bytes
    tag: str
    sealed: bool


def encode(body: bytes, coding: str) -> bytes:
    """`body` in a content coding; gzip without a time, so that equal bodies stay equal."""
    match coding:
        case "gzip":
            return gzip.compress(body, _GZIP_LEVEL, mtime=0)
        case "br":
            return bytes(brotli.compress(body, quality=_BROTLI_QUALITY))
        case _:
            return body
