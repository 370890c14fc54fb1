"""How a check from outside asks: what servers really do wrong, on a real socket."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ldes_shok.client.transport import HttpFetch, Manners, origin_of
from tests.support.patience import HANG_SECONDS

Answer = Callable[[BaseHTTPRequestHandler], None]
AGENT = "ldes-shok/test"


def body(status: int, content: bytes, **headers: str) -> Answer:
    """An answer; underscores in header names stand for dashes."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


class Server:
    """Answers by path, and remembers what it was asked.

    Attributes:
        url: of the server.
        answers: by path; a test fills it.
        asked: the path and headers of each request, and the number of its connection.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, dict[str, str], int]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.asked.append((self.path, headers, self.client_address[1]))
                server.answers[self.path](self)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """Say nothing."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"


@contextmanager
def served() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as running:
        yield running


@pytest.fixture
def fetch() -> Iterator[HttpFetch]:
    fetching = HttpFetch(Manners(AGENT, timeout_seconds=HANG_SECONDS, max_page_bytes=10_000))
    yield fetching
    fetching.close()


def test_one_connection_serves_many_pages(server: Server, fetch: HttpFetch) -> None:
    for number in range(3):
        server.answers[f"/{number}?a=b"] = body(200, b"page", Content_Type="Text/Turtle; x=y")
        answer = fetch(f"{server.url}/{number}?a=b", "text/turtle")
        assert (answer.status, answer.body, answer.media_type) == (200, b"page", "text/turtle")
    paths, headers, connections = zip(*server.asked, strict=True)
    assert list(paths) == ["/0?a=b", "/1?a=b", "/2?a=b"]
    assert len(set(connections)) == 1
    assert headers[0]["accept"] == "text/turtle"
    assert headers[0]["user-agent"] == AGENT
    assert "authorization" not in headers[0]


def test_gzip_is_undone(server: Server, fetch: HttpFetch) -> None:
    packed = gzip.compress(b"page" * 100, mtime=0)
    server.answers["/"] = body(200, packed, Content_Encoding="gzip")
    assert fetch(server.url, "*/*").body == b"page" * 100


@pytest.mark.parametrize(
    ("coding", "content", "reason"),
    [
        ("br", b"x", "coded with br"),
        ("gzip", b"plain text", "not the gzip that it says"),
        ("gzip", gzip.compress(b"page" * 1000, mtime=0)[:-12], "cut off"),
        ("gzip", gzip.compress(b"0" * 10_001, mtime=0), "more than 10000 bytes"),
        ("gzip", gzip.compress(b"x", mtime=0) + b"more", "goes on behind"),
        ("identity", b"0" * 10_001, "more than 10000 bytes"),
    ],
)
def test_what_is_no_whole_page_is_no_answer(
    server: Server, fetch: HttpFetch, coding: str, content: bytes, reason: str
) -> None:
    server.answers["/"] = body(200, content, Content_Encoding=coding)
    with pytest.raises(OSError, match=reason):
        fetch(server.url, "*/*")


def test_a_body_that_is_cut_off_is_no_answer(server: Server, fetch: HttpFetch) -> None:
    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True

    server.answers["/"] = cut
    with pytest.raises(OSError, match="96 bytes are missing"):
        fetch(server.url, "*/*")


def test_a_kept_connection_that_was_closed_is_opened_again(
    server: Server, fetch: HttpFetch
) -> None:
    def once(handler: BaseHTTPRequestHandler) -> None:
        body(200, b"page")(handler)
        handler.close_connection = True

    server.answers["/"] = once
    for _ in range(3):
        assert fetch(server.url, "*/*").body == b"page"
    assert len({connection for _, _, connection in server.asked}) == 3


def test_nobody_there_is_no_answer(fetch: HttpFetch) -> None:
    with served() as gone:
        url = gone.url
    with pytest.raises(OSError, match="refused"):
        fetch(url, "*/*")


def test_redirects_are_followed_to_an_end(server: Server, fetch: HttpFetch) -> None:
    server.answers["/old"] = body(301, b"", Location="/new")
    server.answers["/new"] = body(302, b"", Location=f"{server.url}/page")
    server.answers["/page"] = body(200, b"page")
    answer = fetch(f"{server.url}/old", "*/*")
    assert (answer.url, answer.body) == (f"{server.url}/page", b"page")
    server.answers["/round"] = body(307, b"", Location="/round")
    with pytest.raises(OSError, match="redirects"):
        fetch(f"{server.url}/round", "*/*")
    server.answers["/file"] = body(302, b"", Location="file:///etc/passwd")
    with pytest.raises(OSError, match="must start with http"):
        fetch(f"{server.url}/file", "*/*")


def test_a_token_goes_to_its_own_server_only(server: Server) -> None:
    with served() as other:
        fetch = HttpFetch(Manners(AGENT, "secret", server.url))
        server.answers["/"] = body(302, b"", Location=f"{other.url}/")
        other.answers["/"] = body(200, b"page")
        assert fetch(f"{server.url}/", "*/*").body == b"page"
        fetch.close()
    assert server.asked[0][1]["authorization"] == "Bearer secret"
    assert "authorization" not in other.asked[0][1]


@pytest.mark.parametrize("url", ["", "kasten", "ftp://shok.test/", "http:///kasten", "file:///x"])
def test_only_web_addresses_have_an_origin(url: str) -> None:
    with pytest.raises(ValueError, match="must start with http"):
        origin_of(url)


def test_a_page_that_is_as_it_was_is_an_empty_304(server: Server, fetch: HttpFetch) -> None:
    server.answers["/page"] = body(304, b"", ETag='"a"', Content_Encoding="gzip")
    answer = fetch(f"{server.url}/page", "text/turtle", '"a"')
    assert (answer.status, answer.body) == (304, b"")
    assert server.asked[0][1]["if-none-match"] == '"a"'


def test_whoever_waits_is_let_go_for_good(server: Server, fetch: HttpFetch) -> None:
    arrived, done = threading.Event(), threading.Event()

    def hang(_handler: BaseHTTPRequestHandler) -> None:
        arrived.set()
        done.wait(HANG_SECONDS)

    server.answers["/page"] = hang
    problems: list[OSError] = []

    def ask() -> None:
        with pytest.raises(OSError) as caught:
            fetch(f"{server.url}/page", "text/turtle")
        problems.append(caught.value)

    asking = threading.Thread(target=ask)
    asking.start()
    assert arrived.wait(HANG_SECONDS)
    fetch.abort()
    asking.join(HANG_SECONDS)
    done.set()
    assert len(problems) == 1
