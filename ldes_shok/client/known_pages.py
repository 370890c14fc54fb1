"""The bookmarks of a followed stream: how far each page was read.

A page that never changes, with all pages below it, is finished. One bookmark then replaces the
bookmarks of all of them. So the bookmarks take as much space as the part of the tree that still
grows, however long the stream is followed. The caller stores a bookmark in the commit of the
members that it covers. The ETag and the links of a page that may change are only in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from ldes_shok.client.limits import PageLimits
from ldes_shok.errors import SourceError

_HASH_BYTES: Final = 8
_ROW_BYTES: Final = 64


class Bookmark(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a page was read.

    Attributes:
        immutable: whether the page never changes; then it is never fetched again.
        links: its links, if it is immutable and a page below it is not finished.
        seen: short hashes of the IRIs of the members already taken, if it may change.
    """

    immutable: bool = False
    links: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()

    @property
    def kept(self) -> bytes:
        """The bookmark in its stored form."""
        return msgspec.json.encode(self)

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to read on the page, nor below it."""
        return self.immutable and not self.links


FINISHED: Final = Bookmark(immutable=True)
NEVER_TAKEN: Final = Bookmark()


@dataclass(frozen=True, slots=True)
class KnownPage:
    """The last known state of a page.

    Attributes:
        bookmark: the stored part.
        etag: for a conditional request; empty without one.
        open_links: its links, if it may change.
    """

    bookmark: Bookmark = NEVER_TAKEN
    etag: str = ""
    open_links: tuple[str, ...] = ()

    @property
    def links(self) -> tuple[str, ...]:
        """The links of the page."""
        return self.bookmark.links or self.open_links

    @property
    def size_bytes(self) -> int:
        """About how much memory the page takes, without its URL."""
        texts = (*self.links, *self.bookmark.seen)
        return _ROW_BYTES + len(self.etag) + sum(len(text) + 3 for text in texts)


NEVER_READ: Final = KnownPage()


def short_hash(iri: str) -> str:
    """The hash that represents a member in `Bookmark.seen`."""
    return hashlib.blake2b(iri.encode(), digest_size=_HASH_BYTES).hexdigest()


class KnownPages:
    """The pages of one stream.

    Args:
        kept: the stored bookmarks, by URL.
        limits: how much may be stored.
        check_link: raises SourceError for a URL that may not be requested.

    Attributes:
        unusable: URLs of bookmarks that cannot be used, and why.
    """

    def __init__(
        self,
        kept: Mapping[str, bytes],
        limits: PageLimits,
        check_link: Callable[[str], None],
    ) -> None:
        self._limits = limits
        self._check_link = check_link
        self._pages: dict[str, KnownPage] = {}
        self._bytes = 0
        self.unusable: dict[str, str] = {}
        for url, value in kept.items():
            self._recall(url, value)

    def _recall(self, url: str, value: bytes) -> None:
        try:
            bookmark = msgspec.json.decode(value, type=Bookmark)
            self._check_bookmark(url, bookmark)
        except (msgspec.DecodeError, UnicodeDecodeError, SourceError) as error:
            # A bookmark from before there were limits, of a page that would be refused now.
            self.unusable[url] = str(error)
        else:
            self.put(url, KnownPage(bookmark))

    def _check_bookmark(self, url: str, bookmark: Bookmark) -> None:
        if len(bookmark.links) > self._limits.max_page_links:
            raise SourceError(
                f"{url[:200]}: its bookmark has {len(bookmark.links)} links, and max_page_links is "
                f"{self._limits.max_page_links}"
            )
        for link in (url, *bookmark.links):
            self._check_link(link)

    @property
    def size_bytes(self) -> int:
        """About how much memory all pages take."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._pages)

    def get(self, url: str) -> KnownPage:
        """The last known state of a page."""
        return self._pages.get(url, NEVER_READ)

    def check(self, url: str, page: KnownPage) -> None:
        """Check that there is room for this page.

        Raises:
            SourceError: there is no room.
        """
        known = self._pages.get(url)
        before = 0 if known is None else len(url) + known.size_bytes
        grown = len(url) + page.size_bytes - before
        most = self._limits.max_remembered_bytes
        if grown > 0 and self._bytes + grown > most:
            raise SourceError(
                f"{url[:200]}: with this page {self._bytes + grown} bytes would be remembered of "
                f"this stream, and max_remembered_bytes is {most}: the page is refused; raise that "
                "if the stream is an honest one"
            )

    def put(self, url: str, page: KnownPage) -> None:
        """Record the present state of a page."""
        self.drop(url)
        self._pages[url] = page
        self._bytes += len(url) + page.size_bytes

    def drop(self, url: str) -> None:
        """Forget a page."""
        page = self._pages.pop(url, None)
        if page is not None:
            self._bytes -= len(url) + page.size_bytes

    def bookmarked(self, urls: Iterable[str]) -> list[str]:
        """Those of these URLs that have a stored bookmark."""
        return [url for url in urls if self.get(url).bookmark != NEVER_TAKEN]

    def unvisited(self, visited: Collection[str]) -> Iterator[str]:
        """The URLs whose `short_hash` is not in `visited`: no link leads to them any more."""
        yield from [url for url in self._pages if short_hash(url) not in visited]
