"""A stream in the log: its content at one moment, and a comparison with the served pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ldes_shok.client.fetching import Response
from ldes_shok.fsck.finding import Finding, Invariant
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.ldes.node import ROOT, Node
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.log.records import MemberRow, StreamRecord
from ldes_shok.representation.hypermedia import HypermediaWriter, node_iri
from ldes_shok.representation.media import FORM_OF, MEDIA_TYPES
from ldes_shok.representation.pages import PageCache, Pages

_ROWS_AT_ONCE = 2_000
_TRIES = 1_000
_FORM_OF_MEDIA = {MEDIA_TYPES[format_]: form for format_, form in FORM_OF.items()}


@dataclass(frozen=True, slots=True)
class Moment:
    """A stream between two commits, while a service may write it.

    Sealed nodes do not change. So only the rest must be read in one moment.

    Attributes:
        record: the state of the stream.
        open_nodes: the nodes that were not sealed, by path.
    """

    record: StreamRecord
    open_nodes: dict[str, Node]

    @property
    def end_position(self) -> int:
        """The position that the next member would get."""
        return FIRST_POSITION + self.record.members


@dataclass(frozen=True, slots=True)
class StoredStream:
    """A stream in the log.

    Attributes:
        reader: the log.
        stream: the name of the stream.
        hypermedia: writes the pages that are still open.
    """

    reader: LogReader
    stream: EventStream
    hypermedia: HypermediaWriter

    def record(self) -> StreamRecord:
        """The present record of the stream."""
        return self.reader.stream(self.stream.name)

    def moment(self) -> Moment:
        """The stream between two commits."""
        record, nodes = self.record(), self._open_path()
        for _ in range(_TRIES):
            again = self.record()
            if again == record:
                break
            record, nodes = again, self._open_path()
        return Moment(record, nodes)

    def rows(self, count: int) -> Iterator[MemberRow]:
        """The first `count` members, ascending."""
        for rows in self.ranges(count):
            yield from rows

    def ranges(self, count: int) -> Iterator[list[MemberRow]]:
        """The first `count` members, ascending, a few thousand at a time."""
        for start in range(0, count, _ROWS_AT_ONCE):
            size = min(_ROWS_AT_ONCE, count - start)
            yield list(self.reader.rows(self.stream.name, FIRST_POSITION + start, size))

    def walk(self) -> Iterator[Node]:
        """Every node that is connected to the root; a parent comes before its children."""
        root = self.reader.node(self.stream.name, ROOT)
        waiting = [root] if root is not None else []
        while waiting:
            node = waiting.pop()
            yield node
            # A node has one parent, so a second visit is possible only with a damaged root.
            children = self.reader.children(self.stream.name, node.path)
            waiting += (child for child in reversed(children) if child.path != ROOT)

    def nodes(self) -> dict[str, Node]:
        """Every node that is connected to the root, by path."""
        return {node.path: node for node in self.walk()}

    def _open_path(self) -> dict[str, Node]:
        """The nodes that are not sealed; they form one path from the root down."""
        found: dict[str, Node] = {}
        waiting = [self.reader.node(self.stream.name, ROOT)]
        while waiting:
            node = waiting.pop()
            if node is not None and not node.sealed and node.path not in found:
                found[node.path] = node
                waiting += self.reader.children(self.stream.name, node.path)
        return found


def check_served(
    stored: StoredStream, before: StreamRecord, response: Response
) -> Iterator[Finding]:
    """Check P4 and P12: an answer over HTTP equals the page from the log, byte for byte.

    A sealed page must always be equal. An open page must be equal only if the stream is still at
    the record `before` the request: otherwise the page and the log may rightly differ.
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
