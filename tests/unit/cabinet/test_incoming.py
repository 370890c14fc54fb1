"""A delivery is completed with what the service knows, and never trusted with a tenant."""

from __future__ import annotations

import hashlib
import json

import pytest

from ldes_shok.cabinet.encode import with_raw
from ldes_shok.cabinet.incoming import Delivery, Origin, Raw, raw_name, raw_text, receive
from ldes_shok.errors import EventRejected
from tests.unit.cabinet.examples import FILE, ORIGIN, RECEIVED_AT, golden, received

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


GIVEN = "s:" + "0" * 26


def test_a_given_key_is_told_as_it_was_given_and_counts_within_its_source() -> None:
    found = received(_saying("key", GIVEN))
    other = received(_saying("key", GIVEN), Origin("mqtt", "voorbeeldstad", "broker"))
    assert found.senders_key == other.senders_key == GIVEN
    assert len({found.key, other.key, GIVEN}) == 3
    assert found.identity != other.identity
    assert received(_saying("key", GIVEN)).identity == found.identity
    assert not found.has_natural_key


def test_a_natural_key_that_is_given_is_the_one_that_is_left_out() -> None:
    natural = received(STATUS)
    given = received(_saying("key", natural.key))
    assert (given.key, given.identity) == (natural.key, natural.identity)
    assert given.has_natural_key


def test_nobody_meets_the_natural_key_of_another_source() -> None:
    """It follows from what is reported, so anybody can work it out."""
    broker = Origin("mqtt", "voorbeeldstad", "broker")
    theirs = received(STATUS, broker)
    claimed = received(_saying("key", theirs.key))
    assert claimed.senders_key == theirs.key
    assert claimed.key != theirs.key
    assert claimed.identity != theirs.identity


@pytest.mark.parametrize("letter", "mtrcf")
def test_a_key_of_another_kind_is_rejected(letter: str) -> None:
    with pytest.raises(EventRejected) as caught:
        received(_saying("key", f"{letter}:" + "0" * 26))
    assert caught.value.field == "key"
    assert caught.value.reason.startswith("must start with s: for this kind of event")


def test_the_key_of_a_stream_that_is_followed_names_the_same_observation_here() -> None:
    """Whose it is, is another question (`ldes_shok.pipeline.ownership`)."""
    assert received(_saying("key", GIVEN), Origin("ldes", "voorbeeldstad", "buren")).key == GIVEN


ADAPTERS = ["http", "mqtt", "poll", "tcp", "ocpp16", "csv", "ldes"]
NOT_OURS = [
    "derived:voorbeeldstad:watch", "derived:voorbeeldstad:push", "ocpp16:voorbeeldstad:palen",
    "http:voorbeeldstad:other", "http:voorbeeldstad", "http:voorbeeldstad:push:2",
]  # fmt: skip


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("source", NOT_OURS)
def test_a_sender_names_no_source_but_its_own(source: str, adapter: str) -> None:
    origin = Origin(adapter, "voorbeeldstad", "own")
    with pytest.raises(EventRejected) as caught:
        received(_saying("source", source), origin)
    assert caught.value.field == "source"
    assert caught.value.reason == (
        f"{source} is not {origin.source}, as which this came in: "
        "leave it out and the service fills it in"
    )
    assert received(_saying("source", origin.source), origin).source == origin.source


def test_a_file_of_the_operator_may_name_sources_of_the_tenant() -> None:
    source = "p1:voorbeeldstad:hoofdmeters:noord"
    found = received(_saying("source", source), FILE)
    assert (found.source, found.tenant) == (source, "voorbeeldstad")
    assert found.key == received(STATUS, Origin("p1", "voorbeeldstad", "hoofdmeters:noord")).key


def test_not_even_a_file_says_what_the_service_works_out_itself() -> None:
    with pytest.raises(EventRejected, match="what this service works out itself") as caught:
        received(_saying("source", "derived:voorbeeldstad:watch"), FILE)
    assert caught.value.field == "source"


RAW = "sha256:" + "0" * 64


def test_what_is_dropped_of_an_event_is_named() -> None:
    said = _saying("raw", RAW).replace(b'"v":1', b'"v":1,"receivedAt":"2026-05-06T12:00:00Z"')
    raw, received_at = received(said).unused
    assert raw.startswith("raw: was dropped: ")
    assert received_at.startswith("receivedAt: was dropped: ")
    assert received(STATUS).unused == ()


def test_the_digest_that_a_decoder_noted_is_not_dropped() -> None:
    raw = Raw.of(b"a telegram", {})
    found = receive(Delivery(_saying("raw", RAW), ORIGIN, RECEIVED_AT, raw))
    assert found.unused == ()


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
