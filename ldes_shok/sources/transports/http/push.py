"""Pushed events: the content of a body and the owner of its token. No transport."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.errors import (
    ConfigurationError,
    PayloadRejected,
    PayloadTooLarge,
    UnsupportedContentType,
)
from ldes_shok.sources.common.payload import is_json, split_json, split_lines

JSON_TYPES: Final = frozenset({"application/json"})
NDJSON_TYPES: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
_ACCEPTED: Final = (
    "send application/json (an object or an array) or application/x-ndjson (an object per line), "
    "or CloudEvents"
)


@dataclass(frozen=True, slots=True)
class PushLimits:
    """How much one request may hold."""

    max_body_bytes: int
    max_events: int


def split_payload(body: bytes, content_type: str, limits: PushLimits) -> list[bytes]:
    """Cut a body into the bytes of its events, in order.

    Args:
        body: after decompression.
        content_type: the Content-Type header, with its parameters; empty when absent.
        limits: of one request.

    Returns:
        The bytes of each event, as sent. Whether each is a canonical event is decided one by one,
        later. An empty array gives an empty list.

    Raises:
        UnsupportedContentType: not JSON or NDJSON in UTF-8.
        PayloadTooLarge: more bytes or events than the limits allow.
        PayloadRejected: nothing in it can be parsed.
    """
    media_type = _media_type(content_type)
    check_body(body, limits)
    if media_type in JSON_TYPES:
        events = split_json(body)
    else:
        events = split_lines(body)
        if not any(is_json(line) for line in events):
            raise PayloadRejected("no line of the body is JSON: send one event per line")
    if len(events) > limits.max_events:
        raise PayloadTooLarge(
            f"the body has {len(events)} events; at most {limits.max_events} are taken at once"
        )
    return events


def check_body(body: bytes, limits: PushLimits) -> None:
    """Check that a body is there and not too large, whatever it holds.

    Raises:
        PayloadTooLarge: more bytes than the limits allow.
        PayloadRejected: it is empty.
    """
    if len(body) > limits.max_body_bytes:
        raise PayloadTooLarge(
            f"the body has {len(body)} bytes; at most {limits.max_body_bytes} are taken at once"
        )
    if not body.strip():
        raise PayloadRejected("the body is empty")


def _media_type(content_type: str) -> str:
    media_type, *parameters = (part.strip().lower() for part in content_type.split(";"))
    if media_type not in JSON_TYPES | NDJSON_TYPES:
        raise UnsupportedContentType(f"{media_type or 'no content type'}: {_ACCEPTED}")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip(' "') not in {"utf-8", "utf8", "us-ascii"}:
            raise UnsupportedContentType(f"{parameter}: send UTF-8")
    return media_type


@dataclass(frozen=True, slots=True)
class PushSource:
    """An HTTP source, one of its tokens, which is never printed, and the token's number, from 1."""

    origin: Origin
    token: str = field(repr=False)
    number: int = 1


@dataclass(frozen=True, slots=True)
class Holder:
    """The owner of a token, and the token's number, from 1."""

    origin: Origin
    number: int


class TokenTable:
    """Finds the source of a token, in a time that reveals nothing about tokens.

    It compares digests, so that the length of a token does not show, and compares all sources, so
    that the place in the list does not show.

    Raises:
        ConfigurationError: a token is empty, or two sources share one.
    """

    def __init__(self, sources: Sequence[PushSource]) -> None:
        self._rows = tuple(
            (token_digest(source.token), Holder(source.origin, source.number)) for source in sources
        )
        for source in sources:
            if not source.token:
                raise ConfigurationError(f"source {source.origin.name}: its token is empty")
        if len({digest for digest, _ in self._rows}) != len(self._rows):
            names = ", ".join(source.origin.name for source in sources)
            raise ConfigurationError(
                f"two of the sources {names} have the same token: give each its own"
            )

    def __repr__(self) -> str:
        return f"TokenTable({len(self._rows)} rows)"

    def holder_of(self, authorization: str | None) -> Holder | None:
        """The owner of the token in an Authorization header; None without one."""
        # Also for a header without a token, so that every answer takes the same comparisons.
        presented = token_digest(token_of(authorization) or "")
        found: Holder | None = None
        for digest, holder in self._rows:
            if hmac.compare_digest(digest, presented):
                found = holder
        return found


def token_of(authorization: str | None) -> str | None:
    """The token in an Authorization header; None without one.

    It follows `Bearer` (RFC 6750, 2.1) or is the password of `Basic` (RFC 7617), whose user name is
    ignored.
    """
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    _, colon, password = basic_credentials(authorization).partition(":")
    return password if colon else None


def basic_credentials(authorization: str | None) -> str:
    """User name and password of an Authorization header, with a colon; empty if there are none."""
    scheme, _, coded = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(coded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def token_digest(token: str) -> bytes:
    """The digest that is stored and compared in place of a token: SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
