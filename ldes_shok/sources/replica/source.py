"""Follows a view of another stream: every page once, those that may change again and again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

import msgspec
import structlog
from yarl import URL

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.clock import Clock
from ldes_shok.errors import (
    LogUnavailable,
    Overloaded,
    PositionRefused,
    ShuttingDown,
    SourceError,
    ValidationUnavailable,
)
from ldes_shok.rdf.lines import Quad
from ldes_shok.sources.backoff import Backoff
from ldes_shok.sources.base import Sink, Source, SourceStatus
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Decoding, Recall
from ldes_shok.sources.progress import STUCK_AFTER_FAILURES, Progress
from ldes_shok.sources.reference import followed
from ldes_shok.sources.replica.decoder import (
    Bookmark,
    bookmark_of,
    grouped,
    member_attributes,
    page_subject,
)
from ldes_shok.sources.replica.page import Page, read_page

_RETRY: Final = Backoff(base_seconds=1, most_seconds=60)
_MAX_PAGES: Final = 200_000
_HASH_BYTES: Final = 8
_DEFAULT_SECONDS: Final = 60.0
_LEAST_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said of a page.

    Attributes:
        url: where it was found in the end.
        status: of HTTP.
        media_type: of the body, without parameters.
        etag: to ask again with; empty without one.
        immutable: whether Cache-Control says that it never changes.
        max_age_seconds: from Cache-Control; None if it does not say.
        body: without content coding.
    """

    url: str
    status: int
    media_type: str
    etag: str
    immutable: bool
    max_age_seconds: float | None
    body: bytes


Fetch = Callable[[str, str], Awaitable[Answer]]
"""Gets a page: its URL, and the ETag of what is known of it or nothing. Raises OSError."""

Parse = Callable[[bytes, str, str], Awaitable[Sequence[Quad]]]
"""Reads a body of a media type, found at a URL. Raises ValueError."""


@dataclass(frozen=True, slots=True)
class ReplicaSettings:
    """What is followed.

    Attributes:
        name, tenant: of the source.
        url: of a stream, or of the root of a view.
        every_seconds: from the end of a round to the next; None: what the root's Cache-Control
            says.
        max_batch_events: how many members are handed over at once; a hundred take the event loop
            about 20 ms.
    """

    name: str
    tenant: str
    url: str
    every_seconds: float | None = None
    max_batch_events: int = 100


@dataclass(frozen=True, slots=True)
class ReplicaTools:
    """What a replica works with.

    Attributes:
        sink: takes the events.
        decoding: reads members and bookmarks.
        recall: what the log remembers.
        clock: stamps the moment of receipt.
        fetch, parse: get pages and read them.
        close: let go of what `fetch` holds.
        rng: spreads the retries.
        stuck_after: so many failures in a row at one page make it stuck.
        sleep: how to wait; a test passes its own.
    """

    sink: Sink
    decoding: Decoding
    recall: Recall
    clock: Clock
    fetch: Fetch
    parse: Parse
    close: Callable[[], None] = lambda: None
    rng: Random = field(default_factory=Random)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    stuck_after: int = STUCK_AFTER_FAILURES


@dataclass(frozen=True, slots=True)
class _Open:
    """A page that may change, as it was."""

    etag: str
    links: tuple[str, ...]


