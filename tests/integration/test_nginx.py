"""A real nginx with `deploy/nginx/ldes-shok.conf` before the real service."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from ldes_shok.clock import ManualClock
from tests.support.city import START
from tests.support.events import configuration, measurement, measurements, status
from tests.support.local_service import LocalService, local_service
from tests.support.nginx import Nginx, running_nginx
from tests.support.raw_http import RawConnection
from tests.support.service import PUSH_TOKEN, STREAM_TOKEN, Tree, push, request

pytestmark = [pytest.mark.integration, pytest.mark.nginx]

ROOT: Final = "/verbruik-individueel/by-time"
CLOSED: Final = "/techniek/by-time"
DAY: Final = timedelta(days=1)
NEXT_YEAR: Final = START + 400 * DAY
LEAVES: Final = 40
OPEN_SECONDS: Final = 5
OVERRIDES: Final[Tree] = {
    "fragmentation": {"leaf_members": 10},
    "streams": {"techniek": {"access": "token", "token_env": ["TEST_STREAM_TOKEN"]}},
}
_REQUESTS: Final = re.compile(r'^ldes_shok_http_requests_total\{.*route="/\{stream\}.*\} (\S+)$')

LDES_CLIENT: Final = (
    "application/n-quads,application/trig;q=0.95,application/ld+json;q=0.9,"
    "application/n-triples;q=0.8,text/turtle;q=0.6,*/*;q=0.1"
)
BROWSER: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Front:
    """The service and nginx before it."""

    def __init__(self, service: LocalService, nginx: Nginx, cache: Path) -> None:
        self.service = service
        self.nginx = nginx
        self.cache = cache

    def get(self, path: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return request(self.nginx.url + path, headers=named)

    def straight(self, path: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
        """Past nginx."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return request(self.service.url + path, headers=named)

    def asked(self) -> int:
        """How many requests for streams and nodes the service has answered."""
        metrics = request(f"{self.service.url}/metrics")[2].decode()
        found = [_REQUESTS.match(line) for line in metrics.splitlines()]
        return sum(int(float(match[1])) for match in found if match)


def _front(
    stack: ExitStack,
    service_stack: ExitStack,
    directory: Path,
    limits: Mapping[str, str] | None = None,
) -> Front:
    """`service_stack` stops the service; `stack` all else; `limits` changes those of nginx."""
    clock = ManualClock(START)
    service = service_stack.enter_context(local_service(directory, clock, OVERRIDES))
    service.push([configuration("VBS-001", START)], at=START)
    for number in range(LEAVES):
        moment = START + number * timedelta(minutes=1)
        service.push(list(measurements("VBS-001", moment, 10, timedelta(seconds=1))), at=moment)
    service.push([measurement("VBS-001", START + DAY)], at=START + DAY)
    service.seal(START + DAY + timedelta(seconds=1))
    address = f"127.0.0.1:{service.port}"
    changes = {
        "/var/cache/nginx/ldes-shok": str(directory / "cache"),
        # Two readers, the first of which is down: nothing listens on port 9.
        "    server 127.0.0.1:8080;\n    # server 127.0.0.1:8081;\n": (
            f"    server 127.0.0.1:9;\n    server {address};\n"
        ),
        "server 127.0.0.1:8080 max_fails=1": f"server {address} max_fails=1",
    }
    nginx = running_nginx(directory / "nginx", "ldes-shok.conf", {**changes, **(limits or {})})
    return Front(service, stack.enter_context(nginx), directory / "cache")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with ExitStack() as service_stack, ExitStack() as stack:
        yield _front(stack, service_stack, tmp_path_factory.mktemp("front"))


@pytest.fixture(scope="module")
def leaves() -> Iterator[str]:
    """Sealed leaves that no test has asked for yet."""
    return (f"{ROOT}/2026/05/11/p{number}" for number in range(1, LEAVES + 1))


@pytest.fixture
def leaf(leaves: Iterator[str]) -> str:
    """One of them."""
    return next(leaves)


