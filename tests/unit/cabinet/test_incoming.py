"""A delivery is completed with what the service knows, and never trusted with a tenant."""

from __future__ import annotations

import hashlib
import json

import pytest

from ldes_shok.cabinet.encode import with_raw
from ldes_shok.cabinet.incoming import Origin, raw_name, raw_text
from ldes_shok.errors import EventRejected
from tests.unit.cabinet.examples import ORIGIN, RECEIVED_AT, golden, received

STATUS = golden("status.ndjson:2")


def _saying(field: str, value: str) -> bytes:
    return STATUS.replace(b'"v":1', f'"v":1,"{field}":"{value}"'.encode())


def test_what_is_left_out_is_filled_in() -> None:
    found = received(STATUS)
    assert found.source == "http:voorbeeldstad:push"
    assert found.tenant == "voorbeeldstad"
    assert found.key.startswith("s:")
    assert found.received_at == RECEIVED_AT
    assert found.payload is STATUS
    assert found.raw_digest == hashlib.sha256(STATUS).digest()


def test_a_given_key_is_kept() -> None:
    key = "s:" + "0" * 26
    assert received(_saying("key", key)).key == key


@pytest.mark.parametrize("letter", "mtrcf")
def test_a_key_of_another_kind_is_rejected(letter: str) -> None:
    with pytest.raises(EventRejected) as caught:
        received(_saying("key", f"{letter}:" + "0" * 26))
    assert caught.value.field == "key"
    assert caught.value.reason.startswith("must start with s: for this kind of event")


def test_another_source_of_the_same_tenant_is_kept() -> None:
    source = "p1:voorbeeldstad:hoofdmeters:noord"
    found = received(_saying("source", source))
    assert (found.source, found.tenant) == (source, "voorbeeldstad")


@pytest.mark.parametrize(
    "source", ["http:anderestad:push", "http:voorbeeldstad2", "voorbeeldstad:anderestad", "http:v"]
)
def test_a_source_of_another_tenant_is_rejected(source: str) -> None:
    with pytest.raises(EventRejected) as caught:
        received(_saying("source", source))
    assert caught.value.field == "source"
    assert f"{source} is not of tenant voorbeeldstad" in caught.value.reason


def test_two_tenants_have_different_keys_for_the_same_event() -> None:
    other = Origin(adapter="http", tenant="anderestad", name="push")
    assert received(STATUS).key != received(STATUS, other).key


def test_an_origin_is_written_as_a_source() -> None:
    assert ORIGIN.source == "http:voorbeeldstad:push"


@pytest.mark.parametrize("digest", ["sha256:" + "0a" * 32, "hmac-sha256:" + "0a" * 32])
def test_a_digest_of_the_sender_is_not_kept(digest: str) -> None:
    """It has no key that goes: it would confirm a guess of what the sender received, for ever."""
    found = received(_saying("raw", digest))
    assert b"0a0a" not in found.payload
    assert json.loads(found.payload) == json.loads(STATUS)
    assert (found.key, found.digest) == (received(STATUS).key, received(STATUS).digest)
    escaped = STATUS.replace(b'"v":1', b'"v":1,"r\\u0061w":"%s"' % digest.encode())
    assert b"0a0a" not in received(escaped).payload


def test_what_an_event_says_stays_to_the_digit_when_its_raw_is_set() -> None:
    odd = b'{ "b" : 1.50, "raw":"x", "a":[1e3, "\\u00e9"], "n":12345678901234567890.10 }'
    said = b'{"b":1.50,"a":[1e3, "\\u00e9"],"n":12345678901234567890.10'
    assert with_raw(odd, "") == said + b"}"
    assert with_raw(odd, raw_text(b"\x0a")) == said + b',"raw":"hmac-sha256:0a"}'
    assert raw_name("hmac-sha256:0a") == raw_name("0a") == b"\x0a"
    assert raw_name("sha256:0a") == raw_name("") == b""
