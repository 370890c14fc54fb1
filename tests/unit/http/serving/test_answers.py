"""Validators, caching and what a request asks for."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from ldes_shok.http.serving.answers import (
    answer,
    cache_control,
    coding_for,
    matches,
    requested_format,
    unmet,
)
from ldes_shok.representation.coding import Coded
from ldes_shok.representation.media import Format

TAG = '"abc-ttl-gzip"'
CODED = Coded(b"body", "abc", sealed=False)


@pytest.mark.parametrize(
    ("if_none_match", "expected"),
    [
        (None, False),
        ("", False),
        (TAG, True),
        (f"W/{TAG}", True),
        ("*", True),
        (" * ", True),
        (f'"other", {TAG}', True),
        (f'W/"other",W/{TAG}', True),
        ('"abc-ttl"', False),
        ("abc-ttl-gzip", False),
        ('"abc-ttl-gzip', False),
        ('"abc-ttl-br"', False),
        ('"*"', False),
    ],
)
def test_if_none_match(if_none_match: str | None, expected: bool) -> None:
    assert matches(if_none_match, TAG) == expected


def test_cache_control_has_a_comma_and_a_space() -> None:
    assert cache_control(sealed=True, public=True) == "public, max-age=604800, immutable"
    assert cache_control(sealed=True, public=False) == "private, max-age=604800, immutable"
    assert cache_control(sealed=False, public=True) == "public, max-age=5"
    assert cache_control(sealed=False, public=False) == "private, max-age=5"


def _answer(headers: Mapping[str, str]) -> web.Response:
    request = make_mocked_request("GET", "/kasten", headers)
    return answer(
        request,
        CODED,
        coding="gzip",
        content_type="text/turtle",
        label="ttl",
        caching="public, max-age=5",
        links='<http://shok.test/shapes/kasten>; rel="describedby"',
    )


def test_an_answer_carries_its_validators() -> None:
    response = _answer({})
    assert (response.status, response.body) == (200, b"body")
    assert response.headers["ETag"] == TAG
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Vary"] == "Accept, Accept-Encoding"
    assert "describedby" in response.headers["Link"]


def test_what_a_client_has_is_not_sent_again() -> None:
    response = _answer({"If-None-Match": TAG})
    assert (response.status, response.body) == (304, None)
    assert response.headers["ETag"] == TAG
    assert response.headers["Cache-Control"] == "public, max-age=5"
    assert "Content-Encoding" not in response.headers


def test_an_identity_answer_names_no_coding() -> None:
    request = make_mocked_request("GET", "/")
    response = answer(
        request, CODED, coding="identity", content_type="text/html", label="html", caching="x"
    )
    assert "Content-Encoding" not in response.headers
    assert "Link" not in response.headers
    assert response.headers["ETag"] == '"abc-html-identity"'


@pytest.mark.parametrize("format_", Format)
def test_format_is_linkable_and_stronger_than_accept(format_: Format) -> None:
    request = make_mocked_request(
        "GET", f"/kasten?format={format_.value}", headers={"Accept": "image/png"}
    )
    assert requested_format(request) is format_


def test_without_a_parameter_the_accept_header_decides() -> None:
    request = make_mocked_request("GET", "/kasten", headers={"Accept": "application/trig"})
    assert requested_format(request) is Format.TRIG


@pytest.mark.parametrize(("query", "word"), [("format=xml", "xml"), ("format=", "format")])
def test_a_format_that_there_is_not_is_a_problem(query: str, word: str) -> None:
    response = requested_format(make_mocked_request("GET", f"/kasten?{query}"))
    assert isinstance(response, web.Response)
    assert response.status == 400
    assert response.content_type == "application/problem+json"
    assert isinstance(response.body, bytes)
    assert word in msgspec.json.decode(response.body)["detail"]


def test_several_lines_are_one_list() -> None:
    """RFC 9110, 5.3: whatever is a list may be cut into lines."""
    lines = CIMultiDict(
        [
            ("Accept", "text/turtle;q=0.1"),
            ("Accept-Encoding", "br;q=0.1"),
            ("If-None-Match", '"other"'),
            ("accept", "application/trig"),
            ("accept-encoding", "gzip"),
            ("if-none-match", TAG),
        ]
    )
    assert requested_format(make_mocked_request("GET", "/", lines)) is Format.TRIG
    assert coding_for(make_mocked_request("GET", "/", lines)) == "gzip"
    assert _answer(lines).status == 304


@pytest.mark.parametrize(
    ("if_match", "others", "status"),
    [
        (TAG, {}, None),
        (f'"other", {TAG}', {}, None),
        ("*", {}, None),
        ('"other"', {}, 412),
        ("", {}, 412),
        # RFC 9110, 13.1.1: compared strongly.
        (f"W/{TAG}", {}, 412),
        # 13.2.2: before If-None-Match.
        ('"other"', {"If-None-Match": TAG}, 412),
        (TAG, {"If-None-Match": TAG}, None),
        # 13.1.4: when it was modified is not said, so what is asked about it is ignored.
        (TAG, {"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, None),
        (None, {"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, None),
    ],
)
def test_if_match(if_match: str | None, others: dict[str, str], status: int | None) -> None:
    headers = others if if_match is None else {**others, "If-Match": if_match}
    request = make_mocked_request("GET", "/kasten", headers)
    refused = unmet(request, _answer(headers))
    assert (None if refused is None else refused.status) == status


def test_conditions_are_for_what_would_succeed() -> None:
    """RFC 9110, 13.2.1; and without an ETag there is nothing that a tag could name."""
    request = make_mocked_request("GET", "/", {"If-Match": '"other"'})
    assert unmet(request, web.Response(status=404)) is None
    assert unmet(request, web.Response(status=303)) is None
    refused = unmet(request, web.Response())
    assert refused is not None
    assert refused.status == 412


def test_the_coding_is_what_the_request_accepts() -> None:
    headers = {"Accept-Encoding": "gzip, br;q=0.1"}
    assert coding_for(make_mocked_request("GET", "/", headers=headers)) == "gzip"
