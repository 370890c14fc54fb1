"""Checklist 1.B: caching, validators, immutability."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from ldes_shok.clock import ManualClock
from tests.compliance.conftest import SMALL_PAGES, City, at
from tests.support import events
from tests.support.local_service import local_service
from tests.support.oracle import check_service, snapshots
from tests.support.pages import IMMUTABLE_CACHING, LDES, MEDIA_TYPES, Page, crawl, get
from tests.support.service import STREAMS

pytestmark = pytest.mark.compliance

STRONG = re.compile(r'"[\x21\x23-\x7e]+"')
CODINGS = (None, "gzip", "br")


def documents(city: City) -> list[str]:
    """A URL of every kind that is cached."""
    leaf = next(page for page in city.every_page if page.members)
    return [
        f"{city.url}/",
        f"{city.url}/kasten",
        f"{city.url}/kasten/by-time",
        leaf.url,
        leaf.members[0],
        f"{city.url}/shapes/kasten",
        f"{city.url}/context.jsonld",
        f"{city.url}/openapi.json",
        f"{city.url}/static/ldes-shok.css",
        f"{city.url}/id/concept/kasttype/marktkast",
    ]


def test_every_200_and_304_has_a_quoted_etag(city: City) -> None:
    """Rows 15, 16: a tag replayed gives 304, without a body, with the same validators."""
    for url in documents(city):
        for accept in (*MEDIA_TYPES.values(), "text/html"):
            page = get(url, accept)
            assert page.status == 200, url
            assert STRONG.fullmatch(page.headers["etag"])
            again = get(url, accept, headers={"If-None-Match": page.headers["etag"]})
            assert (again.status, again.raw) == (304, b"")
            for name in ("etag", "cache-control", "vary"):
                assert again.headers[name] == page.headers[name]


def test_every_node_answers_304_to_its_tag(city: City) -> None:
    """Row 16 for every page of every stream."""
    for page in city.every_page:
        again = get(page.url, headers={"If-None-Match": page.headers["etag"]})
        assert (again.status, again.raw) == (304, b"")


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("{tag}", 304),
        ("W/{tag}", 304),
        ("*", 304),
        ('"other", {tag}', 304),
        ('{tag},"other"', 304),
        ('"other"', 200),
        ('"other", W/"another"', 200),
        ("", 200),
        ("{bare}", 200),
    ],
)
def test_conditions_are_read_as_rfc_9110_says(city: City, condition: str, status: int) -> None:
    """Row 16: lists, `*` and weak comparison."""
    page = city.root()
    tag = page.headers["etag"]
    header = condition.format(tag=tag, bare=tag.strip('"'))
    assert get(page.url, headers={"If-None-Match": header}).status == status


def test_every_representation_has_a_tag_of_its_own(city: City) -> None:
    """Row 17: formats times codings, all of them strong and distinct."""
    for stream in STREAMS:
        root = city.root(stream)
        leaf = next(page for page in city.pages[stream] if page.members)
        for url in (root.url, leaf.url):
            tags: list[str] = []
            for accept in (*MEDIA_TYPES.values(), "text/html"):
                for coding in CODINGS:
                    page = get(url, accept, headers={"Accept-Encoding": coding or "identity"})
                    assert page.headers.get("content-encoding") == coding
                    tags.append(page.headers["etag"])
            assert max(Counter(tags).values()) == 1


def test_a_coded_body_is_the_same_body(city: City) -> None:
    """Rows 17, 28: whatever the coding, and only when it was asked for."""
    leaf = next(page for page in city.every_page if page.members)
    plain = get(leaf.url)
    for header, coding in [
        ("gzip", "gzip"),
        ("br,gzip,deflate", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("gzip;q=0, *;q=0", None),
        ("identity", None),
        ("*", "br"),
        ("deflate", None),
    ]:
        page = get(leaf.url, headers={"Accept-Encoding": header})
        assert page.headers.get("content-encoding") == coding, header
        assert page.body == plain.raw
        if coding:
            assert len(page.raw) < len(plain.raw)


def test_a_tag_changes_with_every_statement_and_survives_a_restart(tmp_path: Path) -> None:
    """Row 18; P4: a sealed node never changes by a byte."""
    clock = ManualClock(at(2026, 5, 12, 8))
    with local_service(tmp_path, clock, SMALL_PAGES) as service:
        port = service.port
        service.push([events.configuration("K1", at(2026, 5, 12, 8))])
        for number in range(30):
            moment = at(2026, 5, 12, 9) + number * timedelta(minutes=30)
            service.push([events.measurement("K1", moment, value=f"{number}")], moment)
        first = {page.url: page for page in crawl(f"{service.url}/techniek/by-time")}
        reports = check_service(service.url, service.core.log_path, forms_every=1)
    with local_service(tmp_path, clock, SMALL_PAGES, port) as service:
        for url, page in first.items():
            again = get(url)
            assert (again.headers["etag"], again.body) == (page.headers["etag"], page.body)
        check_service(service.url, service.core.log_path, previous=snapshots(reports))
    other = {
        **SMALL_PAGES,
        "polling_interval_seconds": 61,
        "streams": {"techniek": {"title_nl": "Anders"}},
    }
    with local_service(tmp_path, clock, other, port) as service:
        for url, page in first.items():
            again = get(url)
            changed = url.endswith("/by-time")
            assert (again.headers["etag"] != page.headers["etag"]) is changed
            assert (again.body != page.body) is changed


def test_a_tag_changes_when_a_member_comes(tmp_path: Path) -> None:
    """Rows 18, 22, 23: open pages change with their tag, immutable ones never."""
    start = at(2026, 5, 12, 8)
    with local_service(tmp_path, ManualClock(start), SMALL_PAGES) as service:
        service.push([events.configuration("K1", start)])
        root = f"{service.url}/techniek/by-time"
        before: dict[str, Page] = {}
        for number in range(40):
            moment = start + number * timedelta(hours=7)
            service.push([events.measurement("K1", moment, value=f"{number}")], moment)
            pages = {page.url: page for page in crawl(root)}
            for url, page in before.items():
                assert url in pages
                same_tag = pages[url].headers["etag"] == page.headers["etag"]
                assert same_tag == (pages[url].body == page.body)
                if page.is_immutable:
                    assert pages[url].body == page.body
                    assert pages[url].is_immutable
            assert any(pages[url].body != page.body for url, page in before.items()) or not before
            before = pages


def test_caching_says_of_every_page_what_is_true(city: City) -> None:
    """Rows 19, 20, 21, 25: immutable in the header and on the page, or on neither."""
    kinds: Counter[bool] = Counter()
    for page in city.every_page:
        said = [str(value) for value in page.objects(page.url, f"{LDES}immutable")]
        kinds[page.is_immutable] += 1
        if page.is_immutable:
            assert page.headers["cache-control"] == IMMUTABLE_CACHING
            assert said == ['"true"^^<http://www.w3.org/2001/XMLSchema#boolean>']
        else:
            assert said == []
            match = re.fullmatch(r"public, max-age=(\d+)", page.headers["cache-control"])
            assert match
            interval = city.root().value(city.root().stream, f"{LDES}pollingInterval")
            assert 0 < int(match[1]) <= int(interval.value)
        assert b"immutable> false" not in page.body
        assert b"immutable false" not in page.body
    assert kinds[True] > 20
    assert kinds[False] > 5


def test_the_root_and_the_stream_are_never_immutable(city: City) -> None:
    """Row 24, over all formats, HTML too."""
    for stream in STREAMS:
        for path in (f"/{stream}", f"/{stream}/by-time"):
            for accept in (*MEDIA_TYPES.values(), "text/html"):
                page = get(city.url + path, accept)
                assert "immutable" not in page.headers["cache-control"]
                if accept != "text/html":
                    assert all("immutable" not in q.predicate.value for q in page.quads)


def test_only_the_newest_path_is_open(city: City) -> None:
    """Rows 26, 27: what ended is immutable, inner nodes too, and all that hangs below it."""
    for pages in city.pages.values():
        by_url = {page.url: page for page in pages}
        for page in pages:
            if page.is_immutable:
                assert all(by_url[child].is_immutable for child in page.children)
            else:
                assert sum(not by_url[child].is_immutable for child in page.children) <= 1
        open_pages = [page.url for page in pages if not page.is_immutable]
        assert all(b.startswith(a) for a, b in pairwise(open_pages))


def test_a_node_whose_time_is_over_is_sealed_by_the_clock(tmp_path: Path) -> None:
    """Row 26; P3: publication time never goes back, whatever the clock does."""
    start = at(2026, 12, 31, 23)
    with local_service(tmp_path, ManualClock(start), SMALL_PAGES) as service:
        service.push([events.configuration("K1", start)])
        root = f"{service.url}/kasten/by-time"
        assert not any(page.is_immutable for page in crawl(root))
        service.seal(at(2026, 12, 31, 23, 59))
        assert not any(page.is_immutable for page in crawl(root))
        service.seal(at(2027, 1, 1))
        assert [page.is_immutable for page in crawl(root)][:2] == [False, True]
        reports = check_service(service.url, service.core.log_path, forms_every=1)
        # The clock goes back into the sealed year: the member goes to the new one.
        service.push([events.status("K1", at(2026, 12, 31, 23, 30))], at(2026, 12, 31, 23, 30))
        check_service(service.url, service.core.log_path, previous=snapshots(reports))
        assert {page.url for page in crawl(root)} >= {f"{root}/2026", f"{root}/2027"}


def test_head_is_get_without_a_body(city: City) -> None:
    """Row 28: the same headers, for every kind of document, format and coding."""
    for url in documents(city):
        for accept in ("text/turtle", "application/ld+json", "text/html"):
            for coding in CODINGS:
                headers = {"Accept-Encoding": coding or "identity"}
                whole = get(url, accept, headers=headers)
                head = get(url, accept, method="HEAD", headers=headers)
                assert (head.status, head.raw) == (200, b"")
                assert int(head.headers["content-length"]) == len(whole.raw)
                assert {**head.headers, "date": ""} == {**whole.headers, "date": ""}


def test_head_is_conditional_too(city: City) -> None:
    page = city.root()
    headers = {"If-None-Match": page.headers["etag"]}
    assert get(page.url, method="HEAD", headers=headers).status == 304


def test_no_answer_is_for_one_client_only(city: City) -> None:
    """Row 29."""
    for url in documents(city):
        page = get(url)
        assert "set-cookie" not in page.headers
        assert get(url, headers={"Cookie": "a=b", "User-Agent": "x"}).body == page.body
