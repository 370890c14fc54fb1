"""Handlers of event streams and their nodes."""

from __future__ import annotations

from aiohttp import web

from ldes_shok.fragmentation.intervals import is_node_path
from ldes_shok.http.access.admission import admit
from ldes_shok.http.handlers.node_pages import NodePages
from ldes_shok.http.serving.answers import (
    answer,
    cache_control,
    coding_for,
    document,
    requested_format,
)
from ldes_shok.http.serving.problems import not_found
from ldes_shok.http.serving.read_services import READING, ReadServices
from ldes_shok.ldes.node import ROOT
from ldes_shok.ldes.stream import EventStream
from ldes_shok.representation.media import FORM_OF, Format, content_type

VIEW = "by-time"
"""Name of the first view of every stream."""


class StreamHandlers:
    """Handlers of `/{stream}` and `/{stream}/{view}/...`."""

    def __init__(self, node_pages: NodePages) -> None:
        self._node_pages = node_pages

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Answer with the event stream's own document: its context and exactly one view."""
        reading = request.app[READING]
        stream = _stream(request, reading)
        if isinstance(stream, web.Response):
            return stream
        format_ = requested_format(request)
        if isinstance(format_, web.Response):
            return format_
        if format_ is Format.HTML:
            body = await reading.reads.run(self._node_pages.stream, stream)
        else:
            body = reading.hypermedia.stream_document(stream, FORM_OF[format_])
        return document(
            request,
            body,
            content_type=content_type(format_, profile=False),
            label=format_.value,
            caching=_caching(reading, stream, sealed=False),
        )

    async def node(self, request: web.Request) -> web.StreamResponse:
        """Answer with a node of a view."""
        reading = request.app[READING]
        stream = _stream(request, reading)
        if isinstance(stream, web.Response):
            return stream
        path = request.match_info.get("path", ROOT)
        if request.match_info["view"] != VIEW or not _is_plain(request, path):
            return not_found(request, f"no such node; the root is {stream.view_iri}")
        format_ = requested_format(request)
        if isinstance(format_, web.Response):
            return format_
        if format_ is Format.HTML:
            answered = await self._html(request, reading, stream, path)
        else:
            answered = await self._rdf(request, stream, path, format_)
        return answered or not_found(request, f"no such node; the root is {stream.view_iri}")

    async def _html(
        self, request: web.Request, reading: ReadServices, stream: EventStream, path: str
    ) -> web.Response | None:
        body = await reading.reads.run(self._node_pages.node, stream, path)
        if body is None:
            return None
        return document(
            request,
            body,
            content_type=content_type(Format.HTML, profile=False),
            label=Format.HTML.value,
            caching=_caching(reading, stream, sealed=False),
        )

    async def _rdf(
        self, request: web.Request, stream: EventStream, path: str, format_: Format
    ) -> web.Response | None:
        coding = coding_for(request)
        coded = await request.app[READING].pages.page(stream, path, FORM_OF[format_], coding)
        if coded is None:
            return None
        return answer(
            request,
            coded,
            coding=coding,
            content_type=content_type(format_, profile=True),
            label=format_.value,
            caching=_caching(request.app[READING], stream, sealed=coded.sealed),
            links=described_by(stream),
        )


def described_by(stream: EventStream) -> str:
    """The Link header of a node: the shape of its members."""
    return f'<{stream.shape_iri}>; rel="describedby"'


def _stream(request: web.Request, reading: ReadServices) -> EventStream | web.Response:
    """The stream that the URL names, if this request may read it."""
    stream = reading.streams.get(request.match_info["stream"])
    if stream is None:
        return not_found(request, "no such stream; the catalogue at / lists them")
    return admit(request, reading, stream.name) or stream


def _is_plain(request: web.Request, path: str) -> bool:
    """Whether the URL is the only one of its node: no percent-encoding, a path of the calendar."""
    if request.rel_url.raw_path != request.rel_url.path:
        return False
    return path == ROOT or is_node_path(path)


def _caching(reading: ReadServices, stream: EventStream, *, sealed: bool) -> str:
    return cache_control(sealed=sealed, public=reading.access.is_open(stream.name))
