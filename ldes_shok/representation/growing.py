"""Open leaves: pages that grow at their end and keep the parts that do not change.

It takes ten milliseconds to hash and compress a leaf of 250 members, and a leaf changes many times
a second while events arrive. Members never change and new ones only come after them. So the work
for earlier members is kept, and a new version costs only the work for its new members.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final, Protocol

from ldes_shok.errors import LogUnavailable
from ldes_shok.ldes.form import Form
from ldes_shok.ldes.node import Node
from ldes_shok.representation.coding import Coded, Coding, GrowingGzip, encode

TAG_CHARACTERS: Final = 32
"""How many hexadecimal characters of a body's SHA-256 identify it: 128 bits."""

_MAX_LEAVES: Final = 12
"""How many leaves are kept: three streams in their forms, and as many buckets that just ended."""


class Blocks(Protocol):
    """A source of members' texts; the log's readers are one."""

    def blocks(self, stream: str, first_position: int, count: int, form: Form) -> Sequence[bytes]:
        """Return the members' texts, ascending by position."""
        ...


@dataclass(frozen=True, slots=True)
class Grown:
    """An open leaf's page, and the number of its members."""

    coded: Coded
    members: int


class _Leaf:
    """One open leaf in one form. Every user of a leaf holds its `lock`."""

    def __init__(self, around: tuple[bytes, bytes], separator: bytes) -> None:
        prefix, self._suffix = around
        self._separator = separator
        self._parts = [prefix]
        self._digest = hashlib.sha256(prefix)
        self._gzip: GrowingGzip | None = None
        self.members = 0
        self.lock = Lock()

    def add(self, blocks: Sequence[bytes]) -> None:
        """Append the members that follow."""
        text = self._separator.join(blocks)
        if self.members:
            text = self._separator + text
        self.members += len(blocks)
        self._parts.append(text)
        self._digest.update(text)
        if self._gzip is not None:
            self._gzip.add(text)

    def coded(self, coding: Coding) -> Coded:
        digest = self._digest.copy()
        digest.update(self._suffix)
        return Coded(self._body(coding), digest.hexdigest()[:TAG_CHARACTERS], sealed=False)

    def _body(self, coding: Coding) -> bytes:
        if coding != "gzip":
            self._parts = [b"".join(self._parts)]
            return encode(self._parts[0] + self._suffix, coding)
        if self._gzip is None:
            self._gzip = GrowingGzip()
            self._gzip.add(b"".join(self._parts))
        return self._gzip.coded(self._suffix)


class GrowingLeaves:
    """The open leaves of recent requests. Safe for several threads."""

    def __init__(self, store: Blocks) -> None:
        self._store = store
        self._leaves: OrderedDict[tuple[str, str, Form], _Leaf] = OrderedDict()
        self._lock = Lock()

    def page(
        self,
        stream: str,
        node: Node,
        form: Form,
        coding: Coding,
        *,
        around: Callable[[], tuple[bytes, bytes]],
        separator: bytes,
    ) -> Grown:
        """Return the page of an open leaf, with at least the members of `node`.

        `around` returns the bytes before and after the members, equal for all versions. `separator`
        stands between members.

        Raises:
            LogUnavailable: members are missing.
        """
        key = (stream, node.path, form)
        with self._lock:
            leaf = self._leaves.get(key)
            if leaf is None:
                leaf = self._leaves[key] = _Leaf(around(), separator)
                if len(self._leaves) > _MAX_LEAVES:
                    self._leaves.popitem(last=False)
            self._leaves.move_to_end(key)
        with leaf.lock:
            self._follow(leaf, stream, node, form)
            return Grown(leaf.coded(coding), leaf.members)

    def _follow(self, leaf: _Leaf, stream: str, node: Node, form: Form) -> None:
        missing = node.members - leaf.members
        if missing > 0:
            first = node.first_position + leaf.members
            blocks = self._store.blocks(stream, first, missing, form)
            if len(blocks) != missing:
                raise LogUnavailable(f"{stream}: members from {first} on are missing: run fsck")
            leaf.add(blocks)
