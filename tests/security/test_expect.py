"""`Expect: 100-continue`: no body is asked for before it is known whose it is, and how large."""

from __future__ import annotations

import pytest

from tests.security.conftest import CABINET, NOON, PLANTED
from tests.support.events import status
from tests.support.raw_http import RawConnection
from tests.support.service import ServiceProcess

PUSH = PLANTED["TEST_PUSH_TOKEN"]
EVENT = status(CABINET, NOON)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def head(target: str, *lines: str, method: str = "POST", length: int = len(EVENT)) -> bytes:
    said = (f"{method} {target} HTTP/1.1", "Host: x", "Expect: 100-continue",
            f"Content-Length: {length}", "Content-Type: application/json", *lines)  # fmt: skip
    return "\r\n".join(said).encode() + b"\r\n\r\n"


def test_who_may_push_is_asked_for_the_body_and_answered(service: ServiceProcess) -> None:
    with RawConnection.to(service.port) as raw:
        for _ in range(2):
            raw.send(head("/ingest", f"Authorization: Bearer {PUSH}"))
            assert raw.answer() == CONTINUE
            raw.send(EVENT)
            answer = raw.answer()
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert b'"duplicate":1' in answer


def test_who_does_not_wait_is_not_made_to(service: ServiceProcess) -> None:
    """RFC 9110, 10.1.1: the body may come without being asked for."""
    with RawConnection.to(service.port) as raw:
        raw.send(head("/ingest", f"Authorization: Bearer {PUSH}") + EVENT)
        answer = raw.answer()
        if answer == CONTINUE:
            answer = raw.answer()
        assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("target", "lines", "method", "length", "expected"),
    [
        ("/ingest", (), "POST", 10, 401),
        ("/ingest", ("Authorization: Bearer guessed",), "POST", 10, 401),
        ("/ingest/nobody", (), "POST", 10, 401),
        ("/ingest/webhook", (), "POST", 10, 401),
        ("/ingest", (f"Authorization: Bearer {PUSH}",), "POST", 1_000_000_000, 413),
        ("/ingest", (f"Authorization: Bearer {PUSH}", "Content-Encoding: br"), "POST", 10, 415),
        ("/ingest?x=1", (f"Authorization: Bearer {PUSH}",), "POST", 10, 400),
        ("/ingest", (f"Authorization: Bearer {PUSH}",), "PUT", 10, 405),
        ("/kasten", (), "POST", 10, 405),
        ("/kasten/", (), "POST", 10, 404),
        ("/nothing/here/at/all", (), "DELETE", 10, 405),
        ("/ocpp16/kasten/CP-1", (), "GET", 10, 401),
        ("/techniek", (), "GET", 10, 401),
    ],
)
def test_whose_body_is_not_wanted_is_told_so_first(
    service: ServiceProcess,
    target: str,
    lines: tuple[str, ...],
    method: str,
    length: int,
    expected: int,
) -> None:
    """And the connection ends: what would come on it next may be that body or not."""
    with RawConnection.to(service.port) as raw:
        raw.send(head(target, *lines, method=method, length=length))
        answer = raw.answer()
        assert answer.startswith(f"HTTP/1.1 {expected} ".encode()), answer
        assert b"\r\nConnection: close\r\n" in answer
