"""Headers that every answer has, errors included: a browser must be able to read them."""

from __future__ import annotations

from typing import Final

SERVER: Final = "ldes-shok"

CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Retry-After, Link, Location, Content-Location",
}
SECURITY: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
}
ALWAYS: Final = (*CORS.items(), *SECURITY.items())
PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS, POST",
    "Access-Control-Allow-Headers": "Accept, If-None-Match, Authorization, Content-Type",
    "Access-Control-Max-Age": "86400",
}
