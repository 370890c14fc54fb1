"""Errors as RFC 9457 problem documents."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from ldes_shok.http.serving.problems import challenge, instance_of, not_found, problem, try_again

REQUEST = make_mocked_request("GET", "/kasten/by-time/<x>")


def _document(response: web.Response) -> dict[str, object]:
    assert isinstance(response.body, bytes)
    found: dict[str, object] = msgspec.json.decode(response.body)
    assert found["status"] == response.status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Cache-Control"] == "no-store"
    return found


@pytest.mark.parametrize("status", [HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE])
def test_a_problem_says_what_and_where(status: HTTPStatus) -> None:
    assert _document(problem(REQUEST, status, "do this")) == {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": "do this",
        "instance": "/kasten/by-time/%3Cx%3E",
    }


def test_the_particular_ones() -> None:
    assert _document(not_found(REQUEST, "nothing"))["status"] == 404
    later = try_again(REQUEST, HTTPStatus.SERVICE_UNAVAILABLE, "full", 7)
    assert _document(later)["detail"] == "full"
    assert later.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    ("path", "instance"),
    [
        ("/kasten/by-time", "/kasten/by-time"),
        ("/a%20b:c@d", "/a%20b:c@d"),
        ('/a b<c>"|\\^`{}', "/a%20b%3Cc%3E%22%7C%5C%5E%60%7B%7D"),
        ("/100%", "/100%25"),
        ("/%zz", "/%25zz"),
        ("/caf\u00e9", "/caf%C3%A9"),
        ("/\udcff", "/%FF"),
        ("/a?b#c", "/a%3Fb%23c"),
        # Else it would be a path of another host.
        ("//evil.example/x", "/.//evil.example/x"),
        ("*", "*"),
    ],
)
def test_the_instance_is_a_uri_reference(path: str, instance: str) -> None:
    """RFC 9457, 3.1.5."""
    assert instance_of(path) == instance
    resolved = urljoin("http://shok.test/", instance)
    assert urlsplit(resolved).netloc == "shok.test"


def test_both_schemes_are_named() -> None:
    """RFC 9110, 11.6.1; of a token that was sent also what is wrong (RFC 6750, 3.1)."""
    basic = ', Basic realm="ldes-shok", charset="UTF-8"'
    assert challenge()["WWW-Authenticate"] == f'Bearer realm="ldes-shok"{basic}'
    wrong = challenge("invalid_token", "nobody has it")["WWW-Authenticate"]
    said = ', error="invalid_token", error_description="nobody has it"'
    assert wrong == f'Bearer realm="ldes-shok"{said}{basic}'
