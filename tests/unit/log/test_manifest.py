from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ldes_shok.errors import BackupUnusable
from ldes_shok.log.manifest import (
    MANIFEST_NAME,
    BackupManifest,
    StreamCount,
    agrees,
    encode_manifest,
    fingerprint,
    read_manifest,
)

MANIFEST = BackupManifest(
    format=1,
    created_at=datetime(2026, 5, 12, 18, 0, tzinfo=UTC),
    service_version="0.1",
    schema_version="2",
    public_url="http://shok.test",
    log_bytes=4096,
    log_sha256="ab" * 32,
    events=2,
    streams=(StreamCount("kasten", 3, 17),),
    identity_fingerprint="00:00",
)


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_NAME).write_bytes(encode_manifest(MANIFEST))
    assert read_manifest(tmp_path) == MANIFEST


def test_what_is_no_manifest_is_said(tmp_path: Path) -> None:
    with pytest.raises(BackupUnusable, match="is this the folder that `backup` made"):
        read_manifest(tmp_path)
    for content in (b"", b"{}", b"\xff", encode_manifest(MANIFEST)[:-9]):
        (tmp_path / MANIFEST_NAME).write_bytes(content)
        with pytest.raises(BackupUnusable, match="is not a manifest"):
            read_manifest(tmp_path)


def test_another_format_names_the_release_that_wrote_it(tmp_path: Path) -> None:
    later = msgspec.structs.replace(MANIFEST, format=2, service_version="9.9")
    (tmp_path / MANIFEST_NAME).write_bytes(encode_manifest(later))
    with pytest.raises(BackupUnusable, match=r"format 2.*9\.9"):
        read_manifest(tmp_path)


def test_a_fingerprint_knows_its_secret_and_does_not_show_it() -> None:
    secret = b"identity-secret-of-a-test"
    printed = fingerprint(secret)
    assert agrees(secret, printed)
    assert not agrees(b"identity-secret-of-another", printed)
    assert fingerprint(secret) != printed
    assert secret.decode() not in printed


@pytest.mark.parametrize("odd", ["", ":", "xx:yy", "00", "é:é"])
def test_what_is_no_fingerprint_agrees_with_nothing(odd: str) -> None:
    assert not agrees(b"secret", odd)
