"""Rounds over pages of nothing but links and members; `ldes` tests the same with real members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from ldes_shok.client.fetching import NQUADS, Response
from ldes_shok.client.following import Following, Hooks
from ldes_shok.client.limits import DEFAULTS
from ldes_shok.client.page import PageMember
from ldes_shok.errors import LogUnavailable, SourceError
from ldes_shok.rdf import vocab
from ldes_shok.rdf.lines import Quad, read_lines

ROOT = "https://buurstad.example/kasten/by-time"


class Stream:
    """Pages, and whoever follows them and keeps what comes."""

    def __init__(self) -> None:
        self.pages: dict[str, Response] = {}
        self.asked: list[tuple[str, str]] = []
        self.bookmarks: dict[str, bytes] = {}
        self.members: list[str] = []
        self.passed: list[str] = []
        self.is_full = False
        self.following = self.begin()

    def begin(self) -> Following:
        """As after a stop: with what was kept alone."""
        hooks = Hooks(self._fetch, self._parse, self._keep, self.passed.append)
        self.following = Following(ROOT, DEFAULTS, self.bookmarks, hooks)
        return self.following

    def put(
        self, url: str, members: str = "", links: Sequence[str] = (), *, immutable: bool = False
    ) -> None:
        """A page whose members are named by letters; every state of it has an ETag of its own."""
        lines = [f"<urn:s> {vocab.TREE_MEMBER} <urn:{letter}> .\n" for letter in members]
        for number, link in enumerate(links):
            lines.append(f"<{url}> {vocab.TREE_RELATION} _:r{number} .\n")
            lines.append(f"_:r{number} {vocab.TREE_NODE} <{link}> .\n")
        control = "immutable" if immutable else "max-age=7"
        headers = {"content-type": NQUADS, "etag": f'"{members}"', "cache-control": control}
        self.pages[url] = Response(url, 200, headers, "".join(lines).encode())

    async def _fetch(self, url: str, etag: str) -> Response:
        self.asked.append((url, etag))
        page = self.pages[url]
        return Response(url, 304, page.headers, b"") if etag == page.etag else page

    async def _parse(self, body: bytes, media_type: str, url: str) -> list[Quad]:
        assert media_type == NQUADS
        assert url.startswith(ROOT)
        return list(read_lines(body))

    async def _keep(self, members: Sequence[PageMember], bookmarks: Mapping[str, bytes]) -> None:
        if self.is_full:
            raise LogUnavailable("the disk is full")
        self.members += [member.iri[-2] for member in members]
        for url, bookmark in bookmarks.items():
            self.bookmarks[url] = bookmark
            if not bookmark:
                del self.bookmarks[url]


@pytest.fixture
def stream() -> Stream:
    """A root, a page that is full, and one that grows."""
    stream = Stream()
    stream.put(ROOT, links=[f"{ROOT}/1", f"{ROOT}/2"])
    stream.put(f"{ROOT}/1", "ab", immutable=True)
    stream.put(f"{ROOT}/2", "c")
    return stream


async def test_every_member_comes_once_and_in_the_order_of_the_pages(stream: Stream) -> None:
    await stream.following.round()
    stream.put(f"{ROOT}/2", "cd")
    await stream.following.round()
    assert stream.members == ["a", "b", "c", "d"]
    assert stream.following.max_age_seconds == 7
    assert stream.following.url == f"{ROOT}/2"


async def test_after_a_stop_it_goes_on_where_the_bookmarks_say(stream: Stream) -> None:
    await stream.following.round()
    stream.put(f"{ROOT}/2", "cd")
    stream.asked.clear()
    await stream.begin().round()
    assert stream.members == ["a", "b", "c", "d"]
    assert f"{ROOT}/1" not in [url for url, _ in stream.asked]


async def test_what_cannot_be_kept_comes_again(stream: Stream) -> None:
    stream.is_full = True
    with pytest.raises(LogUnavailable):
        await stream.following.round()
    assert stream.passed == [ROOT]
    stream.is_full = False
    await stream.following.round()
    assert stream.members == ["a", "b", "c"]
    assert stream.passed == [ROOT, f"{ROOT}/1", f"{ROOT}/2"]


async def test_a_page_as_it_was_costs_an_etag(stream: Stream) -> None:
    await stream.following.round()
    stream.asked.clear()
    await stream.following.round()
    assert (f"{ROOT}/2", '"c"') in stream.asked
    assert stream.members == ["a", "b", "c"]


async def test_one_bookmark_stands_for_all_that_is_finished(stream: Stream) -> None:
    stream.put(ROOT, links=[f"{ROOT}/1"], immutable=True)
    await stream.following.round()
    assert list(stream.bookmarks) == [ROOT]
    stream.asked.clear()
    await stream.begin().round()
    # The entry says what view it leads to; its bookmark that nothing is left.
    assert stream.asked == [(ROOT, "")]


async def test_a_page_that_nothing_leads_to_is_forgotten(stream: Stream) -> None:
    await stream.following.round()
    stream.put(ROOT, links=[f"{ROOT}/2"])
    stream.begin()
    await stream.following.round()
    assert list(stream.bookmarks) == [f"{ROOT}/2"]


async def test_another_server_is_never_asked(stream: Stream) -> None:
    stream.put(ROOT, links=["https://elsewhere.example/1"])
    with pytest.raises(SourceError, match="is on another server"):
        await stream.following.round()
    assert [url for url, _ in stream.asked] == [ROOT, ROOT]
