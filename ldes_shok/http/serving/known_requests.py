"""Answers pages without a framework: requests that equal one seen before, byte for byte.

Nothing is parsed here. The header lines are looked up among those that aiohttp has parsed in full;
their meaning is the same. The request line must be a GET or HEAD of a node of an open stream,
spelled as our own links spell it. Any other request goes to aiohttp, which gives the same answers
more slowly (tests/unit/http/serving/test_known_requests.py compares the bytes).

A page that is not in memory is built on another thread (`Making`): a reader that replicates asks
for each sealed page once, and aiohttp took 260 of the 640 µs that such a page cost. The log is
never read here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from aiohttp import HttpVersion11, web

from ldes_shok.errors import LogUnavailable
from ldes_shok.fragmentation.intervals import is_node_path
from ldes_shok.http.handlers.streams import VIEW, described_by
from ldes_shok.http.serving.answers import VARY, cache_control, coding_for, entity_tag, matches
from ldes_shok.http.serving.headers import ALWAYS, SERVER, listed
from ldes_shok.http.serving.page_builds import Building, Built
from ldes_shok.http.serving.read_services import ReadServices
from ldes_shok.ldes.form import Form
from ldes_shok.ldes.node import ROOT
from ldes_shok.ldes.stream import EventStream
from ldes_shok.observability import metric_table as table
from ldes_shok.observability.metrics import Metrics
from ldes_shok.representation.coding import Coded, Coding
from ldes_shok.representation.media import FORM_OF, Format, content_type, negotiate

_MAX_LINES: Final = 1_024
_MAX_LINES_BYTES: Final = 2_048
_MAX_TARGETS: Final = 4_096
_LINE: Final = re.compile(rb"(GET|HEAD) (/[!-~]{1,200}) HTTP/1\.1")
_UNUSUAL: Final = frozenset({
    "authorization", "content-length", "cookie", "expect", "if-match", "te", "trailer",
    "transfer-encoding", "upgrade",
})  # fmt: skip
"""A request with one of these is not remembered: aiohttp has more to do, or it holds a secret."""

_END: Final = "".join(f"{name}: {value}\r\n" for name, value in (("Server", SERVER), *ALWAYS))
_TAIL: Final = f"\r\n{_END}\r\n".encode()


Answer = tuple[bytes, ...]
"""The parts of a whole answer."""


@dataclass(frozen=True, slots=True)
class Making:
    """An answer whose page is being built.

    Attributes:
        building: the page; do not cancel it, other requests may wait for it.
        whole: returns the answer with that page.
    """

    building: Building
    whole: Callable[[Built], Answer]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The meaning of a request's header lines for a page."""

    format: Format
    label: str
    form: Form
    coding: Coding
    if_none_match: str | None


@dataclass(frozen=True, slots=True)
class _Target:
    """The node that a request line names."""

    stream: EventStream
    path: str
    head: bool
    counts: _Counts


class _Counts:
    """Counts the requests of one route."""

    def __init__(self, metrics: Metrics, route: str) -> None:
        self._metrics = metrics
        self._route = route
        self._by_status: dict[HTTPStatus, Callable[[], None]] = {}

    def add(self, status: HTTPStatus) -> None:
        count = self._by_status.get(status)
        if count is None:
            count = self._metrics.adding(table.REQUESTS, self._route, str(int(status)))
            self._by_status[status] = count
        count()


