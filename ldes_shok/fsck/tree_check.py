"""P12 in the log: its nodes are those that follow from its members and its policies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ldes_shok.fsck.derive import Derivation
from ldes_shok.fsck.finding import Finding, Invariant
from ldes_shok.fsck.stored import Moment, StoredStream
from ldes_shok.ldes.node import Node
from ldes_shok.log.records import MemberRow
from ldes_shok.representation.hypermedia import node_iri

_TOO_MANY = "the log has it; it does not follow from members"


class TreeCheck:
    """Takes the members in order and compares node by node, so it never holds a whole tree."""

    def __init__(self, stored: StoredStream, moment: Moment) -> None:
        self._stored = stored
        self._moment = moment
        self._derivation = Derivation(moment.record.policies)
        self._derived = _Paths()
        self._impossible = ""

    def take(self, row: MemberRow) -> None:
        """Add the next member."""
        if not self._impossible:
            try:
                self._derivation.place(row.position, row.published_ms)
            except ValueError as error:
                self._impossible = str(error)

    def compare_sealed(self) -> Iterator[Finding]:
        """Compare the nodes that were sealed since the last call."""
        for node in self._derivation.take_sealed():
            self._derived.add(node.path)
            kept = self._stored.reader.node(self._stored.stream.name, node.path)
            yield from self._compare(node, kept)

    def end(self) -> Iterator[Finding]:
        """Compare the nodes that stay open, and look for surplus nodes."""
        record = self._moment.record
        if self._impossible:
            sentence = f"no tree follows from the members in the log: {self._impossible}"
            yield Finding(Invariant.REBUILT, self._stored.stream.view_iri, sentence)
            return
        still_open = self._derivation.end(record.last_ms)
        yield from self.compare_sealed()
        for node in still_open:
            self._derived.add(node.path)
            yield from self._compare(node, self._moment.open_nodes.get(node.path))
        kept = _Paths()
        for node in self._nodes():
            kept.add(node.path)
        if kept != self._derived:
            yield from self._too_many()

    def _nodes(self) -> Iterator[Node]:
        """The nodes that the log had at the moment of the check."""
        return (n for n in self._stored.walk() if n.first_position < self._moment.end_position)

    def _compare(self, node: Node, kept: Node | None) -> Iterator[Finding]:
        if kept == node:
            return
        url = node_iri(self._stored.stream, node.path)
        if kept is None:
            sentence = "it follows from the members; the log has not"
        else:
            sentence = f"the log has {kept}, from the members follows {node}"
        yield Finding(Invariant.REBUILT, url, sentence)

    def _too_many(self) -> Iterator[Finding]:
        """Find the surplus nodes: derive the tree again to have every path at once."""
        record = self._moment.record
        derivation = Derivation(record.policies)
        for row in self._stored.rows(record.members):
            derivation.place(row.position, row.published_ms)
        paths = {node.path for node in derivation.end(record.last_ms)}
        paths |= {node.path for node in derivation.take_sealed()}
        for node in self._nodes():
            if node.path not in paths:
                yield Finding(
                    Invariant.REBUILT, node_iri(self._stored.stream, node.path), _TOO_MANY
                )


class _Paths:
    """A set of paths as two numbers, which only supports comparison with another set."""

    def __init__(self) -> None:
        self._count = 0
        self._sum = 0

    def add(self, path: str) -> None:
        digest = hashlib.blake2b(path.encode(), digest_size=16).digest()
        self._count += 1
        self._sum ^= int.from_bytes(digest)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Paths):
            return NotImplemented
        return (self._count, self._sum) == (other._count, other._sum)

    __hash__ = None  # type: ignore[assignment]  # it changes
