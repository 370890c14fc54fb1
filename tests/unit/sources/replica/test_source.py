"""Rounds over a stream that a test writes, page by page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec
import pytest
from structlog.testing import capture_logs

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.clock import ManualClock
from ldes_shok.errors import LogUnavailable, ShuttingDown, SourceError
from ldes_shok.ldes.member import Draft
from ldes_shok.rdf.lines import Quad, read_lines
from ldes_shok.sources.base import SourceState
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.replica.decoder import Bookmark, ReplicaDecoder, bookmark_of
from ldes_shok.sources.replica.source import Answer, ReplicaSettings, ReplicaSource, ReplicaTools
from tests.support.members import member_lines
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


@dataclass
class City:
    """Somebody's server, and what it was asked."""

    pages: dict[str, Answer] = field(default_factory=dict)
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
        self.pages[url] = Answer(url, 200, NQUADS, etag, immutable, 5.0, body)

    async def fetch(self, url: str, etag: str) -> Answer:
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

    def __init__(self, city: City, every_seconds: float | None = None, batch: int = 500) -> None:
        self.city = city
        self.sink = RecordingSink()
        self.memories: dict[str, bytes] = {}
        self.waits: list[float] = []
        self.most_waits = 2
        self.settings = ReplicaSettings("buurstad", TENANT, STREAM, every_seconds, batch)
        self.source = self.fresh()

    def fresh(self) -> ReplicaSource:
        """As after a restart: it knows what was committed, and nothing else."""
        recall = lambda _, subject: self.memories.get(subject)  # noqa: E731
        decoding = Decoding(ReplicaDecoder({}), Origin("ldes", TENANT, "buurstad"), recall)
        tools = ReplicaTools(
            self.sink, decoding, recall, ManualClock(NOON), self.city.fetch, parse,
            sleep=self._sleep,
        )  # fmt: skip
        self.source = ReplicaSource(self.settings, tools)
        return self.source

    async def round(self) -> list[bytes]:
        """One round; the events that it brought, committed with their memories."""
        before = len(self.sink.deliveries)
        try:
            await self.source.round()
        finally:
            for delivery in self.sink.deliveries[before:]:
                if delivery.memory is not None:
                    self.memories[delivery.memory.subject] = delivery.memory.value
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
    subjects = [d.memory.subject for d in follower.sink.deliveries if d.memory is not None]
    assert subjects[-1] == f"page:{ROOT}/p2"
    assert max(follower.sink.batches) <= 3


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer(STREAM, 404, NQUADS, "", False, None, b""), "answers 404"),
        (Answer(STREAM, 401, NQUADS, "", False, None, b""), "answers 401"),
        (Answer(STREAM, 200, "text/html", "", False, None, b"<html>"), "text/html is no RDF"),
        (Answer(STREAM, 200, NQUADS, "", False, None, b"<a>"), "line 1 is not N-Quads"),
        (Answer("https://elsewhere.example/", 200, NQUADS, "", False, None, b""), "another server"),
    ],
)
async def test_a_page_that_is_none_is_a_problem_with_a_sentence(
    answer: Answer, sentence: str
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
        (f"{ROOT}/{'x' * 8_000}", "at most 8000"),
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
    assert bookmark_of(follower.memories[f"page:{ROOT}"]).links == (f"{ROOT}/p1", f"{ROOT}/p2")


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
    city.pages[f"{ROOT}/p1"] = Answer(f"{ROOT}/p1", 410, "", "", False, None, b"")
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
