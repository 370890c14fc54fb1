"""Rounds over a stream that a test writes, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import msgspec
import pytest
from structlog.testing import capture_logs

from ldes_shok.cabinet.incoming import Memory, Origin
from ldes_shok.client.fetching import Response
from ldes_shok.client.known_pages import Bookmark
from ldes_shok.client.limits import (
    DEFAULTS,
    MAX_DEPTH_PAGES,
    MAX_LINK_BYTES,
    MAX_MEMBER_BYTES,
    PageLimits,
)
from ldes_shok.clock import ManualClock
from ldes_shok.errors import LogUnavailable, ShuttingDown, SourceError
from ldes_shok.ldes.member import Draft
from ldes_shok.rdf.lines import Quad, read_lines
from ldes_shok.sources.base import SourceState
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.transports.ldes.source import (
    ReplicaSettings,
    ReplicaSource,
    ReplicaTools,
)
from tests.support.members import FOLLOWED, member_lines, replica_decoder
from tests.support.sinks import RecordingSink
from tests.support.vertical import NOON, TENANT, configuration, measurement, reading
from tests.unit.mapping.examples import drafts

BASE = "https://buurstad.example"
STREAM, ROOT = f"{BASE}/techniek", f"{BASE}/techniek/by-time"
TREE = "https://w3id.org/tree#"
NQUADS = "application/n-quads"


def observations(count: int) -> list[Draft]:
    return [
        draft
        for n in range(count)
        for draft in drafts(
            configuration(),
            measurement(f"2026-05-12T11:{n:02d}:00Z", [reading("voltage", f"23{n}.2", "V")]),
        )
    ]


def answer_of(url: str, body: bytes, *, etag: str = "", immutable: bool = False) -> Response:
    control = "max-age=5, immutable" if immutable else "max-age=5"
    return Response(
        url, 200, {"content-type": NQUADS, "etag": etag, "cache-control": control}, body
    )


@dataclass
class City:
    """Somebody's server, and what it was asked."""

    pages: dict[str, Response] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def put(
        self,
        url: str,
        members: Sequence[Draft] = (),
        links: Sequence[str] = (),
        *,
        etag: str = "",
        immutable: bool = False,
        view: str = "",
    ) -> None:
        lines = [f"<{STREAM}> <{TREE}member> <{draft.iri}> .\n" for draft in members]
        for number, link in enumerate(links):
            lines.append(f"<{url}> <{TREE}relation> _:r{number} .\n")
            lines.append(f"_:r{number} <{TREE}node> <{link}> .\n")
        if view:
            lines.append(f"<{STREAM}> <{TREE}view> <{view}> .\n")
        body = "".join(lines).encode() + b"".join(member_lines(draft) for draft in members)
        self.pages[url] = answer_of(url, body, etag=etag, immutable=immutable)

    async def fetch(self, url: str, etag: str) -> Response:
        self.asked.append((url, etag))
        answer = self.pages.get(url)
        if answer is None:
            raise OSError(f"no answer from {url}")
        return replace(answer, status=304, body=b"") if etag and etag == answer.etag else answer


async def parse(body: bytes, media_type: str, url: str) -> Sequence[Quad]:
    assert url
    if media_type != NQUADS:
        raise ValueError(f"{media_type} is no RDF")
    return list(read_lines(body))