def test_a_client_may_close_its_sending_side(front: Front, leaf: str) -> None:
    """RFC 9112, 9.6: of what is kept, of what is asked for now, and of what it sent."""
    event = status("VBS-001", START)
    pushed = (
        f"POST /ingest HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {PUSH_TOKEN}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(event)}\r\n\r\n"
    )
    asked = [f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for path in (leaf, "/", CLOSED)]
    for sent, code in ((pushed.encode() + event, 200), *zip(asked, (200, 200, 401), strict=True)):
        for _ in range(2):
            with RawConnection.to(front.nginx.port) as connection:
                connection.send(sent)
                connection.end()
                assert connection.answer().startswith(f"HTTP/1.1 {code} ".encode())


def test_a_sealed_node_never_reaches_the_service_twice(front: Front, leaf: str) -> None:
    """However Accept and Accept-Encoding are spelled: once for each form and coding."""
    spellings = {
        "ttl": ["*/*", "text/turtle", "text/turtle,*/*;q=0.1", "text/turtle, text/html;q=0.5"],
        "nq": [LDES_CLIENT, "application/n-quads", "application/n-quads,text/turtle;q=0.9"],
        "jsonld": ["application/ld+json", "application/ld+json, text/turtle;q=0.8, */*;q=0.1"],
    }
    codings = {"gzip": ["gzip", "gzip, deflate", "deflate,gzip"], "br": ["br", "gzip, deflate, br"]}
    for form, accepts in spellings.items():
        for coding, encodings in codings.items():
            before = front.asked()
            expected = front.straight(leaf, Accept=accepts[0], Accept_Encoding=encodings[0])
            for _ in range(2):
                for accept in accepts:
                    for encoding in encodings:
                        got = front.get(leaf, Accept=accept, Accept_Encoding=encoding)
                        assert got[0] == 200
                        assert got[2] == expected[2], (form, accept, encoding)
                        assert got[1]["content-encoding"] == coding
                        assert got[1]["etag"] == expected[1]["etag"]
                        assert got[1]["content-type"] == expected[1]["content-type"]
                        assert got[1]["cache-control"] == "public, max-age=604800, immutable"
                        assert got[1]["vary"] == "Accept, Accept-Encoding"
            assert front.asked() == before + 2, "one of them straight"
            assert expected[1]["etag"].endswith(f'-{form}-{coding}"')


@pytest.mark.parametrize(
    "accept",
    [
        "text/turtle, application/n-quads",
        "application/n-quads, text/turtle",
        "application/n-quads;q=0.4, application/ld+json;q=0.9",
        "application/trig;q=1, application/n-triples;q=1.0",
        "application/ld+json, application/n-quads;q=0.9, text/turtle",
        "application/n-triples;q=0, */*",
        "application/json",
        "image/png",
        "text/html, application/ld+json",
        "application/n-quads;x=1, text/turtle;q=0.2",
        "text/*, application/n-quads;q=0.9",
        BROWSER,
        "text/html, text/turtle, application/n-quads",
        "application/ld+json, application/trig",
        "application/trig, application/*",
        "application/n-triples, text/html",
        "application/n-triples, */*",
        "application/x-turtle",
        "application/metadata+trig",
        "APPLICATION/N-QUADS",
        "application/xhtml+xml",
        "image/png, x/y",
        "application/n-quadsx",
        'application/ld+json;profile="http://www.w3.org/ns/json-ld#expanded"',
        "application/n-quads; q=1",
        "text/turtle;q=0",
    ],
)
def test_whoever_asks_gets_the_form_that_the_service_would_give(
    front: Front, leaf: str, accept: str
) -> None:
    """The few spellings of the key never make another choice than the service does."""
    _, straight, _ = front.straight(leaf, Accept=accept)
    for _ in range(2):
        _, headers, _ = front.get(leaf, Accept=accept)
        assert headers["content-type"] == straight["content-type"]
        assert headers["etag"] == straight["etag"]


@pytest.mark.parametrize(
    "encoding", ["identity", "gzip;q=0, br;q=0.5", "br;q=0, gzip", "*", "gzip;q=0", "compress"]
)
def test_whoever_asks_gets_the_coding_that_the_service_would_give(
    front: Front, leaf: str, encoding: str
) -> None:
    for kept in ("gzip", "br", ""):
        front.get(leaf, Accept_Encoding=kept)
    _, straight, _ = front.straight(leaf, Accept_Encoding=encoding)
    _, headers, _ = front.get(leaf, Accept_Encoding=encoding)
    assert headers.get("content-encoding") == straight.get("content-encoding")
    assert headers["etag"] == straight["etag"]


