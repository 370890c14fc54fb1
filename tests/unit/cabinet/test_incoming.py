"""A delivery is completed with what the service knows, and never trusted with a tenant."""

from __future__ import annotations

import hashlib

import pytest

from ldes_shok.cabinet.incoming import Origin
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
