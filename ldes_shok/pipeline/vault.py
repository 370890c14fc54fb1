"""How what transports received is kept: the raw archive's own encoding."""

from __future__ import annotations

from typing import Protocol

import msgspec

from ldes_shok.cabinet.incoming import Raw


class Vault(Protocol):
    """Turns raw bytes into what the log keeps of them, and back."""

    def seal(self, raw: Raw) -> bytes:
        """What the log keeps."""
        ...

    def unseal(self, body: bytes) -> Raw:
        """What was sealed."""
        ...


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    payload: bytes
    attributes: dict[str, str]


class PlainVault:
    """Keeps it readable."""

    def seal(self, raw: Raw) -> bytes:
        """Payload and attributes as MessagePack."""
        return msgspec.msgpack.encode(_Kept(raw.payload, dict(raw.attributes)))

    def unseal(self, body: bytes) -> Raw:
        """The same raw bytes, digest included."""
        kept = msgspec.msgpack.decode(body, type=_Kept)
        return Raw.of(kept.payload, kept.attributes)
