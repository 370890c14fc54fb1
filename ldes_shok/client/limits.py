"""All limits on what a followed stream may cost us.

The limits belong together. A page is bounded in bytes, statements and links; that bounds the cost
of reading it. The bookmarks of all pages together are bounded in bytes, and they shrink whenever a
part of the tree is finished (see `known_pages`). A page over a limit is refused as a whole: none of
its members is taken, and no bookmark is stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_LINK_BYTES: Final = 2_000
"""Of a URL: of a page, a member, or the thing that a member is about."""

MAX_MEMBER_BYTES: Final = 262_144
"""The same as the limit of an event (`ldes_shok.cabinet.syntax`)."""

MAX_DEPTH_PAGES: Final = 32
"""Pages from the root to a leaf; a time tree has nine."""

MAX_ROUND_PAGES: Final = 200_000
"""Of one round. The next round continues from there, as far as pages are finished."""

MAX_ETAG_BYTES: Final = 256
"""A longer ETag is not stored; the page is then read each time."""


@dataclass(frozen=True, slots=True)
class PageLimits:
    """Limits that the settings of a source may change.

    Attributes:
        max_page_bytes: of a page, without content coding. A leaf of 250 members has 300 000.
        max_page_statements: on a page. A leaf of 250 members has 7 000.
        max_page_links: on a page. A bucket has up to `fragmentation.bucket_leaves`.
        max_remembered_bytes: of all bookmarks of the stream together. A finished part of a tree
            takes about 200, and so does a leaf whose parent still grows.
    """

    max_page_bytes: int = 8_388_608
    max_page_statements: int = 20_000
    max_page_links: int = 2_000
    max_remembered_bytes: int = 8_388_608


DEFAULTS: Final = PageLimits()
