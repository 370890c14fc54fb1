"""Where a server leads us: judged by one rule, before it is stored or asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from ldes_shok.client.reference import MAX_URL_CHARACTERS, followed
from ldes_shok.errors import PositionRefused

BASE = "https://api.example/v1/events"


@pytest.mark.parametrize(
    ("reference", "target"),
    [
        ("?p=2", f"{BASE}?p=2"),
        ("/v2?sig=a%2Fb+c", "https://api.example/v2?sig=a%2Fb+c"),
        ("https://api.example:443/x", "https://api.example/x"),
    ],
)
def test_an_address_is_followed_as_it_was_sent(reference: str, target: str) -> None:
    assert str(followed(URL(BASE), reference)) == target


@pytest.mark.parametrize(
    "reference",
    [
        "http://api.example/v1/events",
        "https://api.example:8443/",
        "https://api.example.evil/",
        "//evil.example/",
        "https://evil.example\\@api.example/",
        "https://u:p@evil.example/",
        "https://[::1",
        "https://api.example:x/",
        "/a b",
        "/é",
        "/a\x00b",
        "/\udcff",
        "https://user@api.example/v1/events",
        "https://user:secret@api.example/v1/events",
        "https://:secret@api.example/v1/events",
        "https://@api.example/v1/events",
        "//user@api.example/v1/events",
        "file:///etc/passwd",
    ],
)
def test_another_server_or_another_user_is_never_followed(reference: str) -> None:
    with pytest.raises(PositionRefused, match="next page"):
        followed(URL(BASE), reference)


def test_no_address_is_shown_whole() -> None:
    """It may hold a secret of theirs."""
    with pytest.raises(PositionRefused) as caught:
        followed(URL(BASE), "https://user:hunter2@api.example/?sig=hunter3")
    assert "hunter" not in str(caught.value)
    assert "`auth`" in str(caught.value)


def test_an_address_is_as_long_as_every_server_takes() -> None:
    longest = "/" + "x" * (MAX_URL_CHARACTERS - len("https://api.example/"))
    assert len(str(followed(URL(BASE), longest))) == MAX_URL_CHARACTERS
    with pytest.raises(PositionRefused, match="of 8001 characters; at most 8000 are asked"):
        followed(URL(BASE), longest + "x")


@given(st.text(max_size=60) | st.text("/?#@:[]%\\.ua\x7f", max_size=20))
def test_whatever_a_server_names_is_on_it_or_refused(reference: str) -> None:
    try:
        target = followed(URL(BASE), reference)
    except PositionRefused:
        return
    assert (target.scheme, target.host, target.port) == ("https", "api.example", 443)
    assert target.user is None
    assert target.password is None
    assert str(followed(URL(BASE), str(target))) == str(target)
