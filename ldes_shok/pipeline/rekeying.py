"""Brings what an older version stored under the keys of periods.

In that version an event named the SHA-256 of its raw bytes. The raw bytes were readable, or
encrypted with the setting's key alone; that key stays in use. Now the digests are keyed and the
bytes sealed, with the key of the period in which they came. If that key is destroyed, a key that
lasts as long as this process takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol, runtime_checkable

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ldes_shok.cabinet.encode import with_raw
from ldes_shok.cabinet.incoming import Raw, raw_text
from ldes_shok.cabinet.stored_event import stored_event
from ldes_shok.clock import from_milliseconds
from ldes_shok.errors import VaultLocked
from ldes_shok.log.records import FORGOTTEN, SEALED_REASON, MemoryRecord, RawRecord, Rejection
from ldes_shok.pipeline.period_vault import SEALED, PeriodVault, key_id
from ldes_shok.pipeline.vault import Refused, decode
from ldes_shok.sources.decoder import Decoder

_UNKEYED: Final = "sha256:"
_SEALED: Final = b"\xc1LS1"
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_REFUSED: Final = b"no event"
_ORPHANED: Final = (b"[", b"\x96", b"\x97")
"""The first byte of a history of changes, and of the memory of a P1 source (MessagePack)."""


@runtime_checkable
class Quoting(Protocol):
    """A decoder that remembered parts of messages as they came."""

    def without_raw(self, memory: bytes) -> bytes:
        """The memory without these parts; a memory without any comes back as it is."""
        ...


class UnderKeys:
    """The `Rekeying` of a service.

    Args:
        vault: seals what is not sealed yet.
        given: the setting's keys, the first one and the old ones.
        decoders: of the sources, by `Origin.source`.
    """

    def __init__(
        self, vault: PeriodVault, given: Sequence[bytes], decoders: Mapping[str, Decoder]
    ) -> None:
        self._vault = vault
        self._ciphers = {key_id(key): AESGCM(key) for key in given}
        self._decoders = decoders

    def event(self, payload: bytes, received_ms: int) -> bytes:
        """The payload, with its digest keyed."""
        try:
            raw = stored_event(payload).raw or ""
            digest = bytes.fromhex(raw.removeprefix(_UNKEYED))
        except (msgspec.DecodeError, ValueError):
            return payload
        if not raw.startswith(_UNKEYED):
            return payload
        name = self._vault.name_of(digest, from_milliseconds(received_ms))
        return with_raw(payload, raw_text(name))

    def raw(self, raw: RawRecord) -> RawRecord | None:
        """The raw bytes, named and sealed; None if the setting's key for them is not given."""
        if raw.body.startswith(SEALED):
            return raw
        try:
            found = self._opened(raw.digest, raw.body)
        except (VaultLocked, msgspec.DecodeError):
            return None
        at = from_milliseconds(raw.received_ms)
        name = self._vault.name(found, at)
        return replace(raw, digest=name, body=self._vault.seal(found, name, at))

    def rejection(self, rejection: Rejection) -> Rejection:
        """The bytes and their reason, sealed; emptied if the setting's key is not given."""
        if rejection.reason == SEALED_REASON:
            return rejection
        payload = rejection.payload
        try:
            payload = self._decrypted(payload, _REFUSED)
        except VaultLocked:
            return replace(rejection, reason=FORGOTTEN, payload=b"")
        refused = Refused(rejection.reason, payload)
        at = from_milliseconds(rejection.received_ms)
        sealed = self._vault.seal_refused(refused, at)
        return replace(rejection, reason=SEALED_REASON, payload=sealed)

    def memory(self, memory: MemoryRecord) -> MemoryRecord:
        """The memory without raw parts of messages, and without their digests."""
        decoder = self._decoders.get(memory.source)
        if isinstance(decoder, Quoting):
            return replace(memory, value=decoder.without_raw(memory.value))
        if decoder is None and memory.value[:1] in _ORPHANED:
            # The memory of a source that is not in the settings any more.
            return replace(memory, value=b"")
        return memory

    def _opened(self, digest: bytes, body: bytes) -> Raw:
        return decode(self._decrypted(body, digest))

    def _decrypted(self, body: bytes, authenticated: bytes) -> bytes:
        if not body.startswith(_SEALED):
            return body
        start = len(_SEALED) + _ID_BYTES
        cipher = self._ciphers.get(body[len(_SEALED) : start])
        nonce, sealed = body[start : start + _NONCE_BYTES], body[start + _NONCE_BYTES :]
        try:
            if cipher is None:
                raise VaultLocked("its key is not given")
            return cipher.decrypt(nonce, sealed, authenticated)
        except (InvalidTag, ValueError):
            raise VaultLocked("it was changed") from None
