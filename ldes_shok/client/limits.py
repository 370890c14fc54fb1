"""How much a stream that is followed may ask of us: the one place with its limits.

They hold together. A page is bounded in bytes, statements and links, so what it takes to read it
is; what is remembered of all pages is bounded in bytes, and it shrinks whenever a part of the tree
is finished (`known_pages` beside this). A page over a limit is refused whole: nothing of it is
taken and nothing is remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_LINK_BYTES: Final = 2_000
"""Of an address: of a page, a member, or what a member is about."""

MAX_MEMBER_BYTES: Final = 262_144
"""As many as an event may have (`ldes_shok.cabinet.syntax`)."""

MAX_DEPTH_PAGES: Final = 32
"""Pages from the root to a leaf; a time tree has nine."""

MAX_ROUND_PAGES: Final = 200_000
"""Of one round; the next goes on where it ended, as far as pages are finished."""

MAX_ETAG_BYTES: Final = 256
"""A longer one is not remembered: the page is then read each time."""


@dataclass(frozen=True, slots=True)
class PageLimits:
    """Those that the settings of a source may change.

    Attributes:
        max_page_bytes: of a page, without content coding. A leaf of 250 members has 300 000.
        max_page_statements: on a page. A leaf of 250 members has 7 000.
        max_page_links: on a page. A bucket has up to `fragmentation.bucket_leaves`.
        max_remembered_bytes: of all that is remembered of its pages, together. A finished part of a
            tree takes some 200, a leaf whose parent still grows as many.
    """

    max_page_bytes: int = 8_388_608
    max_page_statements: int = 20_000
    max_page_links: int = 2_000
    max_remembered_bytes: int = 8_388_608


DEFAULTS: Final = PageLimits()