class ReplicaSource(Source):
    """Replicates a view, and goes on where it was after a stop or a crash.

    A page's bookmark is stored with the page's events. An immutable page is fetched once; a page
    that may change is asked for with its ETag, and only members that were not there before are
    handed over. Relations of all types are followed, to pages of the same server only, in the
    order of their lower bounds. A page that is gone (410) is an empty page.
    """

    def __init__(self, settings: ReplicaSettings, tools: ReplicaTools) -> None:
        self._settings = settings
        self._tools = tools
        self._source = Origin("ldes", settings.tenant, settings.name).source
        self._root = ""
        self._at = settings.url
        self._closed: dict[str, tuple[str, ...]] = {}
        self._open: dict[str, _Open] = {}
        self._seconds: float | None = None
        self._log = structlog.get_logger("ldes_shok.sources").bind(source=settings.name)
        self._progress = Progress(settings.name, self._log, tools.stuck_after)

    @property
    def status(self) -> SourceStatus:
        """What it is doing now."""
        return self._progress.status

    def failed(self, error: Exception) -> bool:
        """A defect of ours: it is started again, where the bookmarks say."""
        return self._progress.crashed(error)

    async def run(self) -> None:
        """Follow until cancelled or until the sink shuts down."""
        attempt = 0
        try:
            while True:
                try:
                    await self.round()
                except (
                    OSError,
                    SourceError,
                    Overloaded,
                    LogUnavailable,
                    ValidationUnavailable,
                ) as error:
                    self._progress.lost(str(error), self._at)
                    wait_seconds = _RETRY.wait_seconds(attempt, self._tools.rng)
                    attempt += 1
                else:
                    attempt = 0
                    self._progress.connected()
                    self._progress.done()
                    wait_seconds = self._wait_seconds()
                await self._tools.sleep(wait_seconds)
        except ShuttingDown:
            # Nothing was taken: the page comes again.
            pass
        finally:
            self.close()
            self._progress.stopped()

    def close(self) -> None:
        """Let go of the server."""
        self._tools.close()

    async def round(self) -> None:
        """Once from the root to every page that may have something new.

        Raises:
            OSError, SourceError: a page did not come, or cannot be read; what came before is kept.
            Overloaded, ShuttingDown, LogUnavailable: the events of a page were not kept.
        """
        if not self._root:
            self._root = await self._find_root()
        waiting, visited = [self._root], {self._root}
        while waiting:
            url = waiting.pop()
            links = await self._visit(url)
            fresh = [link for link in links if link not in visited]
            visited.update(fresh)
            if len(visited) > _MAX_PAGES:
                raise SourceError(f"{self._root} leads to more than {_MAX_PAGES} pages")
            waiting.extend(reversed(fresh))

    async def _find_root(self) -> str:
        url = self._settings.url
        page, _ = await self._page(url, "")
        if page is None:
            raise SourceError(f"{url}: there is no page here")
        if page.links or page.members or not page.views:
            return url
        self._check_server(page.views[0])
        return page.views[0]

    async def _visit(self, url: str) -> tuple[str, ...]:
        """Take what is new on a page; returns where it leads."""
        if url in self._closed:
            return self._closed[url]
        self._at = url
        memory = self._tools.recall(self._source, page_subject(url))
        bookmark = bookmark_of(memory)
        if bookmark.immutable and self._may_follow(bookmark.links):
            self._closed[url] = bookmark.links
            return bookmark.links
        before = self._open.get(url)
        page, etag = await self._page(url, before.etag if before else "")
        if page is None:
            return before.links if before else ()
        for link in page.links:
            self._check_server(link)
        await self._take(url, page, bookmark)
        if page.immutable:
            self._closed[url] = page.links
            self._open.pop(url, None)
        else:
            self._open[url] = _Open(etag, page.links)
        self._progress.passed(url)
        return page.links

    async def _page(self, url: str, etag: str) -> tuple[Page | None, str]:
        """The page and its ETag; no page if it is as it was."""
        answer = await self._tools.fetch(url, etag)
        if url == self._root:
            self._seconds = answer.max_age_seconds
        if answer.status == 304 and etag:
            return None, etag
        if answer.status == 410:
            return Page((), (), (), immutable=True), ""
        if answer.status != 200:
            raise SourceError(f"{url}: answers {answer.status}")
        if answer.url != url:
            self._check_server(answer.url)
        try:
            quads = await self._tools.parse(answer.body, answer.media_type, answer.url)
        except ValueError as error:
            raise SourceError(f"{url}: the page cannot be read: {error}") from error
        page = read_page(quads, answer.url)
        if answer.immutable and not page.immutable:
            page = Page(page.members, page.links, page.views, immutable=True)
        return page, answer.etag

    async def _take(self, url: str, page: Page, bookmark: Bookmark) -> None:
        seen = set(bookmark.seen)
        fresh = [member for member in page.members if _hash(member.iri) not in seen]
        after = (
            Bookmark(immutable=True, links=page.links)
            if page.immutable
            else Bookmark(seen=tuple(_hash(member.iri) for member in page.members))
        )
        if after == bookmark:
            return
        now = self._tools.clock.now()
        messages = [
            Message(b"".join(m.lines for m in group), now, member_attributes(group))
            for group in grouped(fresh)
        ]
        # Last, so that it is stored with or after all that it vouches for.
        messages.append(Message(msgspec.json.encode(after), now, {"page": url}))
        size = self._settings.max_batch_events
        for first in range(0, len(messages), size):
            batch = messages[first : first + size]
            await self._tools.decoding.submit(batch, self._tools.sink)

    def _check_server(self, url: str) -> None:
        followed(URL(self._settings.url), url, f"{url[:200]}, where the stream leads to,")

    def _may_follow(self, links: Sequence[str]) -> bool:
        """Whether what an earlier version remembered may be asked for; else it is read again."""
        try:
            for link in links:
                self._check_server(link)
        except PositionRefused as error:
            self._log.warning("source_begins_again", reason=str(error))
            return False
        return True

    def _wait_seconds(self) -> float:
        configured = self._settings.every_seconds
        if configured is not None:
            return configured
        return max(_LEAST_SECONDS, self._seconds or _DEFAULT_SECONDS)


def _hash(iri: str) -> str:
    return hashlib.blake2b(iri.encode(), digest_size=_HASH_BYTES).hexdigest()
