from __future__ import annotations

import re

import pytest

from ldes_shok.client.known_pages import FINISHED, Bookmark, KnownPage, KnownPages, short_hash
from ldes_shok.client.limits import PageLimits
from ldes_shok.errors import SourceError

PAGE = "https://buurstad.example/kasten/by-time/1"
LIMITS = PageLimits(max_page_links=2, max_remembered_bytes=1_000)


def _check_link(url: str) -> None:
    if "elsewhere" in url:
        raise SourceError(f"{url}: is on another server")


def _pages(**kept: bytes) -> KnownPages:
    return KnownPages({f"{PAGE}{name}": value for name, value in kept.items()}, LIMITS, _check_link)


def test_a_bookmark_comes_back_as_it_was_kept() -> None:
    bookmark = Bookmark(seen=(short_hash("urn:m"),))
    pages = _pages(a=bookmark.kept)
    assert pages.get(f"{PAGE}a").bookmark == bookmark
    assert pages.bookmarked([f"{PAGE}a", f"{PAGE}b"]) == [f"{PAGE}a"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"{", "truncated"),
        (b"\xff", "decode|utf-8|malformed"),
        (Bookmark(immutable=True, links=("x", "y", "z")).kept, "3 links, and max_page_links is 2"),
        (Bookmark(immutable=True, links=("//elsewhere/",)).kept, "another server"),
    ],
)
def test_a_bookmark_that_cannot_be_used_is_named_with_the_reason(value: bytes, reason: str) -> None:
    pages = _pages(a=value, b=FINISHED.kept)
    assert list(pages.unusable) == [f"{PAGE}a"]
    assert re.search(reason, pages.unusable[f"{PAGE}a"])
    assert len(pages) == 1


def test_what_is_remembered_is_counted_and_bounded() -> None:
    pages = _pages()
    small = KnownPage(FINISHED)
    pages.put(PAGE, small)
    pages.put(PAGE, small)
    assert pages.size_bytes == len(PAGE) + small.size_bytes
    large = KnownPage(Bookmark(seen=tuple(short_hash(str(n)) for n in range(100))))
    with pytest.raises(SourceError, match="max_remembered_bytes is 1000: the page is refused"):
        pages.check(PAGE, large)
    pages.drop(PAGE)
    assert pages.size_bytes == 0
