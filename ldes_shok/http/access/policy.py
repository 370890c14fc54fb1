"""Decides who may read a stream: everyone, or holders of a token.

A token comes as Bearer (RFC 6750) or, from tools that do not support Bearer, as the password of
Basic. The settings name a token, or an external issuer signed it. Each process that answers counts
rates by itself.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from ldes_shok.clock import Clock
from ldes_shok.errors import TokenRefused
from ldes_shok.http.access.rates import Rates
from ldes_shok.ldes.stream import Access, EventStream
from ldes_shok.sources.transports.http.push import token_digest, token_of


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """A consumer that may read restricted streams.

    Attributes:
        name: its name in the audit.
        streams: the streams that it may read.
        requests_per_minute: its limit in each process that answers.
        expires_at: its token is refused from this instant on, aware UTC; None: never.
        token: the number of the token that it sent, from 1; 0 for a token of an external issuer.
    """

    name: str
    streams: frozenset[str]
    requests_per_minute: int
    expires_at: datetime | None = None
    token: int = 0


@dataclass(frozen=True, slots=True)
class Credential:
    """A token of the settings, never printed, and its holder."""

    token: str = field(repr=False)
    consumer: TokenHolder


HOW_TO_SEND: Final = (
    "send Authorization: Bearer and a token, or Basic with any user name and a token as the "
    "password"
)


class TokenReader(Protocol):
    """Checks tokens that an external issuer signed."""

    def consumer_of(self, token: str) -> TokenHolder:
        """Return the holder of this token and what the holder may read.

        Raises:
            TokenRefused: the token is not valid, or not valid any more.
        """
        ...

    def renew(self) -> Sequence[str]:
        """Read the keys again; return the keys of the settings whose values changed.

        Raises:
            ConfigurationError: they cannot be read; those read before stay in use.
        """
        ...


class NoSignedTokens:
    """The token reader without an issuer: it refuses every token."""

    def consumer_of(self, token: str) -> TokenHolder:  # noqa: ARG002  a TokenReader
        """Raise `TokenRefused`."""
        raise TokenRefused("nobody has this token")

    def renew(self) -> Sequence[str]:
        """Return no changes: there are no keys."""
        return ()


class AccessVerdict(StrEnum):
    """Whether a request may read a stream; the last two are words of RFC 6750, 3.1."""

    MAY = ""
    NO_TOKEN = "no_token"  # noqa: S105  no secret
    INVALID = "invalid_token"
    INSUFFICIENT = "insufficient_scope"


@dataclass(frozen=True, slots=True)
class Asker:
    """The consumer that sent a request; without a consumer, the reason why there is none.

    `expired` is the holder of a token that is valid except for its age.
    """

    consumer: TokenHolder | None
    verdict: AccessVerdict = AccessVerdict.MAY
    reason: str = ""
    expired: TokenHolder | None = None


class StreamAccess:
    """Decides by stream and Authorization header. It keeps only digests of tokens."""

    def __init__(
        self,
        streams: Sequence[EventStream],
        credentials: Sequence[Credential],
        signed: TokenReader,
        clock: Clock,
        now_seconds: Callable[[], float],
    ) -> None:
        """Prepare access as the settings define it.

        Args:
            streams: all streams.
            credentials: the tokens of the settings; without any, only signed tokens count.
            signed: checks all other tokens.
            clock: decides which tokens have expired.
            now_seconds: a monotonic time, for rates.
        """
        self._kinds = {s.name: s.kind for s in streams}
        self._open = {s.name for s in streams if s.access is Access.OPEN}
        self._consumers: tuple[tuple[bytes, TokenHolder], ...] = ()
        self.renew(credentials)
        self._signed = signed
        self._clock = clock
        self._rates = Rates(now_seconds)

    def renew(self, credentials: Sequence[Credential]) -> None:
        """Replace the tokens of the settings; requests in progress are not affected."""
        self._consumers = tuple((token_digest(c.token), c.consumer) for c in credentials)

    def renew_signed(self) -> Sequence[str]:
        """Read the issuer's keys again; return the keys of the settings whose values changed.

        Raises:
            ConfigurationError: they cannot be read; those read before stay in use.
        """
        return self._signed.renew()

    def is_open(self, stream: str) -> bool:
        """Whether everyone may read the stream."""
        return stream in self._open

    def asker(self, authorization: str | None) -> Asker:
        """Return who sends this Authorization header; it is always compared with every token."""
        token = token_of(authorization)
        presented = token_digest(token or "")
        found: TokenHolder | None = None
        for digest, consumer in self._consumers:
            if hmac.compare_digest(digest, presented):
                found = consumer
        if token is None:
            return Asker(None, AccessVerdict.NO_TOKEN, HOW_TO_SEND)
        if found is None:
            try:
                found = self._signed.consumer_of(token)
            except TokenRefused as error:
                return Asker(None, AccessVerdict.INVALID, str(error))
        if found.expires_at is not None and self._clock.now() >= found.expires_at:
            reason = "this token has expired; ask for another one"
            return Asker(None, AccessVerdict.INVALID, reason, expired=found)
        return Asker(found)

    def may_read(self, asker: Asker, stream: str) -> AccessVerdict:
        """Return whether a consumer may read a stream, and if not, why."""
        if stream in self._open:
            return AccessVerdict.MAY
        if asker.consumer is None:
            return asker.verdict
        known = asker.consumer.streams
        # Scopes name the kind of a stream: they cover the stream that succeeds it too.
        return (
            AccessVerdict.MAY
            if self._kinds.get(stream, stream) in known
            else AccessVerdict.INSUFFICIENT
        )

    def wait_seconds(self, consumer: TokenHolder) -> int:
        """Count a request; return the seconds to wait before it is answered, 0 for none."""
        return self._rates.take(consumer.name, consumer.requests_per_minute)
