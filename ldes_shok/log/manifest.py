"""The manifest of a backup."""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from ldes_shok.errors import BackupUnusable

FORMAT: Final = 1
MANIFEST_NAME: Final = "manifest.json"
LOG_NAME: Final = "log.db"
SECRET_NAME: Final = "identity-secret"  # noqa: S105  the name of a file

# RFC 7914, section 2: these take 16 MiB and about 50 ms, once for each backup. A reader of a
# manifest must not be able to try out secrets fast.
_SCRYPT_COST, _SCRYPT_BLOCK, _SCRYPT_PARALLEL = 2**14, 8, 1
_SALT_BYTES = 16


class StreamCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far one stream was. `last_ms` is in milliseconds since 1970."""

    name: str
    members: int
    last_ms: int


class BackupManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was copied, from where, and how to check that the copy is whole.

    Attributes:
        format: of this manifest.
        created_at: aware UTC; the copy holds what was committed by then.
        service_version: of the software that made it.
        schema_version: of the log.
        public_url: base of every IRI in the log.
        log_bytes: size of the copied log.
        log_sha256: its SHA-256, in hexadecimal.
        events: how many events it keeps.
        streams: how far each stream was.
        identity_fingerprint: shows whether a secret is the one that keyed the members' IRIs, and
            nothing else about it.
    """

    format: int
    created_at: datetime
    service_version: str
    schema_version: str
    public_url: str
    log_bytes: int
    log_sha256: str
    events: int
    streams: tuple[StreamCount, ...]
    identity_fingerprint: str


def encode_manifest(manifest: BackupManifest) -> bytes:
    """A manifest as readable JSON."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def read_manifest(folder: Path) -> BackupManifest:
    """The manifest of the backup in a folder.

    Raises:
        BackupUnusable: there is no manifest, or it is not one of ours.
    """
    path = folder / MANIFEST_NAME
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=BackupManifest)
    except OSError as error:
        raise BackupUnusable(
            f"{path}: {error.strerror or error}; is this the folder that `backup` made?"
        ) from error
    except msgspec.DecodeError as error:
        raise BackupUnusable(f"{path}: is not a manifest of a backup: {error}") from error
    if manifest.format != FORMAT:
        raise BackupUnusable(
            f"{path}: has format {manifest.format}, this release reads {FORMAT}; use the release "
            f"that made it, {manifest.service_version}"
        )
    return manifest


def fingerprint(secret: bytes) -> str:
    """A fingerprint that matches only this secret and does not reveal it."""
    salt = os.urandom(_SALT_BYTES)
    return f"{salt.hex()}:{_derived(secret, salt).hex()}"


def agrees(secret: bytes, printed: str) -> bool:
    """Whether a fingerprint is of this secret."""
    salt, _, derived = printed.partition(":")
    try:
        return hmac.compare_digest(_derived(secret, bytes.fromhex(salt)), bytes.fromhex(derived))
    except ValueError:
        return False


def _derived(secret: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(
        secret, salt=salt, n=_SCRYPT_COST, r=_SCRYPT_BLOCK, p=_SCRYPT_PARALLEL, dklen=_SALT_BYTES
    )
