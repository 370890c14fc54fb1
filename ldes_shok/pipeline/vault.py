"""How what transports received is kept: under keys that end with their period, and no other way."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from ldes_shok.cabinet.incoming import Raw


class Refused(NamedTuple):
    """Bytes that were no event, and why: a reason may quote them."""

    reason: str
    payload: bytes


class Vault(Protocol):
    """Turns what was received into what the log keeps of it, and back.

    Once the key of the period of receipt is destroyed nobody reads it any more, and nobody can
    tell whether a guess of it is right.
    """

    def name(self, raw: Raw, received_at: datetime) -> bytes:
        """What the log calls raw bytes by, 32 bytes: their digest under the period's key.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made.
        """
        ...

    def seal(self, raw: Raw, name: bytes, received_at: datetime) -> bytes:
        """What the log keeps of raw bytes that it calls by this name.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made.
        """
        ...

    def unseal(self, name: bytes, body: bytes) -> Raw:
        """What was sealed by this name.

        Raises:
            KeyDestroyed: the key of its period is not there any more.
            VaultLocked: it is not what was sealed, or the setting's key is another one.
        """
        ...

    def seal_refused(self, refused: Refused, received_at: datetime) -> bytes:
        """What the log keeps of bytes that are no event.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made.
        """
        ...

    def unseal_refused(self, kept: bytes) -> Refused:
        """What `seal_refused` was given.

        Raises:
            KeyDestroyed, VaultLocked: as `unseal`.
        """
        ...


class _KeptBytes(msgspec.Struct, frozen=True, array_like=True):
    payload: bytes
    attributes: dict[str, str]


def encode(raw: Raw) -> bytes:
    """Payload and attributes as MessagePack."""
    return msgspec.msgpack.encode(_KeptBytes(raw.payload, dict(raw.attributes)))


def decode(body: bytes) -> Raw:
    """What `encode` was given."""
    kept = msgspec.msgpack.decode(body, type=_KeptBytes)
    return Raw.of(kept.payload, kept.attributes)
