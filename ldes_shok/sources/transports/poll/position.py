"""The position of a poll source, stored in the log in the commit of the page before it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from ldes_shok.cabinet.incoming import Memory
from ldes_shok.errors import SourceError

SUBJECT: Final = "poll:position"
"""The subject of the position, among the decoders' memories."""


class Validator(msgspec.Struct, frozen=True, omit_defaults=True):
    """A server's validator of one URL (RFC 9110, section 8.8)."""

    url: str
    etag: str = ""
    last_modified: str = ""


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """The point from which the next request continues.

    Attributes:
        url: of the source, without its query: a cursor or page belongs to one URL.
        cursor: the server's cursor for the next page.
        next_url: the next page, if a URL leads to it.
        since: begin of the window under way, or of the last one; aware UTC.
        until: its end.
        under_way: whether pages of this run, or of this window, are still to be read.
        validator: of the page that ended the last run, if asking for it again begins the next.
        ran_at: when the last run ended; only for sources with set times of the day.
    """

    url: str = ""
    cursor: str = ""
    next_url: str = ""
    since: datetime | None = None
    until: datetime | None = None
    under_way: bool = False
    validator: Validator | None = None
    ran_at: datetime | None = None

    def remembered(self) -> Memory:
        """The position in its stored form."""
        return Memory(SUBJECT, msgspec.json.encode(self))


def recalled(value: bytes | None) -> Position:
    """The stored position; the beginning if there is none.

    Raises:
        SourceError: a newer version wrote it.
    """
    if not value:
        return Position()
    try:
        return msgspec.json.decode(value, type=Position)
    except msgspec.DecodeError as error:
        raise SourceError(
            f"what the log remembers of {SUBJECT} cannot be read by this version: {error}"
        ) from error
