"""Checksums of rows: a flipped bit on disk must not change what the service publishes."""

from __future__ import annotations

import zlib

_SEPARATOR = b"\x1f"


def checksum(*parts: str | bytes | int) -> int:
    """CRC-32 of a row's values in order; finds every single flipped bit and every short burst."""
    return zlib.crc32(
        _SEPARATOR.join(
            [
                part
                if isinstance(part, bytes)
                else part.encode()
                if isinstance(part, str)
                else b"%d" % part
                for part in parts
            ]
        )
    )
