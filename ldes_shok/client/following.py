"""Follows a view of an event stream: each page once, and pages that may change again and again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from yarl import URL

from ldes_shok.client.discovery import view_of
from ldes_shok.client.fetching import Response
from ldes_shok.client.known_pages import FINISHED, Bookmark, KnownPage, KnownPages, short_hash
from ldes_shok.client.limits import (
    MAX_DEPTH_PAGES,
    MAX_ETAG_BYTES,
    MAX_LINK_BYTES,
    MAX_ROUND_PAGES,
    PageLimits,
)
from ldes_shok.client.page import Page, PageMember, read_page
from ldes_shok.client.reference import followed
from ldes_shok.errors import SourceError
from ldes_shok.rdf.lines import Quad
from ldes_shok.rdf.terms import value_of

AsyncFetch = Callable[[str, str], Awaitable[Response]]
"""Fetches a page: its URL, and the known ETag or an empty text. Raises OSError."""

Parse = Callable[[bytes, str, str], Awaitable[Sequence[Quad]]]
"""Parses a body of a media type, found at a URL. Raises ValueError."""

Keep = Callable[[Sequence[PageMember], Mapping[str, bytes]], Awaitable[None]]
"""Stores the new members of a page, and bookmarks by URL with the last member or after it.

An empty bookmark deletes the stored one. An error that it raises ends the round.
"""


@dataclass(frozen=True, slots=True)
class Hooks:
    """The functions that `Following` calls.

    Attributes:
        fetch, parse: fetch and parse pages.
        keep: stores their members.
        passed: called with the URL of a page whose members are all stored.
    """

    fetch: AsyncFetch
    parse: Parse
    keep: Keep
    passed: Callable[[str], None]


class Following:
    """Reads a view in rounds, and continues from its bookmarks after a stop or a crash.

    A page's bookmark is stored with the page's members. An immutable page is fetched once. A page
    that may change is requested with its ETag, and only members that were not there before are new.
    Relations of all types are followed, to pages of the same server only, in the order of their
    lower bounds. A page that is gone (410) counts as an empty page. A page over a limit
    (`ldes_shok.client.limits`) counts as a page that cannot be read.

    Args:
        url: of a stream, or of the root node of a view.
        limits: of a page, and of the bookmarks.
        kept: the stored bookmarks, by URL.
        hooks: the functions to call.

    Attributes:
        url: of the page that was read last.
        max_age_seconds: how long the root is fresh, if its server gives that.
    """

    def __init__(
        self, url: str, limits: PageLimits, kept: Mapping[str, bytes], hooks: Hooks
    ) -> None:
        self.url = url
        self.max_age_seconds: float | None = None
        self._entry = url
        self._limits = limits
        self._hooks = hooks
        self._root = ""
        self._known = KnownPages(kept, limits, self._check_link)

    @property
    def unusable(self) -> Mapping[str, str]:
        """URLs of unusable bookmarks, with the reason. These pages are read from the start."""
        return self._known.unusable

    async def round(self) -> None:
        """Read once from the root every page that may have something new.

        Raises:
            OSError, SourceError: a page did not come, or cannot be read. Earlier pages are stored.
        """
        if not self._root:
            self._root = await self._find_root()
        walk = _Round()
        await self._follow(self._root, 0, walk)
        await self._forget([*self._known.unvisited(walk.visited)])

    async def _find_root(self) -> str:
        fetched = await self._page(self._entry, "")
        if fetched is None:
            raise SourceError(f"{self._entry}: there is no page here")
        view = view_of(fetched.page)
        if view is not None:
            self._check_link(view)
        return view or self._entry

    async def _follow(self, url: str, depth: int, walk: _Round) -> bool:
        """Read new members of a page and below it; returns whether all of that is finished."""
        if depth > MAX_DEPTH_PAGES:
            raise SourceError(
                f"{url[:200]} is more than {MAX_DEPTH_PAGES} pages below {self._root}"
            )
        walk.visited.add(short_hash(url))
        if len(walk.visited) > MAX_ROUND_PAGES:
            raise SourceError(f"{self._root} leads to more than {MAX_ROUND_PAGES} pages at once")
        links = await self._visit(url)
        unfinished = 0
        for link in links:
            if short_hash(link) not in walk.visited:
                await self._follow(link, depth + 1, walk)
            unfinished += link not in walk.finished
        bookmark = self._known.get(url).bookmark
        if unfinished or not bookmark.immutable:
            return False
        if not bookmark.is_finished:
            await self._finish(url, links)
            walk.finished.difference_update(links)
        walk.finished.add(url)
        return True

    async def _finish(self, url: str, links: Sequence[str]) -> None:
        """Replace the bookmarks of a page and of all pages below it by one bookmark."""
        below = dict.fromkeys(self._known.bookmarked(links), b"")
        await self._hooks.keep((), {url: FINISHED.kept, **below})
        self._known.put(url, KnownPage(FINISHED))
        for link in links:
            self._known.drop(link)

    async def _visit(self, url: str) -> tuple[str, ...]:
        """Read new members of a page; returns its links."""
        self.url = url
        before = self._known.get(url)
        if before.bookmark.immutable:
            return before.bookmark.links
        fetched = await self._page(url, before.etag)
        if fetched is None:
            return before.links
        for link in fetched.links:
            self._check_link(link)
        await self._take(url, fetched, before.bookmark)
        self._hooks.passed(url)
        return fetched.links

    async def _page(self, url: str, etag: str) -> _FetchedPage | None:
        """Fetch a page; None if it has not changed."""
        answer = await self._hooks.fetch(url, etag)
        if url == self._root:
            self.max_age_seconds = answer.max_age_seconds
        if answer.status == 304 and etag:
            return None
        if answer.status == 410:
            return _FetchedPage(read_page((), url), is_immutable=True)
        if answer.status != 200:
            raise SourceError(f"{url}: answers {answer.status}")
        if answer.url != url:
            self._check_link(answer.url)
        try:
            statements = await self._hooks.parse(answer.body, answer.media_type, answer.url)
        except ValueError as error:
            raise SourceError(f"{url}: the page cannot be read: {error}") from error
        page = read_page(statements, answer.url, self._limits)
        return _FetchedPage(
            page,
            is_immutable=answer.is_immutable or page.is_immutable,
            etag=answer.etag if len(answer.etag) <= MAX_ETAG_BYTES else "",
        )

    async def _take(self, url: str, fetched: _FetchedPage, before: Bookmark) -> None:
        seen, members = set(before.seen), fetched.members
        fresh = [member for iri, member in members.items() if short_hash(iri) not in seen]
        after = (
            Bookmark(immutable=True, links=fetched.links)
            if fetched.is_immutable
            else Bookmark(seen=tuple(short_hash(iri) for iri in members))
        )
        known = KnownPage(after, "" if fetched.is_immutable else fetched.etag, fetched.links)
        self._known.check(url, known)
        if after != before:
            await self._hooks.keep(fresh, {url: after.kept})
        self._known.put(url, known)

    async def _forget(self, urls: Sequence[str]) -> None:
        """Delete the bookmarks of pages that no link leads to."""
        if kept := self._known.bookmarked(urls):
            await self._hooks.keep((), dict.fromkeys(kept, b""))
        for url in urls:
            self._known.drop(url)

    def _check_link(self, url: str) -> None:
        size_bytes = len(url.encode())
        if size_bytes > MAX_LINK_BYTES:
            raise SourceError(
                f"{url[:200]}: is an address of {size_bytes} bytes, and at most {MAX_LINK_BYTES} "
                "are taken"
            )
        followed(URL(self._entry), url, f"{url[:200]}, where the stream leads to,")


@dataclass(frozen=True, slots=True)
class _FetchedPage:
    """A page, whether it is immutable, and its ETag."""

    page: Page
    is_immutable: bool
    etag: str = ""

    @property
    def links(self) -> tuple[str, ...]:
        """The links of the page, in the order of their bounds."""
        return tuple(child.url for child in self.page.children)

    @property
    def members(self) -> dict[str, PageMember]:
        """The members by IRI; a member without an IRI is left out."""
        members = self.page.members
        return {value_of(m.iri): m for m in members if m.iri.startswith("<")}


@dataclass(frozen=True, slots=True)
class _Round:
    """The pages that one round visited, by `short_hash`, and those that are finished, by URL."""

    visited: set[str] = field(default_factory=set)
    finished: set[str] = field(default_factory=set)
