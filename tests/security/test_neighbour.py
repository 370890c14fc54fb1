"""A stream that is followed, whose server wants our memory: measured in a process of its own."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.support.following import follow
from tests.support.neighbour import Neighbour, Said, neighbour, node

MB = 1024 * 1024
GROWN_BYTES = 160 * MB
"""What any page may take while it is read; the worst one that is known takes 105 MB."""

_HERE = "http://here.invalid"
_MANY = 320_000


def _links(count: int, length: int) -> bytes:
    return node(f"{_HERE}/s", [f"{_HERE}/{'l' * length}{number}" for number in range(count)])


def _named() -> bytes:
    """Each name repeats a prefix of four megabytes."""
    return (
        b"@prefix p: <http://x.invalid/%s> .\n" % (b"y" * 4 * MB) + b"p:a p:b p:c , p:d .\n" * 9_000
    )


_PREFIXES = b"@base <http://x.invalid/%s> .\n" % (b"y" * MB) + b"@prefix p: <a> .\n" * 9_000

PAGES = {
    "14 MB of links": (Said(_links(45_000, 60)), "8388608 bytes, which is max_page_bytes"),
    "many links": (Said(_links(9_000, 200)), "9000 links, and max_page_links is 2000"),
    "long links": (Said(_links(100, 40_000)), "is an address of 40"),
    "a line without an end": (
        Said(b'<a:b> <c:d> "' + b"x" * (8 * MB - 100) + b'" .\n'),
        "a statement at most 65536",
    ),
    "lines of nothing": (Said(b"\n" * (8 * MB - 1)), "more statements than 20000"),
    "a list in Turtle": (
        Said(b"<a:b> <c:d> (" + b"1 " * (_MANY - 100) + b").", "text/turtle"),
        "more statements than 20000",
    ),
    "nesting in Turtle": (Said(b"<a:b> <c:d> " + b"[" * 9_000, "text/turtle"), "it is not turtle"),
    "long names in Turtle": (Said(_named(), "text/turtle"), "bytes, written out"),
    "many prefixes": (
        Said(_PREFIXES, "text/turtle"),
        "prefixes in",
    ),
    "values in JSON-LD": (
        Said(b'{"@id":"a:b","c:d":[' + b"1," * 3_000_000 + b"1]}", "application/ld+json"),
        "more statements than 20000",
    ),
    "nesting in JSON-LD": (
        Said(b'{"a":' * 50_000, "application/ld+json"), "it is not JSON-LD",
    ),
    "a context that makes long names": (
        Said(b'{"@context":{"p":"http://x.invalid/%s"}}' % (b"y" * MB), "application/ld+json"),
        "it has a context of its own",
    ),
    "a bomb": (
        Said(gzip.compress(b"\n" * (200 * MB)), headers={"Content-Encoding": "gzip"}),
        "which is max_page_bytes",
    ),
    "a coding that was not offered": (
        Said(b"\x0b\x02\x80aaaa\x03", headers={"Content-Encoding": "br"}), "is coded with br",
    ),
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_hostile_page_is_refused_takes_little_and_leaves_nothing(
    page: str, tmp_path: Path
) -> None:
    """Bytes, links, their length, depth and what is remembered are bounded together."""
    said, sentence = PAGES[page]
    servers: list[Neighbour] = []

    def answer(_path: str) -> Said:
        here = servers[0].url.encode()
        body = said.body if said.headers else said.body.replace(_HERE.encode(), here)
        return Said(body, said.media_type, headers=said.headers)

    with neighbour(answer) as server:
        servers.append(server)
        followed = follow(f"{server.url}/s", tmp_path)
    (error,) = followed.errors
    assert sentence in error
    assert len(error) < 1_000
    assert followed.grown_bytes < GROWN_BYTES
    assert followed.remembered_bytes == 0
    assert followed.members == 0


def test_redirects_without_end_are_refused(tmp_path: Path) -> None:
    def answer(path: str) -> Said:
        return Said(b"#" * (8 * MB), status=302, headers={"Location": f"{path}x"})

    with neighbour(answer) as server:
        followed = follow(f"{server.url}/s", tmp_path)
        assert len(server.asked) == 6
    assert "more than 5 redirects" in followed.errors[0]
    assert followed.grown_bytes < GROWN_BYTES


def test_a_tree_without_end_is_remembered_up_to_a_limit(tmp_path: Path) -> None:
    """Every page says that it never changes, and leads to hundreds of others."""
    servers: list[Neighbour] = []

    def answer(path: str) -> Said:
        url = f"{servers[0].url}{path}"
        names = [f"{url}/{number}{'y' * 40}" for number in range(200)]
        return Said(node(url, names, immutable=True))

    with neighbour(answer) as server:
        servers.append(server)
        limits = {"max_remembered_bytes": 400_000}
        followed = follow(f"{server.url}/s", tmp_path, 3, limits)
    assert all("and max_remembered_bytes is 400000" in error for error in followed.errors)
    assert len(followed.errors) == 3
    assert 100_000 < followed.remembered_bytes <= 400_000
    assert followed.grown_bytes < GROWN_BYTES


def test_an_honest_stream_of_years_is_remembered_in_some_kilobytes(tmp_path: Path) -> None:
    pages: dict[str, tuple[dict[str, None], bool]] = {}
    for number in range(150):
        day = date(2025, 11, 1) + timedelta(days=number)
        last = number == 149
        path = ["/s", f"{day:%Y}", f"{day:%m}", f"{day:%d}", "p1"]
        for depth in range(1, 5):
            links, _ = pages.get("/".join(path[:depth]), ({}, True))
            links["/".join(path[: depth + 1])] = None
            pages["/".join(path[:depth])] = links, not last and depth > 1
        pages["/".join(path)] = {}, not last
    servers: list[Neighbour] = []

    def answer(path: str) -> Said:
        links, immutable = pages[path]
        url = servers[0].url
        return Said(node(f"{url}{path}", [f"{url}{link}" for link in links], immutable=immutable))

    with neighbour(answer) as server:
        servers.append(server)
        followed = follow(f"{server.url}/s", tmp_path, 2)
        assert len(pages) < len(server.asked) < len(pages) + 10
    assert followed.errors == ()
    assert len(pages) > 300
    assert followed.remembered_bytes < 6_000
    assert followed.grown_bytes < 40 * MB


def test_the_limits_of_a_neighbour_that_needs_more_are_settings(tmp_path: Path) -> None:
    page = node(f"{_HERE}/s", [f"{_HERE}/{number}" for number in range(1_100)])
    servers: list[Neighbour] = []

    def answer(path: str) -> Said:
        return Said(page.replace(_HERE.encode(), servers[0].url.encode()) if path == "/s" else b"")

    with neighbour(answer) as server:
        servers.append(server)
        refused = follow(f"{server.url}/s", tmp_path, 1, {"max_page_links": 1_000})
        followed = follow(f"{server.url}/s", tmp_path, 1, {"max_page_links": 1_100})
        assert {*server.asked} == {"/s", *(f"/{number}" for number in range(1_100))}
    assert "1100 links, and max_page_links is 1000" in refused.errors[0]
    assert followed.errors == ()