ODD = [f"application/n-quads;q=0.{n}, text/turtle;q=0.{n + 1}, x/y{n}" for n in range(10, 60)]


def test_whoever_invents_spellings_does_not_fill_the_cache(front: Front, leaf: str) -> None:
    """A spelling has the copy of its form, or none."""
    kept = front.cache

    def copies() -> int:
        return sum(file.is_file() for file in kept.rglob("*"))

    for accept in ("text/turtle", "application/n-quads", "application/ld+json"):
        front.get(leaf, Accept=accept, Accept_Encoding="gzip")
    before = copies()
    assert before > 0
    for number, accept in enumerate(ODD):
        _, headers, _ = front.get(leaf, Accept=accept, Accept_Encoding="gzip")
        assert headers["x-cache-status"] == "BYPASS"
        _, headers, _ = front.get(leaf, Accept=f"image/x{number}, y/z", Accept_Encoding="gzip")
        assert headers["x-cache-status"] == "HIT"
        encoding = f"gzip;q=0.{number + 1}, br;q=0"
        _, headers, _ = front.get(leaf, Accept_Encoding=encoding)
        assert headers["x-cache-status"] == "BYPASS"
    assert copies() == before


def test_the_linkable_forms_have_one_copy_whatever_is_accepted(front: Front, leaf: str) -> None:
    before = front.asked()
    for accept in ("text/html", "text/turtle", BROWSER, "image/png"):
        status, headers, _ = front.get(f"{leaf}?format=nq", Accept=accept)
        assert status == 200
        assert headers["content-type"].startswith("application/n-quads")
    assert front.asked() == before + 1


def test_many_at_once_ask_the_service_once(front: Front, leaf: str) -> None:
    before = front.asked()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: front.get(f"{leaf}?format=trig"), range(40)))
    assert {answer[0] for answer in answers} == {200}
    assert len({answer[2] for answer in answers}) == 1
    assert front.asked() == before + 1


def test_not_modified_comes_from_the_cache(front: Front, leaf: str) -> None:
    _, headers, _ = front.get(leaf, Accept_Encoding="gzip")
    before = front.asked()
    status, again, body = front.get(leaf, Accept_Encoding="gzip", If_None_Match=headers["etag"])
    assert (status, body) == (304, b"")
    assert again["etag"] == headers["etag"]
    assert front.asked() == before


def _when_too_old(front: Front, path: str) -> tuple[int, Mapping[str, str], bytes]:
    """The first answer that is no copy; all copies before it are young enough."""
    begun = last = time.monotonic()
    while (answer := front.get(path))[1]["x-cache-status"] == "HIT":
        assert last - begun <= OPEN_SECONDS + 1, "nginx counts whole seconds"
        time.sleep(0.05)
        last = time.monotonic()
    return answer


def test_an_open_node_is_at_most_five_seconds_old(front: Front) -> None:
    """Then its ETag is asked for, which costs a 304; or what is new comes."""
    _, headers, body = front.get(ROOT)
    assert headers["cache-control"] == f"public, max-age={OPEN_SECONDS}"
    before = front.asked()
    status, headers, again = _when_too_old(front, ROOT)
    assert (status, headers["x-cache-status"], again) == (200, "REVALIDATED", body)
    front.service.push([measurement("VBS-001", NEXT_YEAR)], at=NEXT_YEAR)
    status, headers, again = _when_too_old(front, ROOT)
    assert (status, headers["x-cache-status"]) == (200, "EXPIRED")
    assert again == front.straight(ROOT)[2] != body
    assert front.asked() == before + 3, "one of them straight"


