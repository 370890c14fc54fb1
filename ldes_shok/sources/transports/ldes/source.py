"""Follows a view of another stream: every page once, those that may change again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from yarl import URL

from ldes_shok.cabinet.claim import FOLLOWED
from ldes_shok.cabinet.incoming import Delivery, Memory, Origin
from ldes_shok.client.discovery import view_of
from ldes_shok.client.fetching import Response
from ldes_shok.client.known_pages import FINISHED, Bookmark, KnownPage, KnownPages, short_hash
from ldes_shok.client.limits import (
    DEFAULTS,
    MAX_DEPTH_PAGES,
    MAX_ETAG_BYTES,
    MAX_LINK_BYTES,
    MAX_ROUND_PAGES,
    PageLimits,
)
from ldes_shok.client.page import Page, PageMember, read_page
from ldes_shok.client.reference import followed
from ldes_shok.clock import Clock
from ldes_shok.errors import SourceError
from ldes_shok.rdf.lines import Quad
from ldes_shok.rdf.terms import value_of
from ldes_shok.sources.base import Aside, Sink
from ldes_shok.sources.common.progress import STUCK_AFTER_FAILURES
from ldes_shok.sources.common.running import RetryingSource
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.replica.decoder import grouped, member_attributes

SUBJECT: Final = "page:"
"""What the subjects of bookmarks begin with, among what decoders remember."""

_NOTES_AT_ONCE: Final = 1_000
_DEFAULT_SECONDS: Final = 60.0
_LEAST_SECONDS: Final = 1.0


AskedFetch = Callable[[str, str], Awaitable[Response]]
"""Gets a page: its URL, and the ETag of what is known of it or nothing. Raises OSError."""

Parse = Callable[[bytes, str, str], Awaitable[Sequence[Quad]]]
"""Reads a body of a media type, found at a URL. Raises ValueError."""

RecallAll = Callable[[str, str], Sequence[Memory]]
"""All that the log remembers for a source, of subjects that begin so; asked in a thread."""


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
        limits: of a page, and of what is remembered.
    """

    name: str
    tenant: str
    url: str
    every_seconds: float | None = None
    max_batch_events: int = 100
    limits: PageLimits = DEFAULTS


@dataclass(frozen=True, slots=True)
class ReplicaTools:
    """What a replica works with.

    Attributes:
        sink: takes the events.
        decoding: reads members.
        recall: what the log remembers of pages; reads the log.
        aside: where that may be read.
        clock: stamps the moment of receipt.
        fetch, parse: get pages and read them.
        close: let go of what `fetch` holds.
        rng: spreads the retries.
        stuck_after: so many failures in a row at one page make it stuck.
        sleep: how to wait; a test passes its own.
    """

    sink: Sink
    decoding: Decoding
    recall: RecallAll
    clock: Clock
    fetch: AskedFetch
    parse: Parse
    close: Callable[[], None] = lambda: None
    aside: Aside = asyncio.to_thread
    rng: Random = field(default_factory=Random)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    stuck_after: int = STUCK_AFTER_FAILURES


