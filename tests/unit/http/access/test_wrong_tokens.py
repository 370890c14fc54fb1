"""Wrong tokens: bounded by address, and nobody is locked out by somebody else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from ldes_shok.clock import ManualClock
from ldes_shok.http.access.rates import Rates
from ldes_shok.http.access.wrong_tokens import Guesses
from tests.support.local_service import LocalService, local_service
from tests.support.service import PUSH_TOKEN, STREAM_TOKEN, Tree, request
from tests.support.vertical import NOON

OVERRIDES: Tree = {
    "streams": {"techniek": {"access": "token", "token_env": ["TEST_STREAM_TOKEN"]}},
    "access": {"wrong_tokens_per_minute": 3},
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LocalService]:
    with local_service(tmp_path, ManualClock(NOON), OVERRIDES) as opened:
        yield opened


def asked(
    service: LocalService,
    token: str,
    address: str | None,
    path: str = "/techniek",
    scheme: str = "Bearer",
) -> tuple[int, str | None]:
    """The status, and how long to wait; as a proxy on this machine asks for `address`."""
    shown = token if scheme == "Bearer" else b64encode(f"user of {token}:{token}".encode()).decode()
    headers = {"Authorization": f"{scheme} {shown}", "Content-Type": "application/json"}
    if address is not None:
        headers["X-Forwarded-For"] = address
    is_push = path == "/ingest"
    status, answered, body = request(
        f"{service.url}{path}",
        method="POST" if is_push else "GET",
        headers=headers,
        body=b"[]" if is_push else None,
    )
    assert token.encode() not in body
    return status, answered.get("retry-after")


@pytest.mark.parametrize("scheme", ["Bearer", "Basic"])
@pytest.mark.parametrize(("path", "right"), [("/techniek", STREAM_TOKEN), ("/ingest", PUSH_TOKEN)])
def test_an_address_that_tries_tokens_waits_and_learns_nothing(
    service: LocalService, path: str, right: str, scheme: str
) -> None:
    tried = [asked(service, f"wrong-{n}", "192.0.2.1", path, scheme) for n in range(6)]
    assert [status for status, _ in tried] == [401] * 3 + [429] * 3
    assert 1 <= int(tried[-1][1] or 0) <= 20
    # Not even the right one is looked at: trying on tells nothing.
    for other in ("Bearer", "Basic"):
        assert asked(service, right, "192.0.2.1", path, other)[0] == 429


def test_nobody_is_locked_out_from_elsewhere(service: LocalService) -> None:
    for n in range(10):
        asked(service, f"wrong-{n}", "192.0.2.1")
    assert asked(service, STREAM_TOKEN, "192.0.2.2")[0] == 200
    assert asked(service, PUSH_TOKEN, "192.0.2.2", "/ingest")[0] != 429


def test_nobody_is_locked_out_by_a_neighbour_at_its_address(service: LocalService) -> None:
    assert asked(service, STREAM_TOKEN, "192.0.2.1")[0] == 200
    tried = [asked(service, f"wrong-{n}", "192.0.2.1")[0] for n in range(6)]
    assert tried[-1] == 429
    assert asked(service, STREAM_TOKEN, "192.0.2.1")[0] == 200


def test_what_the_sender_says_before_the_proxy_is_not_believed(service: LocalService) -> None:
    tried = [
        asked(service, f"wrong-{n}", f"198.51.100.{n}, 192.0.2.1, 127.0.0.1")[0] for n in range(6)
    ]
    assert tried == [401] * 3 + [429] * 3
    assert asked(service, STREAM_TOKEN, "198.51.100.5")[0] == 200


def test_behind_a_proxy_that_does_not_say_from_where_the_right_token_is_taken(
    service: LocalService,
) -> None:
    tried = [asked(service, f"wrong-{n}", None)[0] for n in range(6)]
    assert tried == [401] * 3 + [429] * 3
    assert asked(service, STREAM_TOKEN, None)[0] == 200


def test_what_is_open_is_read_by_whoever_sends_no_token(service: LocalService) -> None:
    for n in range(6):
        asked(service, f"wrong-{n}", "192.0.2.1")
    headers = {"X-Forwarded-For": "192.0.2.1"}
    assert request(f"{service.url}/kasten", headers=headers)[0] == 200


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("", ""),
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7, 10.0.0.3", "192.0.2.7"),
        ("192.0.2.7, onzin, 10.0.0.3", ""),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("10.0.0.3", ""),
        ("192.0.2.7" + ", 10.0.0.3" * 50, ""),
    ],
)
def test_the_address_is_what_the_last_of_our_proxies_saw(forwarded: str, address: str) -> None:
    guesses = Guesses(Rates(lambda: 0.0), 3, ["10.0.0.0/24"])
    asked = make_mocked_request("GET", "/", {"X-Forwarded-For": forwarded})
    assert guesses.address_of(asked) == address
    assert guesses.address_of(asked.clone(remote="10.0.0.9")) == address
    assert guesses.address_of(asked.clone(remote="203.0.113.4")) == "203.0.113.4"


def test_who_sends_no_token_has_guessed_nothing() -> None:
    """What is asked for without one is refused, and refused again, and never counted."""
    guesses = Guesses(Rates(lambda: 0.0), 1, ())
    asked = make_mocked_request("GET", "/")
    for _ in range(5):
        refused = web.Response(status=401)
        assert guesses.counted(asked, refused) is refused
