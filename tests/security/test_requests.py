"""Requests that two readers could read as two different things, or that want to be someone."""

from __future__ import annotations

import gzip
import json
import re
import socket
from base64 import b64encode

import pytest

from tests.security.conftest import CABINET, NOON, PLANTED
from tests.support.events import status
from tests.support.raw import connected, exchange, get, head_of, post, status_of
from tests.support.service import ServiceProcess, request

pytestmark = pytest.mark.integration

TOKEN = PLANTED["TEST_PUSH_TOKEN"]
STATUS_LINE = re.compile(rb"HTTP/1\.[01] \d{3} ")
HIDDEN = b"GET /kasten/hidden HTTP/1.1\r\nHost: x\r\n\r\n"


# ------------------------------------------------------------------------ request smuggling


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Content-Length": "4", "Transfer-Encoding": "chunked"}, id="CL and TE"),
        pytest.param({"Content-Length": "4, 4"}, id="a list of lengths"),
        pytest.param({"Content-Length": "4\r\nContent-Length: 5"}, id="two lengths"),
        pytest.param({"Content-Length": "-1"}, id="less than nothing"),
        pytest.param({"Content-Length": "+4"}, id="a sign"),
        pytest.param({"Content-Length": "0x4"}, id="hexadecimal"),
        pytest.param({"Content-Length": "", "Transfer-Encoding": "xchunked"}, id="TE unknown"),
        pytest.param({"Content-Length": "", "Transfer-Encoding": "chunked, x"}, id="not last"),
        pytest.param({"Content-Length": "", "Transfer-Encoding ": "chunked"}, id="TE space"),
        pytest.param({"Content-Length": "", "Transfer-Encoding": "\x0bchunked"}, id="TE tab"),
        pytest.param({"X": "a\r\n b", "Content-Length": "4"}, id="a folded line"),
        pytest.param({"X": "a\nTransfer-Encoding: chunked"}, id="a bare line feed"),
    ],
)
def test_a_body_has_one_length(service: ServiceProcess, headers: dict[str, str]) -> None:
    """What follows in the same bytes is never answered as a request of its own."""
    kept = {"Connection": "keep-alive", **headers}
    answer = exchange(service.port, post(b"0\r\n\r\n" + HIDDEN, TOKEN, kept))

    assert status_of(answer) == 400, answer[:300]
    assert len(STATUS_LINE.findall(answer)) == 1, "the rest is no request"


def test_a_coding_in_a_line_of_its_own_is_not_overlooked(service: ServiceProcess) -> None:
    """Several lines are one list: what is undone is what was looked at."""
    for lines in ("identity\r\nContent-Encoding: gzip", "gzip\r\nContent-Encoding: identity"):
        answer = exchange(
            service.port, post(gzip.compress(b"[]"), TOKEN, {"Content-Encoding": lines})
        )
        assert status_of(answer) == 415, answer[:300]


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\nabc\r\n0\r\n\r\n", b"-1\r\na\r\n0\r\n\r\n", b"ffffffffffffffffff\r\na\r\n",
        b"3\r\nabcd\r\n0\r\n\r\n", b"3 \r\nabc\r\n0\r\n\r\n", b"0x3\r\nabc\r\n0\r\n\r\n",
        b"3\nabc\n0\n\n", b"3\r\nabc\r\n0\r\nT: " + b"x" * 100_000 + b"\r\n\r\n",
    ],
)  # fmt: skip
def test_a_bad_chunk_is_refused(service: ServiceProcess, body: bytes) -> None:
    chunked = {"Content-Length": "", "Transfer-Encoding": "chunked", "Connection": "keep-alive"}
    answer = exchange(service.port, post(body + HIDDEN, TOKEN, chunked))
    assert status_of(answer) in {0, 400}
    assert len(STATUS_LINE.findall(answer)) <= 1


@pytest.mark.parametrize(
    ("first", "code"),
    [
        pytest.param(b"GET /\r\n\r\n", {400}, id="HTTP/0.9"),
        pytest.param(b"GET / HTTP/0.9\r\n\r\n", {400}, id="HTTP/0.9 said"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400}, id="HTTP/2"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", {400}, id="no host"),
        pytest.param(b'GET / HTTP/1.1\r\nHost: a"><script>\r\n\r\n', {400}, id="a script as host"),
        pytest.param(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", {400}, id="space before the colon"),
        pytest.param(b"GET / HTTP/1.1\nHost: x\n\n", {400}, id="line feeds"),
        pytest.param(b"G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n", {400}, id="NUL"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}, id="TLS"),
        pytest.param(b"\x00" * 2_000, {0, 400}, id="nothing"),
    ],
)
def test_what_is_no_http_is_refused(service: ServiceProcess, first: bytes, code: set[int]) -> None:
    assert status_of(exchange(service.port, first)) in code


def test_headers_are_limited_in_size_and_number(service: ServiceProcess) -> None:
    """One line, all of them, and how many: 400 or 431, and no memory is kept."""
    many = {f"X-{number}": "y" for number in range(5_000)}
    for headers in ({"X": "a" * 100_000}, {"X" * 100_000: "a"}, many):
        assert status_of(exchange(service.port, get("/", headers))) in {400, 431}
    with connected(service.port) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        with pytest.raises((ConnectionError, TimeoutError)):
            # Headers without an end: the server stops listening long before 100 MB.
            send_lines(connection, 1_000)


