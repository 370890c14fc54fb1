"""One address for everything, and requests as RFC 9112 has them."""

from __future__ import annotations

import msgspec
import pytest
from aiohttp import HttpVersion10, HttpVersion11, web
from aiohttp.http import HttpVersion
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from ldes_shok.clock import ManualClock
from ldes_shok.http.serving.plain_urls import no_parameters, refusal
from tests.support.vertical import NOON

CLOCK = ManualClock(NOON)


def status_of(refused: web.Response | None) -> int | None:
    return None if refused is None else refused.status


@pytest.mark.parametrize(
    ("path", "status"),
    [("/kasten", None), ("/kasten?format=n%71", None), ("/k%23", 404), ("/kasten%2F", 404),
     ("/%", 400)],
)  # fmt: skip
def test_nothing_is_percent_encoded(path: str, status: int | None) -> None:
    assert status_of(refusal(make_mocked_request("GET", path), CLOCK)) == status


@pytest.mark.parametrize(
    ("query", "word"),
    [("format=ttl&format=ttl", "format"), ("page=2", "page"), ("format=ttl&page=2", "page"),
     ("&", "format"), ("x", "x"), ("x=" + "y" * 100, "x")],
)  # fmt: skip
def test_any_other_parameter_is_a_problem(query: str, word: str) -> None:
    """`?x=1` is 400 everywhere: whoever means something by it must hear that we do not."""
    refused = refusal(make_mocked_request("GET", f"/kasten?{query}"), CLOCK)
    assert refused is not None
    assert (refused.status, refused.content_type) == (400, "application/problem+json")
    assert isinstance(refused.body, bytes)
    assert msgspec.json.decode(refused.body)["detail"].startswith(f"{word}: ")


def test_what_has_one_form_takes_no_format() -> None:
    assert status_of(no_parameters(make_mocked_request("GET", "/metrics?format=ttl"))) == 400
    assert no_parameters(make_mocked_request("GET", "/metrics")) is None


@pytest.mark.parametrize(
    ("version", "status"),
    [
        (HttpVersion11, None),
        (HttpVersion10, None),
        (HttpVersion(0, 9), 400),
        (HttpVersion(2, 0), 400),
    ],
)
def test_the_version_is_ours(version: HttpVersion, status: int | None) -> None:
    request = make_mocked_request("GET", "/kasten", version=version)
    assert status_of(refusal(request, CLOCK)) == status


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/", None),
        ("/a:b@c!$&'()*+,;=~.-_", None),
        ("//a", None),
        ("http://shok.test/kasten", None),
        ("HTTPS://[::1]:443/kasten", None),
        ("http://shok.test", None),
        ("*", None),
        ("/kasten#x", 400),
        ("/a<b>", 400),
        ('/"', 400),
        ("/a|b", 400),
        ("/a[1]", 400),
        ("/a{b}", 400),
        ("/a\\b", 400),
        ("/a^b`", 400),
        ("/caf\u00e9", 400),
        ("/\u212a", 400),
        ("/%zz", 400),
        ("http://u@shok.test/kasten", 400),
        ("http://u:p@shok.test/kasten", 400),
        ("ftp://shok.test/kasten", 400),
    ],
)
def test_the_target_is_an_address(target: str, status: int | None) -> None:
    assert status_of(refusal(make_mocked_request("GET", target), CLOCK)) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "shok.test"}, None),
        ({"Host": "shok.test:8080"}, None),
        ({"Host": "[2001:db8::1]:80"}, None),
        ({"Host": "192.0.2.1"}, None),
        ({"Host": "evil.example:99999"}, None),
        ({"Host": ""}, None),
        ({"Host": "a b/c"}, 400),
        ({"Host": "a/b"}, 400),
        ({"Host": "u@a"}, 400),
        ({"Host": "http://a"}, 400),
        ({"Host": "a:b"}, 400),
        ({"Host": "a:80:80"}, 400),
        ({"Host": "::1"}, 400),
        ({"Host": "[::1"}, 400),
        ({"Host": "a%"}, 400),
        ({"Host": 'a"><script>'}, 400),
        ({"Host": "\u212a"}, 400),
        ({"Transfer-Encoding": "chunked"}, None),
        ({"Transfer-Encoding": "Chunked"}, None),
        ({"Transfer-Encoding": "gzip, chunked"}, 501),
        ({"Authorization": "Bearer a"}, None),
    ],
)
def test_fields_are_what_they_must_be(headers: dict[str, str], status: int | None) -> None:
    assert status_of(refusal(make_mocked_request("GET", "/", headers), CLOCK)) == status


def test_who_it_is_stands_in_one_line() -> None:
    twice = CIMultiDict([("Authorization", "Bearer a"), ("authorization", "Bearer a")])
    assert status_of(refusal(make_mocked_request("GET", "/", twice), CLOCK)) == 400


def test_http_1_0_has_no_chunks() -> None:
    """RFC 9112, 6.1: the framing is faulty."""
    chunked = {"Transfer-Encoding": "chunked"}
    request = make_mocked_request("POST", "/ingest", chunked, version=HttpVersion10)
    assert status_of(refusal(request, CLOCK)) == 400