@pytest.mark.parametrize("scheme", ["Bearer", "Basic"])
def test_what_is_read_with_a_token_is_never_kept(front: Front, scheme: str) -> None:
    credentials = b64encode(f"anybody:{STREAM_TOKEN}".encode()).decode()
    token = f"Basic {credentials}" if scheme == "Basic" else f"Bearer {STREAM_TOKEN}"
    for _ in range(2):
        before = front.asked()
        status, headers, _ = front.get(CLOSED, Authorization=token)
        assert (status, headers["cache-control"]) == (200, "private, max-age=5")
        assert headers["x-cache-status"] == "BYPASS"
        assert front.asked() == before + 1
    assert front.get(CLOSED)[0] == 401
    assert "Basic" in front.get(CLOSED)[1]["www-authenticate"]
    assert front.get(CLOSED, Authorization="Bearer wrong")[0] == 401
    assert front.get(CLOSED, Authorization=token)[0] == 200, "no 401 was kept either"


def test_a_private_answer_is_not_kept_without_a_header_that_says_so(front: Front) -> None:
    """Cache-Control: private alone is enough: errors and health are never stored."""
    for path in ("/health/live", "/nothing/by-time", ROOT + "/1999"):
        front.get(path)
        assert front.get(path)[1].get("x-cache-status", "MISS") == "MISS"


def test_events_go_in_through_it(front: Front) -> None:
    moment = NEXT_YEAR + DAY
    front.service.clock.set(moment)
    status, _, body = push(front.nginx.url, [measurement("VBS-001", moment)])
    assert status == 200, body
    assert b'"published":1' in body


FEW: Final = {
    "rate=100r/s": "rate=1r/m", "burst=400 delay=200": "burst=3 nodelay",
    "rate=50r/s": "rate=1r/m", "burst=200 delay=100": "burst=2 nodelay",
    "rate=10r/s": "rate=1r/m", "burst=100 delay=50": "burst=1 nodelay",
}  # fmt: skip


def test_one_address_asks_only_so_much(tmp_path: Path) -> None:
    """Pages, events and stations each for themselves; who is refused hears when to come back."""
    with ExitStack() as service_stack, ExitStack() as stack:
        front = _front(stack, service_stack, tmp_path, FEW)
        asked = [front.get(ROOT) for _ in range(6)]
        assert [answer[0] for answer in asked] == [200] * 4 + [429] * 2
        _, headers, body = asked[-1]
        assert (headers["retry-after"], headers["cache-control"]) == ("2", "no-store")
        assert b"try again in 2 s" in body
        event = measurement("VBS-001", START)
        pushed = [push(front.nginx.url, [event])[0] for _ in range(4)]
        assert pushed == [200] * 3 + [429]
        stations = [front.get("/ocpp16/kasten/CP-1")[0] for _ in range(3)]
        assert stations == [401] * 2 + [429]
        assert front.get("/health/live")[0] == 200, "whoever watches is not held up"


def test_one_address_has_only_so_many_requests_under_way(tmp_path: Path) -> None:
    with ExitStack() as service_stack, ExitStack() as stack:
        limits = {"limit_conn ldes_shok_connections 64": "limit_conn ldes_shok_connections 1"}
        front = _front(stack, service_stack, tmp_path, limits)
        with RawConnection.to(front.nginx.port) as slow:
            slow.send(b"POST /ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1")
            while front.get(ROOT)[0] != 429:
                pass  # nginx has not read it yet
            slow.send(b"23456789")
            assert slow.answer().startswith(b"HTTP/1.1 401 ")
        while front.get(ROOT)[0] != 200:
            pass  # nor that it ended


def test_metrics_are_not_for_the_world(front: Front) -> None:
    assert front.get("/metrics")[0] == 404


def test_while_the_service_is_down_pages_are_served_as_they_were(tmp_path: Path) -> None:
    leaf = f"{ROOT}/2026/05/11/p1"
    with ExitStack() as service_stack, ExitStack() as stack:
        front = _front(stack, service_stack, tmp_path)
        sealed, opened = front.get(leaf, Accept_Encoding="gzip"), front.get(ROOT)
        service_stack.close()
        status, headers, body = front.get(leaf, Accept_Encoding="gzip")
        assert (status, headers["x-cache-status"], body) == (200, "HIT", sealed[2])
        status, headers, body = _when_too_old(front, ROOT)
        assert (status, headers["x-cache-status"], body) == (200, "STALE", opened[2])
        assert front.get(f"{leaf}?format=nt")[0] == 502, "it was never asked for before"
