"""Builds the HTML pages of streams and nodes from the log."""

from __future__ import annotations

from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.ldes.node import ROOT, Node, NodeKind
from ldes_shok.ldes.stream import Access, EventStream
from ldes_shok.log.base import LogReader
from ldes_shok.log.records import MemberRow
from ldes_shok.representation.html.pages import (
    ChildRow,
    FormatLink,
    Link,
    MemberSummary,
    NodePage,
    StreamPage,
)
from ldes_shok.representation.html.renderer import HtmlRenderer
from ldes_shok.representation.html.titles import breadcrumb, segment_label
from ldes_shok.representation.hypermedia import node_iri
from ldes_shok.representation.media import MEDIA_TYPES, Format
from ldes_shok.representation.nodes import find_node

_LATEST = 20
_FORMAT_LABELS = {
    Format.TURTLE: "Turtle",
    Format.TRIG: "TriG",
    Format.NTRIPLES: "N-Triples",
    Format.NQUADS: "N-Quads",
    Format.JSONLD: "JSON-LD",
}


def format_links(url: str) -> tuple[FormatLink, ...]:
    """The links to the RDF formats of a document."""
    return tuple(
        FormatLink(label, f"{url}?format={format_.value}", MEDIA_TYPES[format_])
        for format_, label in _FORMAT_LABELS.items()
    )


class NodePages:
    """Fills and renders the pages of streams and nodes; on a thread that may read the log."""

    def __init__(self, public_url: str, reader: LogReader, renderer: HtmlRenderer) -> None:
        self._public_url = public_url
        self._reader = reader
        self._renderer = renderer

    def stream(self, stream: EventStream) -> bytes:
        """The page of an event stream."""
        record = self._reader.stream(stream.name)
        first = FIRST_POSITION + max(record.members - _LATEST, 0)
        latest = self._reader.rows(stream.name, first, _LATEST)
        page = StreamPage(
            title=stream.title_nl,
            description=stream.description_nl,
            name=stream.name,
            url=stream.iri,
            root_url=stream.view_iri,
            shape_url=stream.shape_iri,
            context_url=f"{self._public_url}/context.jsonld",
            open_access=stream.access is Access.OPEN,
            members=record.members,
            last_published_ms=latest[-1].published_ms if latest else None,
            polling_interval_seconds=stream.polling_interval_seconds,
            versions_have_own_time=bool(stream.versioned_by),
            formats=format_links(stream.iri),
            breadcrumb=(self._home(), Link(stream.title_nl, stream.iri)),
            latest=tuple(_member_row(row) for row in reversed(latest)),
        )
        return self._renderer.render_stream(page)

    def node(self, stream: EventStream, path: str) -> bytes | None:
        """The page of the node at `path`; None if there is no such node."""
        node = find_node(self._reader, stream, path)
        if node is None:
            return None
        url = node_iri(stream, node.path)
        earlier, later = self._neighbours(stream, node)
        view = Link("alles in de tijd", stream.view_iri)
        page = NodePage(
            stream_title=stream.title_nl,
            stream_description=stream.description_nl,
            stream_name=stream.name,
            stream_url=stream.iri,
            path=node.path,
            canonical_url=url,
            breadcrumb=breadcrumb(self._home(), Link(stream.title_nl, stream.iri), view, node.path),
            sealed=node.sealed,
            lower_ms=node.lower_ms,
            upper_ms=node.upper_ms,
            members_below=node.members,
            children=self._children(stream, node),
            members=self._members(stream, node),
            formats=format_links(url),
            polling_interval_seconds=stream.polling_interval_seconds,
            earlier_url=earlier,
            later_url=later,
            up_url=None if node.parent is None else node_iri(stream, node.parent),
            open_access=stream.access is Access.OPEN,
        )
        return self._renderer.render_node(page)

    def _home(self) -> Link:
        return Link("Catalogus", f"{self._public_url}/")

    def _children(self, stream: EventStream, node: Node) -> tuple[ChildRow, ...]:
        if node.kind is NodeKind.LEAF:
            return ()
        return tuple(
            ChildRow(
                label=segment_label(child.path),
                url=node_iri(stream, child.path),
                lower_ms=child.lower_ms,
                upper_ms=child.upper_ms,
                members=child.members,
                sealed=child.sealed,
            )
            for child in self._reader.children(stream.name, node.path)
            if child.upper_ms is not None
        )

    def _members(self, stream: EventStream, node: Node) -> tuple[MemberSummary, ...]:
        if node.kind is NodeKind.INTERIOR:
            return ()
        rows = self._reader.rows(stream.name, node.first_position, node.members)
        return tuple(_member_row(row) for row in rows)

    def _neighbours(self, stream: EventStream, node: Node) -> tuple[str | None, str | None]:
        """The URLs of the siblings before and after a node, for people who page through time."""
        if node.path == ROOT or node.parent is None:
            return None, None
        siblings = [child.path for child in self._reader.children(stream.name, node.parent)]
        index = siblings.index(node.path) if node.path in siblings else 0
        earlier = node_iri(stream, siblings[index - 1]) if index > 0 else None
        later = node_iri(stream, siblings[index + 1]) if index + 1 < len(siblings) else None
        return earlier, later


def _member_row(row: MemberRow) -> MemberSummary:
    return MemberSummary(row.iri, row.iri, row.summary, row.published_ms, row.position)
