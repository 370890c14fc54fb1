"""Text for a terminal: makes foreign text safe, and formats instants."""

from __future__ import annotations

import unicodedata

import msgspec

from ldes_shok.clock import from_milliseconds


def safe_line(text: str) -> str:
    """Return `text` on one line; control characters, which could steer a terminal, are escaped."""
    return "".join(_safe(character) for character in text)


def safe_block(text: str) -> str:
    """Return safe text as `safe_line` does, but keep line ends and tabs."""
    return "".join(c if c in "\n\t" else _safe(c) for c in text)


def payload_text(payload: bytes) -> str:
    """Return an event's bytes as text: JSON indented, everything else as it is."""
    try:
        # This formats without reading the values: 1.50 stays 1.50.
        text = msgspec.json.format(payload, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = payload.decode("utf-8", errors="backslashreplace")
    return safe_block(text)


def received_at(received_ms: int) -> str:
    """Return the time of receipt to the second, UTC."""
    return f"{from_milliseconds(received_ms):%Y-%m-%dT%H:%M:%SZ}"


def _safe(character: str) -> str:
    # Cc: control characters. Cf: among others, marks that reverse the direction of writing.
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return character.encode("unicode_escape", errors="surrogatepass").decode("ascii")
    return character
