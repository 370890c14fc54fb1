"""Who may read a stream."""

from __future__ import annotations

import hmac

import pytest

from ldes_shok.http.access import StreamAccess
from ldes_shok.ldes.stream import Access
from tests.support.vertical import event_stream

OPEN, CLOSED = event_stream("kasten"), event_stream("techniek", Access.TOKEN)
ACCESS = StreamAccess([OPEN, CLOSED], {"techniek": ["token-één", "token-two"]})


@pytest.mark.parametrize("authorization", [None, "", "Bearer wrong", "nonsense"])
def test_an_open_stream_is_read_by_all(authorization: str | None) -> None:
    assert ACCESS.is_open("kasten")
    assert ACCESS.allows("kasten", authorization)


@pytest.mark.parametrize(
    "authorization",
    ["Bearer token-two", "bearer token-two", "BEARER  token-two ", " Bearer token-één"],
)
def test_any_of_a_streams_tokens_opens_it(authorization: str) -> None:
    assert not ACCESS.is_open("techniek")
    assert ACCESS.allows("techniek", authorization)


@pytest.mark.parametrize(
    "authorization",
    [
        None, "", "Bearer", "Bearer ", "token-two", "Basic token-two", "Token token-two",
        "Bearer token", "Bearer token-two2", "Bearer TOKEN-TWO", "Bearertoken-two",
        "Bearer token-two, token-two", "Bearer \udcff", "Bearer " + "x" * 10_000,
    ],
)  # fmt: skip
def test_nothing_else_opens_it(authorization: str | None) -> None:
    assert not ACCESS.allows("techniek", authorization)


def test_a_stream_without_tokens_is_read_by_nobody() -> None:
    access = StreamAccess([CLOSED], {})
    assert not access.allows("techniek", "Bearer token-two")
    assert not access.allows("techniek", "Bearer ")
    assert not access.allows("unknown", None)


def test_every_token_is_compared_in_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def count(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", count)
    for authorization in ("Bearer token-één", "Bearer no", "Basic token-two", None):
        compared.clear()
        ACCESS.allows("techniek", authorization)
        # Both tokens, right or wrong, first or last, and never their own lengths.
        assert compared == [(32, 32), (32, 32)]


def test_tokens_are_not_kept() -> None:
    assert "token-two" not in repr(vars(ACCESS))
