"""A path is an address of ours, or nothing."""

from __future__ import annotations

import pytest

from tests.support.raw import exchange, get, status_of
from tests.support.service import ServiceProcess

pytestmark = pytest.mark.integration

ROUTES = (
    "/",
    "/kasten",
    "/kasten/by-time",
    "/kasten/by-time/2026",
    "/id/kast/voorbeeldstad/VBS-001",
    "/shapes/kasten",
    "/static/ldes-shok.css",
    "/context.jsonld",
    "/openapi.json",
    "/metrics",
    "/health/live",
)
CLIMBS = (
    "/../../../../../../etc/passwd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/%252e%252e/%252e%252e/etc/passwd",
    "/..%5c..%5cetc%5cpasswd",
    "/..;/..;/etc/passwd",
    "/..%c0%af..%c0%afetc/passwd",
    "/%00/etc/passwd",
    "%00.css",
    "/./",
    "//",
    "/..",
    "/%2e%2e",
    "/" + "a/" * 2_000,
    "/" + "a" * 7_000,
    ";jsessionid=1",
    "%0d%0aX-Injected:%20yes",
    "%20",
    "/%3Cscript%3E",
    "/'\"--",
    "/*",
    "/{stream}",
    "/${jndi:ldap://127.0.0.1/a}",
)


@pytest.mark.parametrize("climb", CLIMBS)
@pytest.mark.parametrize("route", ROUTES)
def test_no_path_climbs(service: ServiceProcess, route: str, climb: str) -> None:
    """Every route, every way up: 400, 404, 414 or 431, and nothing from the disk."""
    answer = exchange(service.port, get(route.rstrip("/") + climb))

    assert status_of(answer) in {400, 404, 414, 431}, answer[:200]
    assert b"root:" not in answer
    assert b"\r\nX-Injected" not in answer


@pytest.mark.parametrize(
    "alias",
    [
        "/%6detrics", "/%4detrics", "//metrics", "/metrics/", "/./metrics", "/x/../metrics",
        "/kasten/../metrics", "/%6basten", "/kasten/%62y-time", "/kasten/by-time/2026%2F05",
        "/kasten/by-time//2026", "/kasten/by-time/", "/kasten/by-time/2026/../2026",
        "/id/kast/voorbeeldstad/VBS%2D001", "/id/kast/../kast/voorbeeldstad/VBS-001",
        "/shapes/../kasten", "/kasten/../techniek", "/KASTEN", "/shapes/%6basten",
        "/static/../static/ldes-shok.css", "/health/%6cive",
    ],
)  # fmt: skip
def test_everything_has_one_address(service: ServiceProcess, alias: str) -> None:
    """So a rule of the proxy for `/metrics` holds, and a cache stores a page once."""
    assert status_of(exchange(service.port, get(alias))) == 404


@pytest.mark.parametrize("target", [b"/\x00", b"/kasten\x00", b"/\xff\xfe", b"*", b"", b"kasten"])
def test_what_is_no_path_is_refused(service: ServiceProcess, target: bytes) -> None:
    answer = exchange(service.port, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status_of(answer) in {400, 404}


def test_there_is_no_file_behind_static(service: ServiceProcess) -> None:
    """One stylesheet, held in memory: no path leads to the disk."""
    for name in ("", "/", "/ldes-shok.css/", "/base.html", "/../templates/base.html", "/."):
        assert status_of(exchange(service.port, get(f"/static{name}"))) == 404