class Follower:
    """A source, and the memory that outlives it."""

    def __init__(
        self,
        city: City,
        every_seconds: float | None = None,
        batch: int = 500,
        limits: PageLimits = DEFAULTS,
    ) -> None:
        self.city = city
        self.sink = RecordingSink()
        self.memories: dict[str, bytes] = {}
        self.waits: list[float] = []
        self.most_waits = 2
        self.settings = ReplicaSettings("buurstad", TENANT, STREAM, every_seconds, batch, limits)
        self.source = self.fresh()

    def fresh(self) -> ReplicaSource:
        """As after a restart: it knows what was committed, and nothing else."""
        recall = lambda _, subject: self.memories.get(subject)  # noqa: E731
        decoding = Decoding(replica_decoder(), Origin("ldes", TENANT, "buurstad"), recall)
        tools = ReplicaTools(
            self.sink, decoding, self.bookmarks, ManualClock(NOON), self.city.fetch, parse,
            sleep=self._sleep,
        )  # fmt: skip
        self.source = ReplicaSource(self.settings, tools)
        return self.source

    def bookmarks(self, source: str, prefix: str) -> list[Memory]:
        """As the log has them."""
        assert source == FOLLOWED
        found = [item for item in self.memories.items() if item[0].startswith(prefix)]
        return [Memory(subject, value) for subject, value in found]

    @property
    def remembered_bytes(self) -> int:
        """Of all bookmarks, with what they are remembered under."""
        found = self.bookmarks(FOLLOWED, "page:")
        return sum(len(memory.subject) + len(memory.value) for memory in found)

    async def round(self) -> list[bytes]:
        """One round; the events that it brought, committed with their memories."""
        before = len(self.sink.deliveries)
        try:
            await self.source.round()
        finally:
            for delivery in self.sink.deliveries[before:]:
                for memory in (*filter(None, [delivery.memory]), *delivery.notes):
                    self.memories[memory.subject] = memory.value
                    if not memory.value:
                        del self.memories[memory.subject]
        return [d.payload for d in self.sink.deliveries[before:] if b"measurement" in d.payload]

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        if len(self.waits) == self.most_waits:
            raise asyncio.CancelledError


def city_of(members: Sequence[Draft]) -> City:
    """A root, a full page and one that grows."""
    city = City()
    city.put(STREAM, view=ROOT)
    city.put(ROOT, links=[f"{ROOT}/p1", f"{ROOT}/p2"], etag='"r1"')
    city.put(f"{ROOT}/p1", members[:2], immutable=True)
    city.put(f"{ROOT}/p2", members[2:3], etag='"a"')
    return city


async def test_a_stream_is_followed_from_its_document_and_only_what_is_new_is_taken() -> None:
    members = observations(5)
    city = city_of(members)
    follower = Follower(city)
    assert len(await follower.round()) == 3
    assert await follower.round() == []
    city.put(f"{ROOT}/p2", members[2:4], etag='"b"')
    assert len(await follower.round()) == 1
    # Full meanwhile, with one more on it, and the next page begun.
    city.put(f"{ROOT}/p2", members[2:5], immutable=True)
    city.put(ROOT, links=[f"{ROOT}/p1", f"{ROOT}/p2", f"{ROOT}/p3"], etag='"r2"')
    city.put(f"{ROOT}/p3", ())
    assert len(await follower.round()) == 1
    assert await follower.round() == []


async def test_an_immutable_page_is_asked_for_once_and_others_with_their_etag() -> None:
    city = city_of(observations(3))
    follower = Follower(city)
    await follower.round()
    city.asked.clear()
    await follower.round()
    assert city.asked == [(ROOT, '"r1"'), (f"{ROOT}/p2", '"a"')]


async def test_after_a_restart_it_goes_on_where_it_was() -> None:
    members = observations(4)
    city = city_of(members)
    follower = Follower(city)
    await follower.round()
    city.put(f"{ROOT}/p2", members[2:4], etag='"b"')
    follower.fresh()
    city.asked.clear()
    assert len(await follower.round()) == 1
    assert f"{ROOT}/p1" not in dict(city.asked)


async def test_what_was_not_committed_comes_again() -> None:
    follower = Follower(city_of(observations(3)))
    follower.sink.refusals.append(LogUnavailable("disk full"))
    with pytest.raises(LogUnavailable):
        await follower.round()
    assert follower.memories == {}
    assert len(await follower.round()) == 3


