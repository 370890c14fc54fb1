"""One address for everything."""

from __future__ import annotations

import pytest
from aiohttp import HttpVersion10, HttpVersion11
from aiohttp.http import HttpVersion
from aiohttp.test_utils import make_mocked_request

from ldes_shok.http.addresses import refusal


@pytest.mark.parametrize(
    ("path", "status"),
    [("/kasten", None), ("/kasten?format=n%71", None), ("/k%23", 404), ("/kasten%2F", 404),
     ("/%", 404)],
)  # fmt: skip
def test_nothing_is_percent_encoded(path: str, status: int | None) -> None:
    refused = refusal(make_mocked_request("GET", path))
    assert (None if refused is None else refused.status) == status


@pytest.mark.parametrize(
    ("version", "status"), [(HttpVersion11, None), (HttpVersion10, None), (HttpVersion(0, 9), 505)]
)
def test_an_answer_needs_headers(version: HttpVersion, status: int | None) -> None:
    refused = refusal(make_mocked_request("GET", "/kasten", version=version))
    assert (None if refused is None else refused.status) == status