class ReplicaSource(RetryingSource):
    """Replicates a view, and goes on where it was after a stop or a crash.

    A page's bookmark is stored with the page's events. An immutable page is fetched once; a page
    that may change is asked for with its ETag, and only members that were not there before are
    handed over. Relations of all types are followed, to pages of the same server only, in the
    order of their lower bounds. A page that is gone (410) is an empty page. A page over a limit
    (`ldes_shok.client.limits`) is a page that cannot be read.
    """

    def __init__(self, settings: ReplicaSettings, tools: ReplicaTools) -> None:
        super().__init__(
            settings.name, FOLLOWED, tools.rng, stuck_after=tools.stuck_after, sleep=tools.sleep
        )
        self._settings = settings
        self._tools = tools
        self._origin = Origin(FOLLOWED, settings.tenant, settings.name)
        self._root = ""
        self._url = settings.url
        self._known: KnownPages | None = None
        self._seconds: float | None = None

    async def _deliver(self) -> None:
        try:
            await super()._deliver()
        finally:
            self.close()

    async def _once(self) -> None:
        await self.round()
        self._progress.connected()
        self._succeeded()
        await self._sleep(self._wait_seconds())

    def close(self) -> None:
        """Let go of the server."""
        self._tools.close()

    @property
    def _position(self) -> str:
        return self._url

    async def round(self) -> None:
        """Once from the root to every page that may have something new.

        Raises:
            OSError, SourceError: a page did not come, or cannot be read; what came before is kept.
            Overloaded, ShuttingDown, LogUnavailable: the events of a page were not kept.
        """
        known = self._known
        if known is None:
            known = await self._recalled()
        if not self._root:
            self._root = await self._find_root()
        walk = _Walk(known)
        await self._follow(self._root, 0, walk)
        await self._forget([*known.unvisited(walk.visited)], known)

    async def _recalled(self) -> KnownPages:
        """The bookmarks of before this process."""
        tools, source = self._tools, self._origin.source
        memories = await tools.aside(lambda: tools.recall(source, SUBJECT))
        kept = {memory.subject.removeprefix(SUBJECT): memory.value for memory in memories}
        known = KnownPages(kept, self._settings.limits, self._may_ask)
        await self._note([_forgotten(url) for url in known.unusable])
        self._known = known
        return known

    async def _find_root(self) -> str:
        url = self._settings.url
        fetched = await self._page(url, "")
        if fetched is None:
            raise SourceError(f"{url}: there is no page here")
        view = view_of(fetched.page)
        if view is not None:
            self._check_link(view)
        return view or url

    async def _follow(self, url: str, depth: int, walk: _Walk) -> bool:
        """Take what is new on a page and below; returns whether all of that is finished."""
        if depth > MAX_DEPTH_PAGES:
            raise SourceError(
                f"{url[:200]} is more than {MAX_DEPTH_PAGES} pages below {self._root}"
            )
        walk.visited.add(short_hash(url))
        if len(walk.visited) > MAX_ROUND_PAGES:
            raise SourceError(f"{self._root} leads to more than {MAX_ROUND_PAGES} pages at once")
        links = await self._visit(url, walk.known)
        unfinished = 0
        for link in links:
            if short_hash(link) not in walk.visited:
                await self._follow(link, depth + 1, walk)
            unfinished += link not in walk.finished
        bookmark = walk.known.get(url).bookmark
        if unfinished or not bookmark.immutable:
            return False
        if not bookmark.is_finished:
            await self._finish(url, links, walk)
        walk.finished.add(url)
        return True

    async def _finish(self, url: str, links: Sequence[str], walk: _Walk) -> None:
        """One bookmark for a page and all below it."""
        below = walk.known.bookmarked(links)
        await self._note([_noted(url, FINISHED), *(_forgotten(link) for link in below)])
        walk.known.put(url, KnownPage(FINISHED))
        for link in links:
            walk.known.drop(link)
            walk.finished.discard(link)

    async def _visit(self, url: str, known: KnownPages) -> tuple[str, ...]:
        """Take what is new on a page; returns where it leads."""
        self._url = url
        before = known.get(url)
        if before.bookmark.immutable:
            return before.bookmark.links
        fetched = await self._page(url, before.etag)
        if fetched is None:
            return before.links
        for link in fetched.links:
            self._check_link(link)
        await self._take(url, fetched, known)
        self._progress.passed(url)
        return fetched.links

    async def _page(self, url: str, etag: str) -> _FetchedPage | None:
        """The page; None if it is as it was."""
        answer = await self._tools.fetch(url, etag)
        if url == self._root:
            self._seconds = answer.max_age_seconds
        if answer.status == 304 and etag:
            return None
        if answer.status == 410:
            return _FetchedPage(read_page((), url), is_immutable=True)
        if answer.status != 200:
            raise SourceError(f"{url}: answers {answer.status}")
        if answer.url != url:
            self._check_link(answer.url)
        try:
            statements = await self._tools.parse(answer.body, answer.media_type, answer.url)
        except ValueError as error:
            raise SourceError(f"{url}: the page cannot be read: {error}") from error
        page = read_page(statements, answer.url, self._settings.limits)
        return _FetchedPage(
            page,
            is_immutable=answer.is_immutable or page.is_immutable,
            etag=answer.etag if len(answer.etag) <= MAX_ETAG_BYTES else "",
        )

    async def _take(self, url: str, fetched: _FetchedPage, known: KnownPages) -> None:
        bookmark = known.get(url).bookmark
        seen, members = set(bookmark.seen), fetched.members
        fresh = [member for iri, member in members.items() if short_hash(iri) not in seen]
        after = (
            Bookmark(immutable=True, links=fetched.links)
            if fetched.is_immutable
            else Bookmark(seen=tuple(short_hash(iri) for iri in members))
        )
        now_known = KnownPage(after, "" if fetched.is_immutable else fetched.etag, fetched.links)
        known.check(url, now_known)
        if after != bookmark:
            now = self._tools.clock.now()
            messages = [
                Message(b"".join(m.lines for m in group), now, member_attributes(group))
                for group in grouped(fresh)
            ]
            await self._hand_over(messages, _noted(url, after))
        known.put(url, now_known)

    async def _hand_over(self, messages: Sequence[Message], bookmark: Memory) -> None:
        """Messages, and last the bookmark: it is stored with or after all that it vouches for."""
        size = self._settings.max_batch_events
        firsts = range(0, len(messages), size) or (0,)
        for first in firsts:
            notes = [self._noting((bookmark,))] if first + size >= len(messages) else []
            batch = messages[first : first + size]
            await self._tools.decoding.submit(batch, self._tools.sink, notes)

    async def _forget(self, urls: Sequence[str], known: KnownPages) -> None:
        """Know nothing more of pages that nothing leads to."""
        await self._note([_forgotten(url) for url in known.bookmarked(urls)])
        for url in urls:
            known.drop(url)

    async def _note(self, memories: Sequence[Memory]) -> None:
        """Have something remembered that comes with no event."""
        for first in range(0, len(memories), _NOTES_AT_ONCE):
            await self._tools.sink.submit([self._noting(memories[first : first + _NOTES_AT_ONCE])])

    def _noting(self, memories: Sequence[Memory]) -> Delivery:
        return Delivery(b"", self._origin, self._tools.clock.now(), notes=tuple(memories))

    def _check_link(self, url: str) -> None:
        size_bytes = len(url.encode())
        if size_bytes > MAX_LINK_BYTES:
            raise SourceError(
                f"{url[:200]}: is an address of {size_bytes} bytes, and at most {MAX_LINK_BYTES} "
                "are taken"
            )
        followed(URL(self._settings.url), url, f"{url[:200]}, where the stream leads to,")

    def _may_ask(self, url: str) -> bool:
        """Whether what an earlier version remembered may be asked for; else it is read again."""
        try:
            self._check_link(url)
        except SourceError as error:
            self._log.warning("source_begins_again", reason=str(error))
            return False
        return True

    def _wait_seconds(self) -> float:
        configured = self._settings.every_seconds
        if configured is not None:
            return configured
        return max(_LEAST_SECONDS, self._seconds or _DEFAULT_SECONDS)


@dataclass(frozen=True, slots=True)
class _FetchedPage:
    """A page, whether it never changes, and its ETag."""

    page: Page
    is_immutable: bool
    etag: str = ""

    @property
    def links(self) -> tuple[str, ...]:
        """Where it leads, in the order of the bounds."""
        return tuple(child.url for child in self.page.children)

    @property
    def members(self) -> dict[str, PageMember]:
        """Its members by IRI; what has none is no member."""
        members = self.page.members
        return {value_of(m.iri): m for m in members if m.iri.startswith("<")}


def _noted(url: str, bookmark: Bookmark) -> Memory:
    """A bookmark as the log keeps it."""
    return Memory(f"{SUBJECT}{url}", bookmark.kept)


def _forgotten(url: str) -> Memory:
    """That nothing is remembered of a page."""
    return Memory(f"{SUBJECT}{url}", b"")


@dataclass(frozen=True, slots=True)
class _Walk:
    """One round: what is known of pages, which were visited (by hash), and which are finished."""

    known: KnownPages
    visited: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
