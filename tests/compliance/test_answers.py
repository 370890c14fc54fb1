"""Checklist 1.C: status codes, overload, CORS, problem documents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.clock import ManualClock
from ldes_shok.errors import LogUnavailable
from ldes_shok.ldes.node import Node
from ldes_shok.pipeline.writer import Written
from tests.compliance.conftest import SMALL_PAGES, City, at
from tests.support import events
from tests.support.local_service import LocalService, local_service
from tests.support.pages import Page, crawl, get
from tests.support.patience import HANG_SECONDS
from tests.support.service import PUSH_TOKEN, STREAM_TOKEN, push

pytestmark = pytest.mark.compliance

NOT_NODES = [
    "/nothing",
    "/kasten/",
    "/kasten/by-place",
    "/kasten/by-time/",
    "/kasten/by-time/26",
    "/kasten/by-time/2026/",
    "/kasten/by-time//2026",
    "/kasten/by-time/2026/5",
    "/kasten/by-time/2026/13",
    "/kasten/by-time/2026/00",
    "/kasten/by-time/2026/02/30",
    "/kasten/by-time/2026/05/12/24",
    "/kasten/by-time/2026/05/12/18/60",
    "/kasten/by-time/1970",
    "/kasten/by-time/9999/12/31/23/59/59",
    "/kasten/by-time/p1",
    "/kasten/by-time/2025/12/p0",
    "/kasten/by-time/2025/12/30/p01",
    "/kasten/by-time/2025/12/30/p99999999999999999999",
    "/kasten/by-time/2025/12/30/p1/p1",
    "/kasten/by-time/2025%2F12",
    "/kasten/by-time/%32025",
    "/kasten/by%2Dtime",
    "/k%61sten/by-time",
    "/kasten/by-time/2025/12/30/p%31",
    "/kasten/by-time/..%2f..%2fetc%2fpasswd",
    "/kasten/by-time/%00",
    "/kasten/by-time/%F0%9F%94%8C",
    "/kasten/by-time/%ff",
    "/kasten/by-time/%D9%A2%D9%A0%D9%A2%D9%A6",
    "/kasten/by-time/2025;x=1",
    "/KASTEN",
    "/id/kast/nergens/K1",
    "/id/concept/kasttype/onbestaand",
    "/id/observatie/%41",
    "/shapes/nothing",
    "/static/../ldes-shok.yaml",
    "/index.html",
]


def problem(page: Page) -> dict[str, object]:
    """The RFC 9457 document of an error."""
    assert page.media_type == "application/problem+json"
    document = json.loads(page.body)
    assert isinstance(document, dict)
    assert document["status"] == page.status
    assert {"type", "title", "detail", "instance"} <= document.keys()
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["access-control-allow-origin"] == "*"
    return document


@pytest.mark.parametrize("path", NOT_NODES)
def test_what_is_not_there_is_404(city: City, path: str) -> None:
    """Row 41: unknown, not zero-padded, percent-encoded, no such day: a problem document."""
    page = get(city.url + path)
    assert page.status == 404, path
    assert problem(page)["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(city: City, method: str) -> None:
    """Row 41: 405 that says what is allowed."""
    for path in ("/", "/kasten", "/kasten/by-time", "/health/live", "/context.jsonld"):
        page = get(city.url + path, method=method)
        assert page.status == 405
        assert page.headers["allow"] == "GET, HEAD, OPTIONS"
        problem(page)


def test_ingest_is_posted_to(city: City) -> None:
    for method in ("GET", "PUT"):
        page = get(f"{city.url}/ingest", method=method)
        assert (page.status, page.headers["allow"]) == (405, "OPTIONS, POST")


def test_a_preflight_is_answered(city: City) -> None:
    """Row 42: with what a browser must know, on any page, existing or not."""
    leaf = next(page for page in city.every_page if page.members)
    for url in (city.root().url, leaf.url, f"{city.url}/kasten", f"{city.url}/nothing/at/all"):
        page = get(url, None, method="OPTIONS", headers={"Origin": "https://a.example"})
        assert (page.status, page.raw) == (204, b"")
        assert page.headers["access-control-allow-origin"] == "*"
        allowed = page.headers["access-control-allow-headers"].split(", ")
        assert {"Accept", "If-None-Match", "Authorization"} <= set(allowed)
        assert {"GET", "HEAD"} <= set(page.headers["access-control-allow-methods"].split(", "))
        assert int(page.headers["access-control-max-age"]) > 0


def test_a_browser_may_read_every_answer(city: City, restricted: LocalService) -> None:
    """Row 42: 200, 303, 304, 400, 401, 404 and 405 all carry the CORS headers."""
    root = city.root()
    entity = f"{city.url}/id/kast/voorbeeldstad/K1"
    answers = {
        200: get(root.url),
        303: get(entity),
        304: get(root.url, headers={"If-None-Match": root.headers["etag"]}),
        400: get(f"{root.url}?page=2"),
        401: get(f"{restricted.url}/techniek"),
        404: get(f"{city.url}/nothing"),
        405: get(root.url, method="PUT"),
    }
    for status, page in answers.items():
        assert page.status == status
        assert page.headers["access-control-allow-origin"] == "*"
        exposed = page.headers["access-control-expose-headers"].split(", ")
        assert {"ETag", "Retry-After", "Link", "Location", "Content-Location"} <= set(exposed)


def test_an_entity_leads_to_its_newest_version(city: City) -> None:
    """Rows 38, 39, 105: absolute, one hop; 303 for things, never for pages."""
    page = get(f"{city.url}/id/kast/voorbeeldstad/K1")
    assert page.status == 303
    version = get(page.headers["location"])
    assert version.status == 200
    assert version.url.startswith(f"{city.url}/id/kast/voorbeeldstad/K1/")
    redirected = [p.status for p in city.every_page if p.status in range(300, 400)]
    assert redirected == []


def test_a_protected_stream_asks_who_reads_it(restricted: LocalService) -> None:
    """Row 40; 25: 401 and not 403, the scheme named; what a token opens is private to caches."""
    for path in ("/techniek", "/techniek/by-time", "/techniek/by-time/2026", "/techniek/by-time/x"):
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": f"Basic {STREAM_TOKEN}"},
            {"Authorization": f"Bearer {PUSH_TOKEN}"},
            {"Authorization": STREAM_TOKEN},
        ):
            page = get(restricted.url + path, headers=headers)
            assert page.status == 401, path
            assert page.headers["www-authenticate"].startswith("Bearer ")
            problem(page)
    bearer = {"Authorization": f"Bearer {STREAM_TOKEN}"}
    seen = 0
    for path in ("/techniek", "/techniek/by-time", "/techniek/by-time/2026/05"):
        for accept in ("text/turtle", "text/html", "application/ld+json"):
            page = get(restricted.url + path, accept, headers=bearer)
            assert page.status == 200
            assert page.headers["cache-control"].startswith("private, max-age=")
            seen += page.is_immutable
    assert seen == 2


def test_a_stream_without_tokens_is_read_by_nobody(restricted: LocalService) -> None:
    """A token of another stream is known and does not suffice: 403 (RFC 6750, 3.1)."""
    for token, status in (("", 401), (PUSH_TOKEN, 401), (STREAM_TOKEN, 403)):
        headers = {"Authorization": f"Bearer {token}"}
        page = get(f"{restricted.url}/verbruik-individueel", headers=headers)
        assert page.status == status
        assert page.headers["www-authenticate"].startswith("Bearer ")


def test_what_is_in_a_protected_stream_is_not_told_elsewhere(restricted: LocalService) -> None:
    """Row 40 for members: an IRI that somebody got hold of opens nothing."""
    bearer = {"Authorization": f"Bearer {STREAM_TOKEN}"}
    leaf = get(f"{restricted.url}/techniek/by-time/2026/05/12/p1", headers=bearer)
    assert leaf.members
    for iri in leaf.members:
        assert get(iri).status == 401
        member = get(iri, headers=bearer)
        assert member.status == 200
        assert member.headers["cache-control"] == "private, max-age=604800, immutable"
    assert get(f"{restricted.url}/kasten").status == 200


def test_the_catalogue_and_the_shapes_of_protected_streams_are_open(
    restricted: LocalService,
) -> None:
    for path in ("/", "/shapes/techniek", "/context.jsonld", "/health/ready", "/metrics"):
        assert get(restricted.url + path).status == 200


def test_too_much_waiting_is_429_and_goes_by(tmp_path: Path) -> None:
    """Rows 30, 31 for senders: 429, Retry-After in whole seconds, and nothing is lost."""
    start = at(2026, 5, 12, 8)
    limits = {"ingest": {"max_queued_events": 2, "retry_after_seconds": 7}}
    with (
        local_service(tmp_path, ManualClock(start), limits) as service,
        ThreadPoolExecutor(2) as pool,
    ):
        entered, gate = Event(), Event()
        write = service.core.writer.write

        def slow(deliveries: Sequence[Delivery]) -> Written:
            entered.set()
            assert gate.wait(HANG_SECONDS)
            return write(deliveries)

        service.ingest._writer.write = slow  # type: ignore[method-assign]
        first = pool.submit(push, service.url, [events.configuration("K1", start)])
        assert entered.wait(HANG_SECONDS)
        second = pool.submit(push, service.url, [*events.measurements("K1", start, 2)])
        while service.ingest.queued_events < 2:
            assert not second.done()
        refused = Page("", *push(service.url, [events.status("K1", start)]))
        assert refused.status == 429
        assert refused.headers["retry-after"] == "7"
        problem(refused)
        assert get(f"{service.url}/kasten/by-time").status == 200
        assert get(f"{service.url}/health/ready").status == 503
        gate.set()
        assert [first.result()[0], second.result()[0]] == [200, 200]
        assert push(service.url, [events.status("K1", start)])[0] == 200
        assert get(f"{service.url}/health/ready").status == 200


def test_a_store_that_refuses_is_503_and_goes_by(tmp_path: Path) -> None:
    """Rows 31, 33: 503 with Retry-After; what is published stays readable."""
    start = at(2026, 5, 12, 8)
    with local_service(tmp_path, ManualClock(start)) as service:
        service.push([events.configuration("K1", start)])
        write = service.core.writer.write

        def refuse(_: Sequence[Delivery]) -> Written:
            raise LogUnavailable("the log cannot be written: disk full")

        service.ingest._writer.write = refuse  # type: ignore[method-assign,assignment]
        refused = Page("", *push(service.url, [events.status("K1", start)]))
        assert refused.status == 503
        assert int(refused.headers["retry-after"]) > 0
        problem(refused)
        assert get(f"{service.url}/health/ready").status == 503
        assert get(f"{service.url}/health/live").status == 200
        assert get(f"{service.url}/kasten/by-time").status == 200
        service.ingest._writer.write = write  # type: ignore[method-assign]
        assert push(service.url, [events.status("K1", start)])[0] == 200
        assert get(f"{service.url}/health/ready").status == 200


def test_no_linked_page_fails_while_leaves_roll_over(tmp_path: Path) -> None:
    """Rows 34, 44: a page is there before any link to it; crawled over and over."""
    start = at(2026, 5, 12, 8)
    with local_service(tmp_path, ManualClock(start), SMALL_PAGES) as service:
        service.push([events.configuration("K1", start)])
        done = Event()

        def live() -> None:
            for number in range(120):
                moment = start + number * timedelta(minutes=17)
                service.push([events.measurement("K1", moment, value=f"{number}")], moment)
            done.set()

        with ThreadPoolExecutor(1) as pool:
            life = pool.submit(live)
            rounds = 0
            while not done.is_set():
                assert list(crawl(f"{service.url}/techniek/by-time"))
                rounds += 1
            life.result()
        assert rounds > 2


def test_a_defect_is_answered_without_detail(tmp_path: Path) -> None:
    """Row 43: an error is an error, never half a page with 200."""
    start = at(2026, 5, 12, 8)
    with local_service(tmp_path, ManualClock(start)) as service:
        service.push([events.configuration("K1", start)])

        def fail(*_: str) -> Node | None:
            raise RuntimeError("a detail that is nobody's business")

        service.core.reader.node = fail  # type: ignore[method-assign,assignment]
        page = get(f"{service.url}/kasten/by-time/2026")
        assert page.status == 500
        assert b"nobody" not in page.body
        problem(page)
