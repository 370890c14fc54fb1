"""Text for a terminal: what came from outside made safe, and instants."""

from __future__ import annotations

import unicodedata

import msgspec

from ldes_shok.clock import from_milliseconds


def safe_line(text: str) -> str:
    """`text` on one line; control characters, which could steer a terminal, as escapes."""
    return "".join(_safe(character) for character in text)


def safe_block(text: str) -> str:
    """Like `safe_line`, but keeps line ends and tabs."""
    return "".join(c if c in "\n\t" else _safe(c) for c in text)


def payload_text(payload: bytes) -> str:
    """An event's bytes as people read them: JSON indented, everything else as it is."""
    try:
        # Lays out without reading the values: 1.50 stays 1.50.
        text = msgspec.json.format(payload, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = payload.decode("utf-8", errors="backslashreplace")
    return safe_block(text)


def received_at(received_ms: int) -> str:
    """When the service received something, to the second, UTC."""
    return f"{from_milliseconds(received_ms):%Y-%m-%dT%H:%M:%SZ}"


def _safe(character: str) -> str:
    # Cc: control characters; Cf: among others the marks that reverse the direction of writing.
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return character.encode("unicode_escape", errors="surrogatepass").decode("ascii")
    return character
