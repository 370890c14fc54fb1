"""Whatever order of crashes, growth and time: everything is read, and a run ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from ldes_shok.cabinet.encode import instant_text
from ldes_shok.errors import SourceError
from ldes_shok.sources.transports.poll.position import Position, Validator, recalled
from ldes_shok.sources.transports.poll.section import CursorNext, LinkNext, PollSource, Window
from ldes_shok.sources.transports.poll.steps import (
    ReadPage,
    begun,
    place_of,
    request_url,
    restarted,
    turned,
    validator_for,
)

START = datetime(2026, 5, 12, tzinfo=UTC)
BASE = "https://api.example/v1/events"
BY_CURSOR = PollSource(
    "verkoper", "voorbeeldstad", BASE, query={"after": "{cursor}"}, next=CursorNext("next")
)
BY_LINK = PollSource("verkoper", "voorbeeldstad", BASE, next=LinkNext())
BY_TIME = msgspec.structs.replace(
    BY_LINK,
    query={"from": "{since}", "to": "{until}"},
    window=Window(instant_text(START), overlap_seconds=30, lag_seconds=10, most_seconds=600),
)


@dataclass
class Feed:
    """A server with a list that only grows, two items a page."""

    items: int

    def page(self, url: URL) -> tuple[list[int], str, str]:
        """The items of a page, the cursor after them, and the address of the next page."""
        after = int(url.query.get("after", "0"))
        items = list(range(after, min(after + 2, self.items)))
        is_last = after + 2 >= self.items
        following = "" if is_last else str(after + 2)
        return items, following, "" if is_last else f"{BASE}?after={after + 2}"


def _kept(position: Position) -> Position:
    """Through the log and back."""
    return recalled(position.remembered().value)


@given(st.lists(st.tuples(st.integers(0, 5), st.lists(st.booleans(), max_size=8)), max_size=6))
@pytest.mark.parametrize("settings", [BY_CURSOR, BY_LINK], ids=["cursor", "link"])
def test_crashes_lose_nothing_and_a_run_ends(
    settings: PollSource, runs: list[tuple[int, list[bool]]]
) -> None:
    """Each run: the feed grows, then pages are read; True is a crash before the commit."""
    feed, read, position = Feed(1), set[int](), Position(url=place_of(settings))
    for growth, crashes in [*runs, (0, [])]:
        feed.items += growth
        for _ in range(feed.items + len(crashes) + 1):
            url = request_url(settings, position)
            items, cursor, address = feed.page(url)
            if crashes and crashes.pop():
                continue  # a new process asks for the same page
            following = cursor if isinstance(settings.next, CursorNext) else address
            read.update(items)
            position = _kept(turned(settings, position, ReadPage(str(url), following, not items)))
            if not position.under_way:
                break
        else:
            pytest.fail("a run did not end")
        assert read == set(range(feed.items))


@given(st.lists(st.tuples(st.integers(-300, 5_000_000), st.booleans()), max_size=12))
def test_windows_cover_all_time_once_but_for_their_overlap(steps: list[tuple[int, bool]]) -> None:
    """Each step: the clock moves by so many milliseconds, or back; True is a crash."""
    now, position = START, Position(url=place_of(BY_TIME))
    asked: list[tuple[datetime, datetime]] = []
    for milliseconds, crashed in steps:
        now += timedelta(milliseconds=milliseconds)
        under_way = begun(BY_TIME, position, now)
        if under_way is None:
            continue
        assert under_way.since is not None
        assert under_way.until is not None
        assert under_way.until <= now - timedelta(seconds=10)
        assert under_way.until - under_way.since <= timedelta(seconds=630)
        if crashed:
            continue
        asked.append((under_way.since, under_way.until))
        url = str(request_url(BY_TIME, under_way))
        position = _kept(turned(BY_TIME, under_way, ReadPage(url, "")))
    if asked:
        assert asked[0][0] == START
    for (_, until), (since, _) in pairwise(asked):
        assert since == until - timedelta(seconds=30)


def test_a_tag_is_for_the_very_url_that_it_came_from() -> None:
    position = Position(validator=Validator(BASE, '"1"'))
    assert validator_for(position, URL(BASE)) == Validator(BASE, '"1"')
    assert validator_for(position, URL(f"{BASE}?x=1")) is None


def test_a_run_that_stands_at_its_first_page_cannot_begin_again() -> None:
    assert restarted(Position(url=BASE)) is None
    first = Position(url=BASE, since=START, until=START, under_way=True)
    assert restarted(msgspec.structs.replace(first, cursor="x")) == first
    assert restarted(msgspec.structs.replace(first, next_url=f"{BASE}?p=2")) == first


def test_a_page_that_names_itself_as_the_next_is_the_last() -> None:
    assert not turned(BY_LINK, Position(), ReadPage(BASE, BASE)).under_way
    assert not turned(BY_CURSOR, Position(cursor="x"), ReadPage(BASE, "x")).under_way


def test_what_a_newer_version_wrote_is_said() -> None:
    assert recalled(None) == recalled(b"") == Position()
    with pytest.raises(SourceError, match="cannot be read by this version"):
        recalled(b'{"cursor": 5}')