def send_lines(connection: socket.socket, count: int) -> None:
    for _ in range(count):
        connection.sendall(b"X: " + b"a" * 99_995 + b"\r\n")


# --------------------------------------------------------------- who it is asked as, and from


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:99999"},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
        {"X-Forwarded-Prefix": "/evil", "X-Forwarded-For": "10.0.0.1"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X-Original-URL": "/metrics", "X-Rewrite-URL": "/metrics"},
        {"X-HTTP-Method-Override": "DELETE"},
        {"Origin": "https://evil.example", "Referer": "https://evil.example"},
    ],
)
@pytest.mark.parametrize(
    "path",
    ["/", "/kasten", "/kasten/by-time", f"/id/kast/voorbeeldstad/{CABINET}", "/openapi.json"],
)
@pytest.mark.parametrize("accept", ["text/turtle", "text/html"])
def test_no_header_changes_an_address(
    service: ServiceProcess, headers: dict[str, str], path: str, accept: str
) -> None:
    """The public URL comes from the configuration."""
    plain = exchange(service.port, get(path, {"Accept": accept}))
    forged = exchange(service.port, get(path, {"Accept": accept, **headers}))

    assert b"evil" not in forged
    varying = {"date", "etag"}
    assert [f for f in head_of(forged) if f[0] not in varying] == [
        f for f in head_of(plain) if f[0] not in varying
    ]
    assert forged.partition(b"\r\n\r\n")[2] == plain.partition(b"\r\n\r\n")[2]


def test_an_absolute_target_is_only_a_path(service: ServiceProcess) -> None:
    answer = exchange(service.port, get("http://evil.example/kasten"))
    assert status_of(answer) == 200
    assert b"evil" not in answer


# ------------------------------------------------------------------------- methods and CORS


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "POST", "X"])
@pytest.mark.parametrize("path", ["/", "/kasten", "/kasten/by-time", "/metrics", "/health/live"])
def test_only_ingest_takes_anything(service: ServiceProcess, method: str, path: str) -> None:
    secret = "not-to-be-echoed"
    answered, headers, body = request(
        f"{service.url}{path}", method=method, headers={"Cookie": secret}
    )
    assert answered in {400, 404, 405, 501}
    assert secret not in f"{headers}{body!r}", "TRACE echoes nothing"


def test_any_page_may_read_and_none_gets_credentials(service: ServiceProcess) -> None:
    """`*` without credentials: a browser sends no cookie and no stored token along."""
    origin = {"Origin": "https://evil.example"}
    for path in ("/", "/kasten", "/kasten/by-time", "/nothing", "/health/ready"):
        _, headers, _ = request(f"{service.url}{path}", headers=origin)
        assert headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in headers
        assert "set-cookie" not in headers


def test_a_page_in_a_browser_cannot_push_without_the_token(service: ServiceProcess) -> None:
    """What a form may send without asking (RFC 6454 and Fetch: simple requests) is refused."""
    event = status(CABINET, NOON)
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        for authorization in ({}, {"Cookie": f"token={TOKEN}"}):
            answered, _, _ = request(
                f"{service.url}/ingest",
                method="POST",
                headers={"Content-Type": content_type, **authorization},
                body=event,
            )
            assert answered == 401


def test_a_page_in_a_browser_cannot_push_with_a_remembered_password(
    service: ServiceProcess,
) -> None:
    """A browser that was told a password once sends it along with a form of any page."""
    remembered = f"Basic {b64encode(f'me:{TOKEN}'.encode()).decode()}"
    event = status(CABINET, NOON)
    for origin in ("https://evil.example", "null", service.url):
        for content_type in ("text/plain", "application/json"):
            headers = {
                "Authorization": remembered,
                "Origin": origin,
                "Content-Type": content_type,
            }
            for path in ("/ingest", "/ingest/push"):
                answered, _, _ = request(
                    f"{service.url}{path}", method="POST", headers=headers, body=event
                )
                assert answered == 403


def test_every_answer_has_its_security_headers(service: ServiceProcess) -> None:
    """nosniff, a policy without scripts, no referrer; no version of any software."""
    html = {"Accept": "text/html"}
    for path in ("/", "/kasten", "/kasten/by-time", "/nothing", "/kasten?x=1", "/metrics"):
        _, headers, _ = request(f"{service.url}{path}", headers=html)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["server"] == "ldes-shok"


def test_requests_after_each_other_get_their_own_answers(service: ServiceProcess) -> None:
    """Pipelined, in one packet: answered in order, also around one with a body."""
    close = {"Connection": "keep-alive"}
    event = status(CABINET, NOON, occupancy="reserved")
    requests = [get("/health/live", close), post(event, TOKEN, close), get("/kasten", close)]
    with connected(service.port) as connection:
        connection.sendall(b"".join(requests))
        first, second, third = (read_one(connection) for _ in range(3))
    assert json.loads(first)["status"] == "ok"
    assert json.loads(second)["received"] == 1
    assert b"ldes:EventStream" in third


def read_one(connection: socket.socket) -> bytes:
    """One answer, not a byte more, so that the next stays in the socket."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    fields = dict(head_of(head))
    body = b""
    while len(body) < int(fields["content-length"]):
        body += connection.recv(int(fields["content-length"]) - len(body))
    return body