async def test_a_page_goes_in_batches_with_its_bookmark_last() -> None:
    follower = Follower(city_of(observations(3)), batch=2)
    await follower.round()
    notes = [note.subject for delivery in follower.sink.deliveries for note in delivery.notes]
    assert notes == [f"page:{ROOT}/p1", f"page:{ROOT}/p2"]
    assert follower.sink.deliveries[-1].notes
    assert max(follower.sink.batches) <= 4


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Response(STREAM, 404, {"content-type": NQUADS}, b""), "answers 404"),
        (Response(STREAM, 401, {"content-type": NQUADS}, b""), "answers 401"),
        (Response(STREAM, 200, {"content-type": "text/html"}, b"<html>"), "text/html is no RDF"),
        (Response(STREAM, 200, {"content-type": NQUADS}, b"<a>"), "line 1 is not N-Quads"),
        (
            Response("https://elsewhere.example/", 200, {"content-type": NQUADS}, b""),
            "another server",
        ),
    ],
)
async def test_a_page_that_is_none_is_a_problem_with_a_sentence(
    answer: Response, sentence: str
) -> None:
    city = City({STREAM: answer})
    with pytest.raises(SourceError, match=sentence):
        await Follower(city).round()


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("http://127.0.0.1:1/", "another server"),
        ("https://elsewhere.example/x", "another server"),
        ("file:///", "another server"),
        ("https://user@buurstad.example/techniek/by-time/p1", "a user name or a password"),
        ("https://user:geheim@buurstad.example/techniek/by-time/p1", "a user name or a password"),
        (f"{ROOT}/{'x' * 8_000}", "at most 2000"),
        (f"{ROOT}/\N{LATIN SMALL LETTER E WITH ACUTE}", "spaces or accents"),
    ],
)
async def test_relations_to_other_servers_are_not_followed(link: str, said: str) -> None:
    """Nor to where no request can be made, nor as whom they say."""
    city = city_of(observations(3))
    city.put(ROOT, links=[link])
    with pytest.raises(SourceError, match=said):
        await Follower(city).round()
    assert link not in dict(city.asked)


async def test_a_bookmark_of_an_earlier_version_that_leads_nowhere_is_left() -> None:
    """Its page is read again; what was on it is recognised."""
    city = city_of(observations(3))
    follower = Follower(city)
    await follower.round()
    city.put(ROOT, links=[f"{ROOT}/p1", f"{ROOT}/p2"], immutable=True)
    nowhere = Bookmark(immutable=True, links=("https://user@buurstad.example/techniek/by-time/p1",))
    follower.memories[f"page:{ROOT}"] = msgspec.json.encode(nowhere)
    follower.fresh()
    city.asked.clear()
    with capture_logs() as lines:
        await follower.round()
    assert [url for url, _ in city.asked] == [STREAM, ROOT, f"{ROOT}/p2"]
    assert [line["event"] for line in lines] == ["source_begins_again"]
    kept = msgspec.json.decode(follower.memories[f"page:{ROOT}"], type=Bookmark)
    assert kept.links == (f"{ROOT}/p1", f"{ROOT}/p2")


async def test_a_page_that_fails_each_round_makes_its_source_stuck_until_it_comes() -> None:
    city = city_of(observations(3))
    second = city.pages.pop(f"{ROOT}/p2")
    follower = Follower(city, every_seconds=1)
    follower.most_waits = 6

    async def runs() -> list[str]:
        follower.waits.clear()
        with capture_logs() as lines, pytest.raises(asyncio.CancelledError):
            await follower.source.run()
        return [line["event"] for line in lines]

    said = await runs()
    assert [each for each in said if each != "source_connected"] == [
        "source_disconnected", "source_stuck",
    ]  # fmt: skip
    assert follower.source.status.stuck.startswith("failed 6 times at the same position: ")
    city.pages[f"{ROOT}/p2"] = second
    assert "source_recovered" in await runs()
    assert follower.source.status.stuck == ""


async def test_pages_that_lead_in_circles_are_visited_once() -> None:
    city = city_of(observations(3))
    city.put(f"{ROOT}/p2", links=[ROOT, f"{ROOT}/p1"])
    follower = Follower(city)
    await follower.round()
    assert [url for url, _ in city.asked].count(ROOT) == 1


async def test_a_page_that_is_gone_is_an_empty_one() -> None:
    city = city_of(observations(3))
    city.pages[f"{ROOT}/p1"] = Response(f"{ROOT}/p1", 410, {"content-type": ""}, b"")
    assert len(await Follower(city).round()) == 1


@pytest.mark.parametrize(("every", "expected"), [(30.0, 30.0), (None, 5.0)])
async def test_it_waits_as_it_was_told_or_as_the_root_says(
    every: float | None, expected: float
) -> None:
    follower = Follower(city_of(observations(3)), every)
    with pytest.raises(asyncio.CancelledError):
        await follower.source.run()
    assert follower.waits[0] == expected
    assert follower.source.status.state is SourceState.STOPPED


