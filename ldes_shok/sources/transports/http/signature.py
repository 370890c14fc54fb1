"""Checks bodies signed with a shared secret (HMAC, RFC 2104)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from ldes_shok.errors import SignatureRejected
from ldes_shok.sources.transports.http.section import Signature

_MOST_SIGNATURES: Final = 8
_BETWEEN: Final = re.compile(r"[,\s]+")
_MILLISECOND_DIGITS: Final = 13
_NO_TIME: Final = "does not say when it was signed: seconds since 1970, or a UTC time"


@dataclass(frozen=True, slots=True)
class Signing:
    """How a sender signs.

    Attributes:
        section: the settings. Its header holds the signature, or several, with commas or spaces
            between them, while a sender changes its secret.
        secrets: the keys, UTF-8 bytes; each is valid, so that a sender may change its key.
    """

    section: Signature
    secrets: tuple[str, ...] = field(repr=False)

    def check_headers(self, headers: Mapping[str, str], now: datetime) -> None:
        """Check, before the body is read, that a request has a signature with a recent time.

        Args:
            headers: of the request, looked up without regard to case.
            now: aware UTC.

        Raises:
            SignatureRejected: it has not; the message names the missing or wrong header.
        """
        section, time_header = self.section, self.section.timestamp_header
        if not headers.get(section.header):
            raise SignatureRejected(f"header {section.header}: is missing; sign the body")
        if time_header is None:
            return
        signed_at = _instant(headers.get(time_header, ""))
        if signed_at is None:
            raise SignatureRejected(f"header {time_header}: {_NO_TIME}")
        if abs((now - signed_at).total_seconds()) > section.tolerance_seconds:
            raise SignatureRejected(
                f"header {time_header}: is more than {section.tolerance_seconds} s from "
                "now; sign it again, and see the sender's clock"
            )

    def check(self, headers: Mapping[str, str], body: bytes) -> int:
        """The number, from 1, of the secret with which one of the signatures fits the body.

        Making and comparing the digest takes a time that reveals nothing about it, whatever the
        header holds.

        Args:
            headers: of the request.
            body: without content coding; nothing has parsed it yet.

        Raises:
            SignatureRejected: no signature fits.
        """
        given = _BETWEEN.split(headers.get(self.section.header, ""))[:_MOST_SIGNATURES]
        signatures = [self._signature(text) for text in given]
        found = 0
        for number, secret in enumerate(self.secrets, start=1):
            expected = self._digest(secret, headers, body)
            matches = [hmac.compare_digest(expected, signature) for signature in signatures]
            if any(matches):
                found = number
        if not found:
            raise SignatureRejected(
                f"header {self.section.header}: is not the signature of this body"
            )
        return found

    def _digest(self, secret: str, headers: Mapping[str, str], body: bytes) -> bytes:
        before, _, after = self.section.signed_text.partition("{body}")
        timestamp = (
            headers.get(self.section.timestamp_header, "") if self.section.timestamp_header else ""
        )
        digest = hmac.new(secret.encode(), digestmod=getattr(hashlib, self.section.algorithm))
        digest.update(before.replace("{timestamp}", timestamp).encode("utf-8", "surrogateescape"))
        digest.update(body)
        digest.update(after.replace("{timestamp}", timestamp).encode("utf-8", "surrogateescape"))
        return digest.digest()

    def _signature(self, text: str) -> bytes:
        """The bytes of a signature; empty if the text is no signature."""
        prefix = self.section.prefix or ""
        if not text.startswith(prefix):
            return b""
        text = text.removeprefix(prefix)
        try:
            if self.section.encoding == "hex":
                return bytes.fromhex(text)
            return base64.b64decode(text, validate=True)
        except (ValueError, binascii.Error):
            return b""


def _instant(text: str) -> datetime | None:
    """Seconds or milliseconds since 1970, or RFC 3339 in UTC; None if it is neither."""
    text = text.strip()
    try:
        if text.isascii() and text.isdecimal() and len(text) <= _MILLISECOND_DIGITS:
            divisor = 1000 if len(text) == _MILLISECOND_DIGITS else 1
            return datetime.fromtimestamp(int(text) / divisor, UTC)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.tzinfo is not None else None
