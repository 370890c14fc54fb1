"""What holds of every address, by the routes that there are: none can be forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec
import pytest
from aiohttp import web

from tests.support.local_service import LocalService
from tests.support.raw_http import RawConnection
from tests.support.service import PUSH_TOKEN, STREAM_TOKEN, request

FILLED = {
    "stream": "kasten", "view": "by-time", "path": "2026/05/12/p1", "source": "push",
    "station": "CP-1", "tail": "concept/kasttype/marktkast",
}  # fmt: skip
NOTHING = ("/nothing", "/a/b/c/d", "/ns/x", "/health", "/static/x", "/shapes", "/id", "/kasten/")
FORMS = re.compile(r"/|/kasten.*|/shapes/.*|/id/.*")


def routes(service: LocalService) -> Iterator[tuple[str, set[str]]]:
    """An address of each route, and the methods that it takes."""
    for resource in service.application.router.resources():
        if resource.name is None and isinstance(resource, web.Resource):
            path = re.sub(r"{(\w+)[^}]*}", lambda found: FILLED[found[1]], resource.canonical)
            yield path, {route.method for route in resource} - {"*"}


def asked(
    service: LocalService, method: str, path: str, **headers: str
) -> tuple[int, Mapping[str, str], bytes]:
    token = PUSH_TOKEN if path.startswith("/ingest") else STREAM_TOKEN
    shown = {"Authorization": f"Bearer {token}", **headers}
    body = b"[]" if method == "POST" else None
    return request(f"{service.url}{path}", method=method, headers=shown, body=body)


def test_a_parameter_that_there_is_not_is_refused(service: LocalService) -> None:
    """Whoever means something by it must hear that we do not: `?x=1` is 400 everywhere."""
    paths = [*routes(service), *((path, {"GET"}) for path in NOTHING)]
    assert len(paths) > 20
    for path, methods in paths:
        for method in (*methods, "OPTIONS", "DELETE"):
            for query in ("x=1", "x", "format=ttl&x=1", "format=ttl&format=ttl", "&"):
                status, headers, body = asked(service, method, f"{path}?{query}")
                assert status == 400, (method, path, query)
                assert headers["content-type"] == "application/problem+json"
                if method != "HEAD":
                    assert msgspec.json.decode(body)["instance"] == path


def test_what_has_one_form_takes_no_format(service: LocalService) -> None:
    for path, methods in routes(service):
        if path.startswith("/ocpp16"):
            continue  # who is no station is told nothing
        for method in methods:
            status, _, _ = asked(service, method, f"{path}?format=ttl")
            assert status == (200 if FORMS.fullmatch(path) else 400), (method, path)


def test_options_says_what_is_taken(service: LocalService) -> None:
    """Nothing more and nothing less, to a browser that asks first as well."""
    for path, methods in routes(service):
        expected = ", ".join(sorted({*methods, "OPTIONS"}))
        preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
        for headers in ({}, preflight):
            status, said, body = asked(service, "OPTIONS", path, **headers)
            assert (status, body) == (204, b"")
            assert said["allow"] == expected, path
            assert said["access-control-allow-methods"] == expected
            assert {"Authorization", "If-Match"} <= set(
                said["access-control-allow-headers"].split(", ")
            )
        for method in {"GET", "HEAD", "POST", "PUT"} - methods:
            status, said, _ = asked(service, method, path)
            assert (status, said["allow"]) == (405, expected), (method, path)


def test_where_there_is_nothing_a_browser_may_ask_too(service: LocalService) -> None:
    for path in NOTHING:
        status, said, _ = request(f"{service.url}{path}", method="OPTIONS")
        assert (status, said["allow"]) == (204, "GET, HEAD, OPTIONS"), path
    with RawConnection.to(service.port) as connection:
        connection.send(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = connection.answer()
        assert answer.startswith(b"HTTP/1.1 204 ")
        assert b"\r\nAllow: GET, HEAD, OPTIONS, POST\r\n" in answer


@pytest.mark.parametrize("tag", ['"x"', 'W/"x"', '"x", "y"'])
def test_what_is_not_there_as_it_was_is_412(service: LocalService, tag: str) -> None:
    """RFC 9110, 13.1.1: on whatever would succeed; what would not stays as it is (13.2.1)."""
    for path, methods in routes(service):
        for method in methods:
            plain, headers, _ = asked(service, method, path)
            status, _, _ = asked(service, method, path, **{"If-Match": tag})
            assert status == (412 if plain == 200 or method == "POST" else plain), (method, path)
            if "etag" in headers:
                both = {"If-Match": f'"x", {headers["etag"]}', "If-None-Match": headers["etag"]}
                assert asked(service, method, path, **both)[0] == 304
    assert asked(service, "GET", "/nothing", **{"If-Match": tag})[0] == 404
    assert asked(service, "GET", "/health/live", **{"If-Match": "*"})[0] == 200
