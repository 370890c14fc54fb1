from __future__ import annotations

from base64 import b64encode

import pytest

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.errors import (
    ConfigurationError,
    PayloadRejected,
    PayloadTooLarge,
    UnsupportedContentType,
)
from ldes_shok.sources.transports.http.push import PushLimits, PushSource, TokenTable, split_payload

LIMITS = PushLimits(max_body_bytes=1000, max_events=3)
PUSH = Origin("http", "voorbeeldstad", "push")
OTHER = Origin("http", "voorbeelddorp", "push-2")
TOKENS = TokenTable([PushSource(PUSH, "tok-één"), PushSource(OTHER, "tok-twee")])


def basic(credentials: bytes) -> str:
    return f"Basic {b64encode(credentials).decode()}"


@pytest.mark.parametrize(
    ("content_type", "body", "events"),
    [
        ("application/json", b'{"a":1}', [b'{"a":1}']),
        ("application/json", b'[{"a":1}, {"a":2}]', [b'{"a":1}', b'{"a":2}']),
        ("application/json", b"[]", []),
        ("Application/JSON; charset=UTF-8", b'{"a":1}', [b'{"a":1}']),
        ("application/x-ndjson", b'{"a":1}\n\n{"a":2}\n', [b'{"a":1}', b'{"a":2}']),
        ("application/ndjson;charset=utf-8", b'{"a":1}', [b'{"a":1}']),
        ("application/jsonl", b'{"a":1}\nbroken\n', [b'{"a":1}', b"broken"]),
    ],
)
def test_bodies(content_type: str, body: bytes, events: list[bytes]) -> None:
    assert split_payload(body, content_type, LIMITS) == events


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/ld+json",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "application/cloudevents+json",
    ],
)
def test_other_content_types_are_refused_with_what_to_send(content_type: str) -> None:
    with pytest.raises(UnsupportedContentType, match=r"send (application/json|UTF-8)"):
        split_payload(b'{"a":1}', content_type, LIMITS)


@pytest.mark.parametrize(
    ("content_type", "body", "said"),
    [
        ("application/json", b"", "the body is empty"),
        ("application/x-ndjson", b" \n \n", "the body is empty"),
        ("application/json", b"{oops", "this is not JSON"),
        ("application/json", b"\xff\xfe", "this is not JSON"),
        ("application/json", b'{"a":1}\n{"a":2}', "application/x-ndjson"),
        ("application/x-ndjson", b"oops\noops\n", "no line of the body is JSON"),
        ("application/x-ndjson", b'{\n"a": 1\n', "no line of the body is JSON"),
    ],
)
def test_a_body_of_which_nothing_can_be_parsed(content_type: str, body: bytes, said: str) -> None:
    with pytest.raises(PayloadRejected, match=said):
        split_payload(body, content_type, LIMITS)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"[1,2,3,4]"),
        ("application/x-ndjson", b"1\n2\n3\n4\n"),
        ("application/json", b" " * 1001),
    ],
)
def test_more_than_the_limits_is_refused_as_a_whole(content_type: str, body: bytes) -> None:
    with pytest.raises(PayloadTooLarge, match="at most"):
        split_payload(body, content_type, LIMITS)


@pytest.mark.parametrize(
    ("authorization", "origin"),
    [
        ("Bearer tok-één", PUSH),
        ("bearer  tok-twee ", OTHER),
        ("Bearer tok-drie", None),
        ("Bearer tok-éé", None),
        ("Bearer ", None),
        ("Bearer", None),
        ("Basic tok-twee", None),
        ("tok-twee", None),
        ("", None),
        (None, None),
        ("Bearer \udcff\udcfe", None),
        # RFC 7617: the password, of any user; it may hold a colon.
        (basic(b":tok-\xc3\xa9\xc3\xa9n"), PUSH),
        (basic(b"anybody:tok-twee"), OTHER),
        (f"  {basic(b'a b:tok-twee').replace('Basic', 'bASIC')} ", OTHER),
        (basic(b"tok-twee"), None),
        (basic(b"tok-twee:"), None),
        (basic(b"a:b:tok-twee"), None),
        (basic(b"anybody:tok-drie"), None),
        (basic(b"\xff:tok-twee"), None),
        ("Basic dG9rLXR3ZWU", None),
        ("Basic \udcff", None),
        ("Basic", None),
    ],
)
def test_whose_token_it_is(authorization: str | None, origin: Origin | None) -> None:
    holder = TOKENS.holder_of(authorization)
    assert (holder.origin if holder else None) == origin


def test_every_source_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place in the list must not show in the time that an answer takes."""
    compared: list[bytes] = []

    def counting(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return one == other

    monkeypatch.setattr("ldes_shok.sources.transports.http.push.hmac.compare_digest", counting)
    for authorization in ("Bearer tok-één", "Bearer tok-twee", "Bearer nobody's", "Basic x", None):
        compared.clear()
        TOKENS.holder_of(authorization)
        assert len(compared) == 2


def test_tokens_are_never_printed() -> None:
    source = PushSource(PUSH, "tok-één")
    assert "tok" not in repr(source)
    assert "tok" not in repr(TOKENS)


def test_a_table_without_sources_knows_nobody() -> None:
    assert TokenTable([]).holder_of("Bearer x") is None


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ([PushSource(PUSH, "")], "its token is empty"),
        ([PushSource(PUSH, "same"), PushSource(OTHER, "same")], "give each its own"),
    ],
)
def test_tokens_that_cannot_work(sources: list[PushSource], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        TokenTable(sources)
    assert "same token: give" in str(caught.value) or "same" not in str(caught.value)
