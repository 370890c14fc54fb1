"""The raw archive: what is sealed comes back, and encrypted nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cabinet.incoming import Raw
from ldes_shok.errors import VaultLocked
from ldes_shok.pipeline.encrypted_vault import EncryptedVault, key_id
from ldes_shok.pipeline.vault import SEALED, PlainVault

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
CARD = Raw.of(b'{"idTag":"04A1B2C3"}', {"station": "VBS-001"})

RAWS = st.builds(Raw.of, st.binary(max_size=200), st.dictionaries(st.text(), st.text(), max_size=3))


class _Counter:
    """Bytes that are never the same twice."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self, count: int) -> bytes:
        self._last += 1
        return self._last.to_bytes(count, "big")


def _vault(*keys: bytes) -> EncryptedVault:
    return EncryptedVault(keys, _Counter())


@given(RAWS)
def test_both_vaults_give_back_what_they_were_given(raw: Raw) -> None:
    for vault in (PlainVault(), _vault(NEW)):
        assert vault.unseal(raw.digest, vault.seal(raw)) == raw


@given(st.binary(max_size=200))
def test_rejected_bytes_come_back(payload: bytes) -> None:
    for vault in (PlainVault(), _vault(NEW)):
        assert vault.unseal_bytes(vault.seal_bytes(payload)) == payload


def test_nothing_of_it_can_be_read_and_no_two_bodies_are_alike() -> None:
    vault = _vault(NEW)
    bodies = {vault.seal(CARD), vault.seal(CARD)}
    assert len(bodies) == 2
    for body in bodies:
        assert b"04A1B2C3" not in body
        assert b"VBS-001" not in body
        assert body.startswith(SEALED + key_id(NEW))


def test_keys_may_be_changed() -> None:
    before = _vault(OLD).seal(CARD)
    after = _vault(NEW, OLD)
    assert after.unseal(CARD.digest, before) == CARD
    assert after.seal(CARD).startswith(SEALED + key_id(NEW))


def test_what_was_kept_readable_is_read_with_a_key_too() -> None:
    assert _vault(NEW).unseal(CARD.digest, PlainVault().seal(CARD)) == CARD
    assert _vault(NEW).unseal_bytes(b"{") == b"{"


@pytest.mark.parametrize("vault", [PlainVault(), _vault(NEW)])
def test_without_the_key_the_sentence_names_it(vault: PlainVault | EncryptedVault) -> None:
    with pytest.raises(VaultLocked, match=rf"{key_id(OLD).hex()}.*privacy\.raw\.old_key_env"):
        vault.unseal(CARD.digest, _vault(OLD).seal(CARD))


def test_a_changed_body_is_refused_wherever_it_was_changed() -> None:
    vault = _vault(NEW)
    body = vault.seal(CARD)
    for place in range(len(SEALED) + 8, len(body)):
        changed = bytearray(body)
        changed[place] ^= 1
        with pytest.raises(VaultLocked):
            vault.unseal(CARD.digest, bytes(changed))


def test_a_body_in_the_place_of_another_is_refused() -> None:
    other = Raw.of(b"other", {})
    for vault in (PlainVault(), _vault(NEW)):
        with pytest.raises(VaultLocked):
            vault.unseal(other.digest, vault.seal(CARD))
