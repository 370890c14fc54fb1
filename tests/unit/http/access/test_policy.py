"""Who may read a stream."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta

import pytest

from ldes_shok.clock import ManualClock
from ldes_shok.http.access.policy import (
    AccessVerdict,
    Credential,
    NoSignedTokens,
    StreamAccess,
    TokenHolder,
)
from ldes_shok.ldes.stream import Access
from tests.support.vertical import event_stream

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
OPEN = event_stream("kasten")
CLOSED = event_stream("techniek", Access.TOKEN)
OTHER = event_stream("verbruik-individueel", Access.TOKEN)
TECHNIEK = frozenset({"techniek"})


def _access(
    *credentials: Credential, clock: ManualClock | None = None, seconds: float = 0.0
) -> StreamAccess:
    streams = [OPEN, CLOSED, OTHER]
    clock = clock or ManualClock(NOON)
    return StreamAccess(streams, credentials, NoSignedTokens(), clock, lambda: seconds)


def _credential(token: str, name: str = "dienst", expires_at: datetime | None = None) -> Credential:
    return Credential(token, TokenHolder(name, TECHNIEK, 2, expires_at))


ACCESS = _access(_credential("token-één", "a"), _credential("token-two", "b"))


def _may(access: StreamAccess, stream: str, authorization: str | None) -> AccessVerdict:
    return access.may_read(access.asker(authorization), stream)


@pytest.mark.parametrize("authorization", [None, "", "Bearer wrong", "nonsense"])
def test_an_open_stream_is_read_by_all(authorization: str | None) -> None:
    assert ACCESS.is_open("kasten")
    assert _may(ACCESS, "kasten", authorization) is AccessVerdict.MAY


@pytest.mark.parametrize(
    "authorization",
    ["Bearer token-two", "bearer token-two", "BEARER  token-two ", " Bearer token-één"],
)
def test_any_of_a_streams_tokens_opens_it(authorization: str) -> None:
    assert not ACCESS.is_open("techniek")
    assert _may(ACCESS, "techniek", authorization) is AccessVerdict.MAY


@pytest.mark.parametrize("authorization", [None, "", "token-two", "Basic token-two", "Bearertoken"])
def test_without_a_bearer_token_nothing_is_said_of_tokens(authorization: str | None) -> None:
    assert _may(ACCESS, "techniek", authorization) is AccessVerdict.NO_TOKEN


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer", "Bearer ", "Bearer token", "Bearer token-two2", "Bearer TOKEN-TWO",
        "Bearer token-two, token-two", "Bearer \udcff", "Bearer " + "x" * 10_000,
    ],
)  # fmt: skip
def test_nothing_else_opens_it(authorization: str) -> None:
    assert _may(ACCESS, "techniek", authorization) is AccessVerdict.INVALID


def test_a_token_for_another_stream_is_known_and_does_not_suffice() -> None:
    assert _may(ACCESS, "verbruik-individueel", "Bearer token-two") is AccessVerdict.INSUFFICIENT


def test_a_token_is_good_until_it_expires() -> None:
    clock = ManualClock(NOON)
    access = _access(_credential("token-two", expires_at=NOON), clock=clock)
    clock.set(NOON - timedelta(milliseconds=1))
    assert _may(access, "techniek", "Bearer token-two") is AccessVerdict.MAY
    clock.set(NOON)
    assert _may(access, "techniek", "Bearer token-two") is AccessVerdict.INVALID
    assert "expired" in access.asker("Bearer token-two").reason


def test_a_stream_without_tokens_is_read_by_nobody() -> None:
    access = _access()
    assert _may(access, "techniek", "Bearer token-two") is AccessVerdict.INVALID
    assert _may(access, "techniek", "Bearer ") is AccessVerdict.INVALID
    assert _may(access, "unknown", None) is AccessVerdict.NO_TOKEN


def test_every_token_is_compared_in_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def count(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", count)
    for authorization in ("Bearer token-één", "Bearer no", "Basic token-two", None):
        compared.clear()
        ACCESS.asker(authorization)
        # Both tokens, right or wrong, first or last, and never their own lengths.
        assert compared == [(32, 32), (32, 32)]


def test_tokens_are_not_kept_and_not_shown() -> None:
    assert "token-two" not in repr(vars(ACCESS))
    assert "token-two" not in repr(_credential("token-two"))


def test_each_consumer_has_a_rate_of_its_own() -> None:
    one, other = TokenHolder("one", TECHNIEK, 2), TokenHolder("other", TECHNIEK, 2)
    assert [ACCESS.wait_seconds(one) for _ in range(3)] == [0, 0, 30]
    assert ACCESS.wait_seconds(other) == 0
