"""A cheap look at what a service added: between two calls of the whole oracle, after each fault."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from ldes_shok.fsck import StoredStream
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.ldes.stream import EventStream
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.representation.hypermedia import node_iri
from tests.support.oracle import described, fetch, stored_stream
from tests.support.service import STREAMS


class Tail:
    """One service's log and pages, looked at piece by piece.

    Attributes:
        iris: the members seen until now, each once, in no order.
    """

    def __init__(self, url: str, log_path: Path) -> None:
        self.iris: set[str] = set()
        self._url = url
        self._log_path = log_path
        self._members = dict.fromkeys(STREAMS, 0)
        self._last_ms = dict.fromkeys(STREAMS, 0)
        self._streams: dict[str, EventStream] = {}

    def check(self, acknowledged: Collection[str] = ()) -> None:
        """Judge what is new: P1 to P3 in the log, and the newest page as it is served.

        Raises:
            AssertionError: a member is missing, there twice, out of order, or not on its page.
        """
        reader = SqliteLogReader(self._log_path, self._url)
        try:
            for name in STREAMS:
                stored = stored_stream(reader, self._url, self._stream(name))
                self._check_rows(stored)
                self._check_newest_page(stored)
        finally:
            reader.close()
        missing = [iri for iri in acknowledged if iri not in self.iris]
        assert not missing, f"acknowledged and lost: {missing[:3]}"

    def _stream(self, name: str) -> EventStream:
        if name not in self._streams:
            self._streams[name] = described(self._url, name)
        return self._streams[name]

    def _check_rows(self, stored: StoredStream) -> None:
        name = stored.stream.name
        known, record = self._members[name], stored.record()
        assert record.members >= known, f"{name}: members are gone"
        rows = stored.reader.rows(name, FIRST_POSITION + known, record.members - known)
        expected = list(range(FIRST_POSITION + known, FIRST_POSITION + record.members))
        assert [row.position for row in rows] == expected, f"{name}: a gap"
        for row in rows:
            assert row.published_ms >= self._last_ms[name], f"{row.iri} goes back in time"
            assert row.iri not in self.iris, f"{row.iri} is there twice"
            self._last_ms[name] = row.published_ms
            self.iris.add(row.iri)
        self._members[name] = record.members

    def _check_newest_page(self, stored: StoredStream) -> None:
        leaf = _newest_leaf(stored)
        if leaf is None:
            return
        page = fetch(node_iri(stored.stream, leaf.path), "application/n-quads")
        assert page.status == 200, f"{page.url}: {page.status}"
        (newest,) = stored.reader.rows(
            stored.stream.name, leaf.first_position + leaf.members - 1, 1
        )
        assert f"<{newest.iri}>".encode() in page.body, f"{newest.iri} is not on {page.url}"


def _newest_leaf(stored: StoredStream) -> Node | None:
    children = stored.reader.children(stored.stream.name, "")
    while children and children[-1].kind is not NodeKind.LEAF:
        children = stored.reader.children(stored.stream.name, children[-1].path)
    return children[-1] if children else None
