"""The vault: what is sealed comes back while the key of its period is there, and not afterwards."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.incoming import Raw
from ldes_shok.errors import KeyDestroyed, VaultLocked
from ldes_shok.pipeline.period_vault import SEALED, PeriodVault, key_id
from ldes_shok.pipeline.vault import Refused
from tests.support.keys import MemoryKeys, memory_vault

MAY = datetime(2026, 5, 12, tzinfo=UTC)
JUNE = datetime(2026, 6, 12, tzinfo=UTC)
OLD, NEW = bytes(range(32)), bytes(range(32, 64))
CARD = Raw.of(b'{"idTag":"04A1B2C3"}', {"station": "VBS-001"})
REFUSED = Refused("idTag: what is 04A1B2C3?", b'{"idTag":"04A1B2C3"}')

RAWS = st.builds(Raw.of, st.binary(max_size=200), st.dictionaries(st.text(), st.text(), max_size=3))


def _seal(vault: PeriodVault, raw: Raw, at: datetime) -> bytes:
    return vault.seal(raw, vault.name(raw, at), at)


def _sealed_and_opened(vault: PeriodVault, raw: Raw) -> Raw:
    return vault.unseal(vault.name(raw, MAY), _seal(vault, raw, MAY))


@given(RAWS, st.sampled_from([(), (NEW,)]))
def test_raw_bytes_come_back(raw: Raw, given_keys: tuple[bytes, ...]) -> None:
    vault = memory_vault(None, *given_keys)
    assert _sealed_and_opened(vault, raw) == raw


@given(st.text(), st.binary(max_size=200))
def test_rejected_bytes_come_back_with_their_reason(reason: str, payload: bytes) -> None:
    vault, refused = memory_vault(), Refused(reason, payload)
    assert vault.unseal_refused(vault.seal_refused(refused, MAY)) == refused
    assert vault.unseal_part(vault.seal_part(payload, MAY)) == payload


def test_nothing_of_it_can_be_read_and_no_two_bodies_are_alike() -> None:
    vault = memory_vault()
    sealed = {_seal(vault, CARD, MAY) for _ in range(2)}
    sealed |= {vault.seal_refused(REFUSED, MAY) for _ in range(2)}
    assert len(sealed) == 4
    for body in sealed:
        assert b"04A1B2C3" not in body
        assert b"VBS-001" not in body
        assert body.startswith(SEALED)


def test_the_same_bytes_have_one_name_in_a_period_and_another_one_in_the_next() -> None:
    vault = memory_vault()
    assert vault.name(CARD, MAY) == vault.name(CARD, MAY.replace(day=1))
    assert len({vault.name(CARD, MAY), vault.name(CARD, JUNE), CARD.digest}) == 3
    assert vault.name(CARD, MAY) != memory_vault().name(CARD, MAY)


def test_once_the_key_of_its_period_is_destroyed_nobody_reads_it() -> None:
    """Not with the setting's key either, which stays."""
    keys = MemoryKeys()
    vault = memory_vault(keys, NEW)
    name, body, refused = (
        vault.name(CARD, MAY),
        _seal(vault, CARD, MAY),
        vault.seal_refused(REFUSED, MAY),
    )
    part, later = vault.seal_part(b"/ISK5", MAY), _seal(vault, CARD, JUNE)
    del keys.held["2026-05"]
    for again in (vault, memory_vault(keys, NEW)):
        with pytest.raises(KeyDestroyed, match="was destroyed"):
            again.unseal(name, body)
        with pytest.raises(KeyDestroyed):
            again.unseal_refused(refused)
        assert again.unseal_part(part) is None
        assert again.name(CARD, MAY) != name
        assert again.unseal(again.name(CARD, JUNE), later) == CARD
    # A key that is made in its place is another one.
    with pytest.raises(KeyDestroyed):
        vault.unseal(name, body)


def test_keys_of_the_settings_may_be_changed() -> None:
    keys = MemoryKeys()
    before = memory_vault(keys, OLD)
    name, body = before.name(CARD, MAY), _seal(before, CARD, MAY)
    after = memory_vault(keys, NEW, OLD)
    assert after.unseal(name, body) == CARD
    assert key_id(NEW) in _seal(after, CARD, MAY)
    without = _seal(memory_vault(keys), CARD, MAY)
    assert after.unseal(name, without) == CARD


@pytest.mark.parametrize("given_keys", [(), (NEW,)])
def test_without_the_key_of_the_settings_the_sentence_names_it(
    given_keys: tuple[bytes, ...],
) -> None:
    keys = MemoryKeys()
    before = memory_vault(keys, OLD)
    vault = memory_vault(keys, *given_keys)
    with pytest.raises(VaultLocked, match=rf"{key_id(OLD).hex()}.*privacy\.raw\.old_key_env"):
        vault.unseal(before.name(CARD, MAY), _seal(before, CARD, MAY))


def test_a_changed_body_is_refused_wherever_it_was_changed() -> None:
    vault = memory_vault()
    name, body = vault.name(CARD, MAY), _seal(vault, CARD, MAY)
    for place in range(len(body)):
        changed = bytearray(body)
        changed[place] ^= 1
        with pytest.raises(VaultLocked):
            vault.unseal(name, bytes(changed))
    for length in range(len(SEALED) + 30):
        with pytest.raises(VaultLocked):
            vault.unseal(name, body[:length])


def test_a_body_in_the_place_of_another_is_refused() -> None:
    vault, other = memory_vault(), Raw.of(b"other", {})
    with pytest.raises(VaultLocked):
        vault.unseal(vault.name(other, MAY), _seal(vault, CARD, MAY))
    with pytest.raises(VaultLocked):
        vault.unseal_refused(vault.seal_part(b"", MAY))


def test_a_name_is_no_digest_of_the_bytes() -> None:
    """Who knows the bytes and nothing else cannot work it out."""
    name = memory_vault().name(CARD, MAY)
    guesses = {hashlib.sha256(text).digest() for text in (CARD.payload, CARD.digest)}
    assert name not in guesses | {CARD.digest}
