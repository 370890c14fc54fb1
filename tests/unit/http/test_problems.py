"""Errors as RFC 9457 problem documents."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from ldes_shok.http.problems import not_found, problem, try_again, unauthorized

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
        "instance": "/kasten/by-time/<x>",
    }


def test_the_particular_ones() -> None:
    assert _document(not_found(REQUEST, "nothing"))["status"] == 404
    refused = unauthorized(REQUEST, "send a token")
    assert _document(refused)["status"] == 401
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="ldes-shok"'
    with_token = make_mocked_request("GET", "/", headers={"Authorization": "Bearer wrong"})
    challenge = unauthorized(with_token, "send another").headers["WWW-Authenticate"]
    assert challenge == 'Bearer realm="ldes-shok", error="invalid_token"'
    later = try_again(REQUEST, HTTPStatus.SERVICE_UNAVAILABLE, "full", 7)
    assert _document(later)["detail"] == "full"
    assert later.headers["Retry-After"] == "7"
