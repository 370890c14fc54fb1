"""Headers of every answer, errors included, and functions that read headers of a request."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Final

from multidict import CIMultiDict, CIMultiDictProxy

SERVER: Final = "ldes-shok"

CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After, Link, Location, Content-Location, Allow, "
    "WWW-Authenticate",
}
SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
}
ALWAYS: Final = (*CORS.items(), *SECURITY.items())
"""Headers of every answer: browsers may read it, and must follow these security rules."""

PREFLIGHT: Final = {
    "Access-Control-Allow-Headers": "Accept, If-Match, If-None-Match, Authorization, Content-Type",
    "Access-Control-Max-Age": "86400",
}


def listed(headers: CIMultiDictProxy[str], name: str) -> str | None:
    """Return the value of a field that is a list: all its lines, joined (RFC 9110, section 5.3).

    Returns:
        None if the request has no such line.
    """
    lines = headers.getall(name, ())
    return ", ".join(lines) if lines else None


def combined(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """Return every field once, with all its lines as one value (RFC 9110, section 5.3)."""
    return CIMultiDict((name, ", ".join(headers.getall(name))) for name in set(headers))


def http_date(instant: datetime) -> bytes:
    """Format an instant in UTC as an HTTP date (RFC 9110, section 5.6.7)."""
    return format_datetime(instant, usegmt=True).encode()
