"""The `Vault` of a service: AES-256-GCM (NIST SP 800-38D) and HMAC, with the keys of periods.

A body is `SEALED`, the id of the period's key, the id of the setting's key (`privacy.raw.key_*`;
zeroes if there is none), a random nonce, and the ciphertext with its tag. The name of the bytes is
authenticated with the body, so no body can replace another one. If the settings have a key, both
keys are needed to read a body. So a thief of the keys' folder alone can read nothing.

With random nonces a key is good for 2^32 bodies (SP 800-38D, 8.3): at 100 messages a second, more
than a year. No period is longer.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ldes_shok.cabinet.incoming import Raw
from ldes_shok.cabinet.period_keys import KeyPeriod, PeriodKeys, key_for
from ldes_shok.errors import KeyDestroyed, VaultLocked
from ldes_shok.pipeline.vault import Refused, decode, encode

SEALED: Final = b"\xc1LS2"
"""The first bytes of a body. MessagePack never uses the byte C1."""

_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_NO_KEY: Final = bytes(_ID_BYTES)
_REFUSED: Final = b"no event"
_PART: Final = b"part of a message"
"""Authenticated with bodies that have no name of their own."""


class _InUse(NamedTuple):
    key: bytes
    id: bytes
    naming: bytes
    cipher: AESGCM


class PeriodVault:
    """Seals with the key of the period of receipt, and with the setting's first key if it has any.

    Args:
        keys: of the periods.
        period: how long one key is used.
        given: the setting's keys: the one to use first, then the old ones.
        entropy: returns the given number of unpredictable random bytes.
    """

    def __init__(
        self,
        keys: PeriodKeys,
        period: KeyPeriod,
        given: Sequence[bytes],
        entropy: Callable[[int], bytes],
    ) -> None:
        self._keys = keys
        self._period = period
        self._given = {_NO_KEY: b"", **{key_id(key): key for key in given}}
        self._first_id = key_id(given[0]) if given else _NO_KEY
        self._entropy = entropy
        self._used: _InUse | None = None

    def name(self, raw: Raw, received_at: datetime) -> bytes:
        """HMAC-SHA-256 of the digest of the raw bytes.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made.
        """
        return self.name_of(raw.digest, received_at)

    def name_of(self, digest: bytes, received_at: datetime) -> bytes:
        """`name` of raw bytes, from their digest alone.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made.
        """
        return hmac.digest(self._in_use(received_at).naming, digest, "sha256")

    def seal(self, raw: Raw, name: bytes, received_at: datetime) -> bytes:
        """Payload and attributes, encrypted; the name is authenticated with them.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made.
        """
        return self._encrypt(encode(raw), name, received_at)

    def unseal(self, name: bytes, body: bytes) -> Raw:
        """The raw bytes that were sealed under this name.

        Raises:
            KeyDestroyed: the key of its period does not exist any more.
            VaultLocked: the body was changed, or the setting's key is another one.
        """
        return decode(self._decrypt(body, name))

    def seal_refused(self, refused: Refused, received_at: datetime) -> bytes:
        """Bytes that are no event, with the reason, encrypted.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made.
        """
        parts = (refused.reason.encode("utf-8", "surrogatepass"), refused.payload)
        return self._encrypt(msgspec.msgpack.encode(parts), _REFUSED, received_at)

    def unseal_refused(self, kept: bytes) -> Refused:
        """The argument of `seal_refused`.

        Raises:
            KeyDestroyed, VaultLocked: as `unseal`.
        """
        packed = self._decrypt(kept, _REFUSED)
        reason, payload = msgspec.msgpack.decode(packed, type=tuple[bytes, bytes])
        return Refused(reason.decode("utf-8", "surrogatepass"), payload)

    def seal_part(self, part: bytes, received_at: datetime) -> bytes:
        """A part of a message that a decoder must remember, encrypted.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made.
        """
        return self._encrypt(part, _PART, received_at)

    def unseal_part(self, sealed: bytes) -> bytes | None:
        """The argument of `seal_part`; None if its key does not exist any more.

        Raises:
            PseudonymKeyUnavailable: the keys cannot be read.
        """
        try:
            return self._decrypt(sealed, _PART)
        except VaultLocked:
            return None

    def _in_use(self, received_at: datetime) -> _InUse:
        """The ciphers of a period's key. Only one is held, so no key outlives its file for long."""
        name = self._period.name_of(received_at)
        key = self._keys.key(name, name)
        used = self._used
        if used is None or used.key != key:
            naming, cipher = key_for("digest of raw bytes", key), self._cipher(key, self._first_id)
            used = self._used = _InUse(key, key_id(key), naming, cipher)
        return used

    def _encrypt(self, plain: bytes, authenticated: bytes, received_at: datetime) -> bytes:
        used, nonce = self._in_use(received_at), self._entropy(_NONCE_BYTES)
        sealed = used.cipher.encrypt(nonce, plain, authenticated)
        return b"".join((SEALED, used.id, self._first_id, nonce, sealed))

    def _decrypt(self, body: bytes, authenticated: bytes) -> bytes:
        period_id, rest = body[len(SEALED) : len(SEALED) + _ID_BYTES], len(SEALED) + _ID_BYTES
        given_id, rest = body[rest : rest + _ID_BYTES], rest + _ID_BYTES
        nonce, sealed = body[rest : rest + _NONCE_BYTES], body[rest + _NONCE_BYTES :]
        if not body.startswith(SEALED) or len(nonce) < _NONCE_BYTES:
            raise VaultLocked("it is not what was sealed: it was changed; run fsck")
        key = next((key for key in self._keys.present() if key_id(key) == period_id), None)
        if key is None:
            raise KeyDestroyed("the key of its period was destroyed: nobody can read it any more")
        if given_id not in self._given:
            raise VaultLocked(
                f"it is encrypted with the key {given_id.hex()}, which is not given: name it in "
                "privacy.raw.old_key_env or privacy.raw.old_key_file"
            )
        try:
            return self._cipher(key, given_id).decrypt(nonce, sealed, authenticated)
        except InvalidTag:
            raise VaultLocked("it is not what was sealed: it was changed; run fsck") from None

    def _cipher(self, key: bytes, given_id: bytes) -> AESGCM:
        ours = key_for("encryption of raw bytes", key)
        return AESGCM(hmac.digest(ours, self._given[given_id], "sha256"))


def key_id(key: bytes) -> bytes:
    """The id of a key. It reveals nothing of the key."""
    return hashlib.sha256(b"ldes-shok raw key\n" + key).digest()[:_ID_BYTES]
