"""How what transports received is kept: the raw archive's own encoding.

Two forms of body, told apart by their first bytes: MessagePack as it is, and encrypted
(`ldes_shok.pipeline.encrypted_vault`). Who has the key reads both, so a key may be given to a
service that kept things readable before.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from ldes_shok.cabinet.incoming import Raw
from ldes_shok.errors import VaultLocked

SEALED: Final = b"\xc1LS1"
"""What an encrypted body begins with. MessagePack never uses the byte C1."""

KEY_ID_BYTES: Final = 8


class Vault(Protocol):
    """Turns what was received into what the log keeps of it, and back."""

    def seal(self, raw: Raw) -> bytes:
        """What the log keeps."""
        ...

    def unseal(self, digest: bytes, body: bytes) -> Raw:
        """What was sealed with this digest.

        Raises:
            VaultLocked: its key is not given, or it is not what was sealed.
        """
        ...

    def seal_bytes(self, payload: bytes) -> bytes:
        """What the log keeps of bytes that are no event."""
        ...

    def unseal_bytes(self, kept: bytes) -> bytes:
        """What `seal_bytes` was given.

        Raises:
            VaultLocked: its key is not given.
        """
        ...


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    payload: bytes
    attributes: dict[str, str]


class PlainVault:
    """Keeps it readable."""

    def seal(self, raw: Raw) -> bytes:
        """Payload and attributes as MessagePack."""
        return encode(raw)

    def unseal(self, digest: bytes, body: bytes) -> Raw:
        """The same raw bytes.

        Raises:
            VaultLocked: it is encrypted, or it is not what was sealed.
        """
        if body.startswith(SEALED):
            raise locked(body)
        return decode(digest, body)

    def seal_bytes(self, payload: bytes) -> bytes:
        """As they are."""
        return payload

    def unseal_bytes(self, kept: bytes) -> bytes:
        """As they are, also where they look encrypted: whoever sent them may have made them so."""
        return kept


def encode(raw: Raw) -> bytes:
    """Payload and attributes as MessagePack."""
    return msgspec.msgpack.encode(_Kept(raw.payload, dict(raw.attributes)))


def decode(digest: bytes, body: bytes) -> Raw:
    """What `encode` was given.

    Raises:
        VaultLocked: it has another digest: it is not what was sealed.
    """
    kept = msgspec.msgpack.decode(body, type=_Kept)
    raw = Raw.of(kept.payload, kept.attributes)
    if raw.digest != digest:
        raise VaultLocked(f"raw {digest.hex()}: what is kept has another digest; run fsck")
    return raw


def locked(body: bytes) -> VaultLocked:
    """That the key of an encrypted body is missing."""
    key_id = body[len(SEALED) : len(SEALED) + KEY_ID_BYTES].hex()
    return VaultLocked(
        f"it is encrypted with the key {key_id}, which is not given: name it in "
        "privacy.raw.old_key_env or privacy.raw.old_key_file"
    )
