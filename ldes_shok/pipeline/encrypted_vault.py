"""The raw archive encrypted: AES-256-GCM (NIST SP 800-38D), keys that may be changed.

A body is `SEALED`, the key's id, a random nonce, and the ciphertext with its tag. The digest of the
raw bytes is authenticated with it, so no body can be put in the place of another. The id follows
from the key: whoever changes keys gives the new one, and the old one for as long as it is needed.

With random nonces a key is good for 2^32 bodies (SP 800-38D, 8.3): at 100 messages a second for
more than a year. Change it once a year.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ldes_shok.cabinet.incoming import Raw
from ldes_shok.errors import VaultLocked
from ldes_shok.pipeline.vault import KEY_ID_BYTES, SEALED, decode, encode, locked

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_REJECTED: Final = b"no event"
"""Authenticated with bytes that have no digest of their own."""


class EncryptedVault:
    """Seals with the first key, unseals with any.

    Args:
        keys: of `KEY_BYTES` each, the one to use first.
        entropy: gives so many random bytes, unpredictable ones.
    """

    def __init__(self, keys: Sequence[bytes], entropy: Callable[[int], bytes]) -> None:
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        self._id = key_id(keys[0])
        self._entropy = entropy

    def seal(self, raw: Raw) -> bytes:
        """Payload and attributes, encrypted; the digest is authenticated with them."""
        return self._encrypt(encode(raw), raw.digest)

    def unseal(self, digest: bytes, body: bytes) -> Raw:
        """What was sealed with this digest; also what was kept readable.

        Raises:
            VaultLocked: its key is not given, or it is not what was sealed.
        """
        if not body.startswith(SEALED):
            return decode(digest, body)
        return decode(digest, self._decrypt(body, digest))

    def seal_bytes(self, payload: bytes) -> bytes:
        """Bytes that are no event, encrypted."""
        return self._encrypt(payload, _REJECTED)

    def unseal_bytes(self, kept: bytes) -> bytes:
        """What `seal_bytes` was given; what was kept readable as it is.

        Raises:
            VaultLocked: its key is not given.
        """
        return self._decrypt(kept, _REJECTED) if kept.startswith(SEALED) else kept

    def _encrypt(self, payload: bytes, authenticated: bytes) -> bytes:
        nonce = self._entropy(_NONCE_BYTES)
        sealed = self._ciphers[self._id].encrypt(nonce, payload, authenticated)
        return SEALED + self._id + nonce + sealed

    def _decrypt(self, body: bytes, authenticated: bytes) -> bytes:
        start = len(SEALED) + KEY_ID_BYTES
        cipher = self._ciphers.get(body[len(SEALED) : start])
        if cipher is None:
            raise locked(body)
        nonce, sealed = body[start : start + _NONCE_BYTES], body[start + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, sealed, authenticated)
        except (InvalidTag, ValueError):
            raise VaultLocked("it is not what was sealed: it was changed; run fsck") from None


def key_id(key: bytes) -> bytes:
    """Names a key and says nothing of it, `KEY_ID_BYTES` long."""
    return hashlib.sha256(b"ldes-shok raw key\n" + key).digest()[:KEY_ID_BYTES]
