"""The contract for storing raw bytes: only under keys that end with their period."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from ldes_shok.cabinet.incoming import Raw


class Refused(NamedTuple):
    """Bytes that were no event, and the reason, which may quote them."""

    reason: str
    payload: bytes


class Vault(Protocol):
    """Converts received bytes to what the log keeps of them, and back.

    Once the key of the period of receipt is destroyed, nobody can read the bytes any more, and
    nobody can check a guess of them.
    """

    def name(self, raw: Raw, received_at: datetime) -> bytes:
        """The log's name of raw bytes, 32 bytes: their digest under the period's key.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made.
        """
        ...

    def seal(self, raw: Raw, name: bytes, received_at: datetime) -> bytes:
        """What the log keeps of the raw bytes with this name.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made.
        """
        ...

    def unseal(self, name: bytes, body: bytes) -> Raw:
        """The raw bytes that were sealed under this name.

        Raises:
            KeyDestroyed: the key of its period does not exist any more.
            VaultLocked: the body was changed, or the setting's key is another one.
        """
        ...

    def seal_refused(self, refused: Refused, received_at: datetime) -> bytes:
        """What the log keeps of bytes that are no event.

        Raises:
            PseudonymKeyUnavailable: the key cannot be read or made.
        """
        ...

    def unseal_refused(self, kept: bytes) -> Refused:
        """The argument of `seal_refused`.

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
    """The argument of `encode`."""
    kept = msgspec.msgpack.decode(body, type=_KeptBytes)
    return Raw.of(kept.payload, kept.attributes)