async def test_it_ends_when_the_service_does() -> None:
    follower = Follower(city_of(observations(3)))
    follower.sink.refusals.append(ShuttingDown("it stops"))
    await follower.source.run()
    assert follower.waits == []


async def test_a_server_that_is_away_is_tried_again() -> None:
    follower = Follower(City())
    with pytest.raises(asyncio.CancelledError):
        await follower.source.run()
    assert len(follower.waits) == 2


# ------------------------------------------------------------------------------ what is remembered


def time_tree(days: int, leaves: int, grows: bool = True) -> tuple[City, int]:
    """Years, months and days of leaves without members; the last day, month and year still grow."""
    city = City()
    city.put(STREAM, view=ROOT)
    below: dict[str, dict[str, None]] = {}
    pages = 0
    for number in range(days):
        day = date(2024, 1, 1) + timedelta(days=number)
        path = [ROOT, f"{day:%Y}", f"{day:%m}", f"{day:%d}"]
        for depth in range(1, 4):
            below.setdefault("/".join(path[:depth]), {})["/".join(path[: depth + 1])] = None
        is_last = grows and number == days - 1
        for leaf in range(leaves):
            url = "/".join((*path, f"p{leaf + 1}"))
            below.setdefault("/".join(path), {})[url] = None
            city.put(url, immutable=not (is_last and leaf == leaves - 1), etag='"l"')
            pages += 1
    last = next(reversed(below))
    for url, links in below.items():
        ends = url == ROOT or (grows and last.startswith(url))
        city.put(url, links=[*links], immutable=not ends, etag='"n"')
        pages += 1
    return city, pages


async def test_what_is_remembered_is_as_large_as_what_still_grows() -> None:
    """However long a neighbour is followed: some kilobytes."""
    sizes = []
    for days in (40, 1_000):
        city, pages = time_tree(days, leaves=4)
        follower = Follower(city)
        await follower.round()
        assert len(city.asked) == pages + 1
        sizes.append(follower.remembered_bytes)
        # The next day: nothing that is finished is asked for, after a restart neither.
        for _ in range(2):
            city.asked.clear()
            await follower.round()
            assert len(city.asked) <= 6
            follower.fresh()
        city.asked.clear()
        await follower.round()
        assert {url for url, _ in city.asked} <= {
            STREAM,
            *[u for u, p in city.pages.items() if not p.is_immutable],
        }
    assert max(sizes) < 6_000


async def test_bookmarks_of_an_earlier_version_shrink_too() -> None:
    city, _ = time_tree(100, leaves=4)
    follower = Follower(city)
    for url, answer in city.pages.items():
        if answer.is_immutable and url != STREAM:
            links = [
                part.split(b">")[0].decode() for part in answer.body.split(b"tree#node> <")[1:]
            ]
            value = {"immutable": True, **({"links": links} if links else {})}
            follower.memories[f"page:{url}"] = msgspec.json.encode(value)
    before = follower.remembered_bytes
    await follower.round()
    assert follower.remembered_bytes < before / 5
    assert len(city.asked) < 10


async def test_a_page_that_nothing_leads_to_any_more_is_forgotten() -> None:
    members = observations(4)
    city = city_of(members)
    follower = Follower(city)
    await follower.round()
    assert f"page:{ROOT}/p1" in follower.memories
    city.put(ROOT, links=[f"{ROOT}/p2"], etag='"r2"')
    await follower.round()
    assert {subject for subject in follower.memories if subject.startswith("page:")} == {
        f"page:{ROOT}/p2"
    }


def _huge_bookmark(follower: Follower) -> None:
    links = [f"{ROOT}/{n}" for n in range(100_000)]
    value = msgspec.json.encode({"immutable": True, "links": links})
    follower.memories[f"page:{ROOT}/p1"] = value


async def test_a_bookmark_that_a_hostile_page_left_is_forgotten() -> None:
    follower = Follower(city_of(observations(3)))
    _huge_bookmark(follower)
    follower.memories["page:x"] = b"no bookmark"
    assert follower.remembered_bytes > 2_000_000
    assert len(await follower.round()) == 3
    assert follower.remembered_bytes < 1_000