class Express:
    """Answers known requests, for one event loop.

    Attributes:
        date: the current value of the Date header; the owner of this object updates it.
    """

    def __init__(self, reading: ReadServices) -> None:
        self.date = b""
        self._reading = reading
        self._lines: dict[bytes, _Asked] = {}
        self._targets: dict[bytes, _Target] = {}
        self._heads: dict[tuple[str, bool, Format, Coding], tuple[bytes, bytes]] = {}
        prefix = urlsplit(reading.public_url).path
        self._streams = {
            f"{prefix}/{name}/{VIEW}": stream
            for name, stream in reading.streams.items()
            if reading.access.is_open(name)
        }
        root, below = f"{prefix}/{{stream}}/{{view}}", f"{prefix}/{{stream}}/{{view}}/{{path}}"
        self._root = _Counts(reading.metrics, root)
        self._below = _Counts(reading.metrics, below)

    def learn(self, lines: bytes, request: web.Request) -> None:
        """Remember the meaning of the header lines of a request.

        Args:
            lines: from the end of the request line to the empty line, as they were received.
            request: the request that aiohttp parsed from them.
        """
        if request.version != HttpVersion11 or not request.keep_alive or request.body_exists:
            return
        if len(lines) > _MAX_LINES_BYTES or any(n.lower() in _UNUSUAL for n in request.headers):
            return
        if (listed(request.headers, "Connection") or "keep-alive").lower() != "keep-alive":
            return
        format_ = negotiate(listed(request.headers, "Accept"))
        if format_ is Format.HTML:
            return
        if len(self._lines) >= _MAX_LINES:
            del self._lines[next(iter(self._lines))]
        self._lines[lines] = _Asked(
            format_,
            format_.value,
            FORM_OF[format_],
            coding_for(request),
            listed(request.headers, "If-None-Match"),
        )

    def answer(self, data: bytes) -> Answer | Making | None:
        """Return the answer to these bytes, or the page it waits for; None leaves it to aiohttp."""
        end = data.find(b"\r\n")
        asked = self._lines.get(data[end:])
        if asked is None:
            return None
        line = data[:end]
        target = self._targets.get(line) or self._target(line)
        if target is None:
            return None
        try:
            page = self._reading.pages.at_hand_or_begun(
                target.stream, target.path, asked.form, asked.coding
            )
        except LogUnavailable:
            return None
        if isinstance(page, Coded):
            return self._whole(target, asked, page)
        return Making(page, lambda built: self._whole(target, asked, built.coded))

    def _whole(self, target: _Target, asked: _Asked, coded: Coded) -> Answer:
        """Return the answer that aiohttp would give."""
        etag = entity_tag(coded, asked.label, asked.coding)
        before, after = self._head(target.stream, asked, sealed=coded.sealed)
        if asked.if_none_match is not None and matches(asked.if_none_match, etag):
            target.counts.add(HTTPStatus.NOT_MODIFIED)
            return (
                b"HTTP/1.1 304 Not Modified\r\nETag: %b%b\r\nDate: %b%b"
                % (etag.encode(), before, self.date, _TAIL),
            )
        target.counts.add(HTTPStatus.OK)
        head = b"HTTP/1.1 200 OK\r\nETag: %b%b%b%d\r\nDate: %b%b" % (
            etag.encode(), before, after, len(coded.body), self.date, _TAIL,
        )  # fmt: skip
        return (head,) if target.head else (head, coded.body)

    def _target(self, line: bytes) -> _Target | None:
        """Return the node of an open stream that a request line names, in its only spelling."""
        match = _LINE.fullmatch(line)
        if match is None:
            return None
        view, slash, path = _cut(match[2].decode())
        stream = self._streams.get(view)
        if stream is None or (slash and not is_node_path(path)):
            return None
        target = _Target(stream, path, match[1] == b"HEAD", self._below if slash else self._root)
        if len(self._targets) >= _MAX_TARGETS:
            del self._targets[next(iter(self._targets))]
        self._targets[line] = target
        return target

    def _head(self, stream: EventStream, asked: _Asked, *, sealed: bool) -> tuple[bytes, bytes]:
        """Return the header lines after the ETag of every answer, and those that a body adds."""
        key = (stream.name, sealed, asked.format, asked.coding)
        head = self._heads.get(key)
        if head is None:
            caching = cache_control(sealed=sealed, public=True)
            before = f"\r\nCache-Control: {caching}\r\nVary: {VARY}\r\nLink: {described_by(stream)}"
            after = f"\r\nContent-Type: {content_type(asked.format, profile=True)}"
            if asked.coding != "identity":
                after += f"\r\nContent-Encoding: {asked.coding}"
            head = (before.encode(), f"{after}\r\nContent-Length: ".encode())
            self._heads[key] = head
        return head


def _cut(target: str) -> tuple[str, bool, str]:
    """Cut a path after the view: `/kasten/by-time`, whether more follows, `2026/05`."""
    at = target.find(f"/{VIEW}/")
    if at < 0:
        return target, False, ROOT
    end = at + len(VIEW) + 1
    return target[:end], True, target[end + 1 :]
