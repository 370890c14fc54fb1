"""Computes the next request from the position of a source. Pure: this must survive a crash.

A position is stored with the page before it, never earlier. So after any crash the page is
requested again; its events are recognised, and each is published once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
from yarl import URL

from ldes_shok.client.reference import asked, followed
from ldes_shok.sources.transports.poll.position import Position, Validator
from ldes_shok.sources.transports.poll.section import CursorNext, PollSource, Window
from ldes_shok.sources.transports.poll.template import filled, written

_MAX_VALIDATOR: Final = 1_024
"""Characters of an ETag or of Last-Modified."""


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A parsed page.

    Attributes:
        url: its URL, as it was requested.
        following: the cursor or the URL of the next page; empty at the end.
        is_empty: whether it has no events.
        etag: its ETag header; empty for none.
        last_modified: its Last-Modified header; empty for none.
    """

    url: str
    following: str
    is_empty: bool = False
    etag: str = ""
    last_modified: str = ""


def place_of(section: PollSource) -> str:
    """The URL of a source, without its query: its positions belong to it."""
    return section.url.partition("?")[0]


def begun(section: PollSource, position: Position, now: datetime) -> Position | None:
    """The position with which a run begins or continues; None without anything to request.

    Args:
        section: of the source.
        position: the present one.
        now: aware UTC.
    """
    window = section.window
    if position.under_way or window is None:
        return position
    before = position.until or window.starts_at
    until = min(_whole(now, window), before + timedelta(seconds=window.most_seconds))
    if until <= before:
        return None
    # The first window has no earlier time to reach back into.
    overlap_seconds = window.overlap_seconds if position.until else 0
    since = before - timedelta(seconds=overlap_seconds)
    return msgspec.structs.replace(position, since=since, until=until, under_way=True)


def request_url(section: PollSource, position: Position) -> URL:
    """The URL of the page at a position.

    Raises:
        PositionRefused: it cannot be requested: an earlier version stored it.
    """
    base = URL(place_of(section))
    if position.next_url:
        return followed(base, position.next_url, "the page where it stands")
    values = {"cursor": position.cursor}
    if section.window is not None and position.since and position.until:
        values["since"] = written(position.since, section.window.form)
        values["until"] = written(position.until, section.window.form)
    return asked(filled(section.url, section.query, values), "the page of its cursor")


def validator_for(position: Position, url: URL) -> Validator | None:
    """The validator of a conditional request: only for this URL, and only when a run begins."""
    known = position.validator
    return known if known is not None and known.url == str(url) else None


def turned(section: PollSource, position: Position, turn: ReadPage) -> Position:
    """The position after a page is stored; `under_way` shows whether another page follows."""
    if isinstance(section.next, CursorNext):
        return _after_cursor(section, section.next, position, turn)
    if turn.following and turn.following != turn.url:
        return Position(
            url=position.url,
            next_url=turn.following,
            since=position.since,
            until=position.until,
            under_way=True,
        )
    return _ended(position, "", _validator(turn) if not position.next_url else None)


def restarted(position: Position) -> Position | None:
    """The same run, or window, from its first page; None if the position is there already.

    For a server that no longer knows the page, and for a page that cannot be requested. Reading
    earlier pages again loses nothing.
    """
    if not position.cursor and not position.next_url and position.validator is None:
        return None
    return msgspec.structs.replace(position, cursor="", next_url="", validator=None)


def _after_cursor(
    section: PollSource, following: CursorNext, position: Position, turn: ReadPage
) -> Position:
    keeps = following.keep and section.window is None
    moves = bool(turn.following) and turn.following != position.cursor
    # A server may give a new cursor for ever: with a stored cursor, an empty page is the end.
    if moves and not (keeps and turn.is_empty):
        return Position(
            url=position.url,
            cursor=turn.following,
            since=position.since,
            until=position.until,
            under_way=True,
        )
    if keeps:
        cursor = turn.following or position.cursor
        return _ended(position, cursor, _validator(turn) if not moves else None)
    return _ended(position, "", _validator(turn) if not position.cursor else None)


def _ended(position: Position, cursor: str, validator: Validator | None) -> Position:
    return Position(
        url=position.url,
        cursor=cursor,
        since=position.since,
        until=position.until,
        validator=validator,
    )


def _validator(turn: ReadPage) -> Validator | None:
    # A value that cannot be sent in a header is no validator: then the whole page comes again.
    etag, last_modified = (
        text if text.isascii() and text.isprintable() and len(text) <= _MAX_VALIDATOR else ""
        for text in (turn.etag, turn.last_modified)
    )
    return Validator(turn.url, etag, last_modified) if etag or last_modified else None


def _whole(now: datetime, window: Window) -> datetime:
    """The end of the window that may be requested now: in whole seconds, as it is written."""
    end = now - timedelta(seconds=window.lag_seconds)
    return end.replace(microsecond=0) if end.microsecond else end