SMALL = PageLimits(max_page_links=10, max_remembered_bytes=8_000, max_page_bytes=400_000)


def _many_links(city: City) -> None:
    city.put(ROOT, links=[f"{ROOT}/{n}" for n in range(11)])


def _long_link(city: City) -> None:
    city.put(ROOT, links=[f"{ROOT}/{'x' * MAX_LINK_BYTES}"])


def _deep(city: City) -> None:
    for number in range(MAX_DEPTH_PAGES + 1):
        city.put(f"{ROOT}{'/d' * number}", links=[f"{ROOT}{'/d' * (number + 1)}"])
    city.put(f"{ROOT}{'/d' * (MAX_DEPTH_PAGES + 1)}", observations(1))


def _wide_for_ever(city: City) -> None:
    city.put(ROOT, links=[f"{ROOT}/{n}" for n in range(10)])
    for number in range(10):
        links = [f"{ROOT}/{number}/{'x' * 150}/{n}" for n in range(10)]
        city.put(f"{ROOT}/{number}", links=links, immutable=True)
        for link in links:
            city.put(link)


def _shared_nodes(city: City) -> None:
    """Members that share what they say: many times in their lines, once on the page."""
    said = "".join(f'_:all <urn:p> "{n:0500}" .\n' for n in range(400))
    members = "".join(
        f"<{STREAM}> <{TREE}member> <urn:m{n}> .\n<urn:m{n}> <urn:p> _:all .\n" for n in range(40)
    )
    city.pages[ROOT] = answer_of(ROOT, (said + members).encode(), immutable=True)


def _large_member(city: City) -> None:
    said = f'<urn:m> <urn:p> "{"x" * MAX_MEMBER_BYTES}" .\n'
    body = f"<{STREAM}> <{TREE}member> <urn:m> .\n{said}".encode()
    city.pages[ROOT] = answer_of(ROOT, body, immutable=True)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (_many_links, "11 links, and max_page_links is 10"),
        (_long_link, f"address of 2042 bytes, and at most {MAX_LINK_BYTES}"),
        (_deep, f"is more than {MAX_DEPTH_PAGES} pages below"),
        (_wide_for_ever, "and max_remembered_bytes is 8000"),
        (_shared_nodes, "more than 400000 bytes together, which is max_page_bytes"),
        (_large_member, f"has more than {MAX_MEMBER_BYTES} bytes"),
    ],
)
async def test_a_page_over_a_limit_is_refused_and_leaves_nothing_behind(
    damage: Callable[[City], None], sentence: str
) -> None:
    city = city_of(observations(3))
    good = dict(city.pages)
    follower = Follower(city, limits=SMALL)
    damage(city)
    for _ in range(3):
        with pytest.raises(SourceError, match=sentence) as refused:
            await follower.round()
        assert len(str(refused.value)) < 700
        assert follower.remembered_bytes <= SMALL.max_remembered_bytes
        assert not any(delivery.payload for delivery in follower.sink.deliveries)
    # It behaves again: the source goes on, and nothing of before is left.
    city.pages = good
    assert len(await follower.round()) == 3
    assert follower.remembered_bytes < 1_000


async def test_a_bad_page_keeps_nothing_from_those_before_it() -> None:
    city = city_of(observations(3))
    city.put(ROOT, links=[f"{ROOT}/p1", f"{ROOT}/p2", f"{ROOT}/p3"], etag='"r2"')
    city.put(f"{ROOT}/p3", links=[f"{ROOT}/{n}" for n in range(11)], immutable=True)
    follower = Follower(city, limits=SMALL)
    with pytest.raises(SourceError, match="max_page_links"):
        await follower.round()
    assert sum(b"measurement" in d.payload for d in follower.sink.deliveries) == 3
    assert f"page:{ROOT}/p3" not in follower.memories


async def test_a_long_etag_is_not_remembered() -> None:
    city = city_of(observations(3))
    city.put(ROOT, links=[f"{ROOT}/p1"], etag=f'"{"e" * 60_000}"')
    follower = Follower(city, limits=SMALL)
    await follower.round()
    city.asked.clear()
    await follower.round()
    assert city.asked == [(ROOT, "")]
