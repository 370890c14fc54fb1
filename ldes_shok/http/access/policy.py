"""Who may read a stream: open to all, or to holders of a token.

It comes as Bearer (RFC 6750) or, from tools that do not know that, as the password of Basic. A
token is one that the settings name, or one that somebody else signed. Rates are counted in each
process that answers.
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
    """Somebody who reads restricted streams.

    Attributes:
        name: as it stands in the audit.
        streams: what it may read.
        requests_per_minute: its limit in each process that answers.
        expires_at: from when its token is refused, aware UTC; None: never.
        token: which of its tokens it showed, from 1; 0 for one that somebody else signed.
    """

    name: str
    streams: frozenset[str]
    requests_per_minute: int
    expires_at: datetime | None = None
    token: int = 0


@dataclass(frozen=True, slots=True)
class Credential:
    """A token of the settings, never printed, and whose it is."""

    token: str = field(repr=False)
    consumer: TokenHolder


HOW_TO_SEND: Final = (
    "send Authorization: Bearer and a token, or Basic with any user name and a token as the "
    "password"
)


class TokenReader(Protocol):
    """Reads tokens that somebody else signed."""

    def consumer_of(self, token: str) -> TokenHolder:
        """Whose it is, and what for.

        Raises:
            TokenRefused: it is not good, or not good any more.
        """
        ...

    def renew(self) -> Sequence[str]:
        """Read again what it checks tokens with; says which keys of the settings that changed.

        Raises:
            ConfigurationError: it cannot be read; what was read before goes on.
        """
        ...


class NoSignedTokens:
    """Nobody signs tokens for this service."""

    def consumer_of(self, token: str) -> TokenHolder:  # noqa: ARG002  a TokenReader
        """Nobody's."""
        raise TokenRefused("nobody has this token")

    def renew(self) -> Sequence[str]:
        """There is nothing."""
        return ()


class AccessVerdict(StrEnum):
    """Whether a request may read a stream; the middle two are the words of RFC 6750, 3.1."""

    MAY = ""
    NO_TOKEN = "no_token"  # noqa: S105  no secret
    INVALID = "invalid_token"
    INSUFFICIENT = "insufficient_scope"


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sent a request: somebody known, or nobody, and then why.

    `expired` is whose token it was, where it is only too old.
    """

    consumer: TokenHolder | None
    verdict: AccessVerdict = AccessVerdict.MAY
    reason: str = ""
    expired: TokenHolder | None = None


class StreamAccess:
    """Decides by stream and Authorization header. Tokens are kept as digests only."""

    def __init__(
        self,
        streams: Sequence[EventStream],
        credentials: Sequence[Credential],
        signed: TokenReader,
        clock: Clock,
        now_seconds: Callable[[], float],
    ) -> None:
        """Take what the settings say.

        Args:
            streams: all of them.
            credentials: the tokens of the settings; without any nobody reads what is restricted.
            signed: reads all other tokens.
            clock: says what has expired.
            now_seconds: a time that never goes back, for rates.
        """
        self._kinds = {s.name: s.kind for s in streams}
        self._open = {s.name for s in streams if s.access is Access.OPEN}
        self._consumers: tuple[tuple[bytes, TokenHolder], ...] = ()
        self.renew(credentials)
        self._signed = signed
        self._clock = clock
        self._rates = Rates(now_seconds)

    def renew(self, credentials: Sequence[Credential]) -> None:
        """From now on these are the tokens of the settings; what is being answered is."""
        self._consumers = tuple((token_digest(c.token), c.consumer) for c in credentials)

    def renew_signed(self) -> Sequence[str]:
        """Read the keys of who signs tokens again; says which keys of the settings that changed.

        Raises:
            ConfigurationError: they cannot be read; what was read before goes on.
        """
        return self._signed.renew()

    def is_open(self, stream: str) -> bool:
        """Whether anybody may read it."""
        return stream in self._open

    def asker(self, authorization: str | None) -> Asker:
        """Who sends this Authorization header; every token is compared, whatever it is."""
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
        """Whether somebody may read a stream, and if not, what is wrong."""
        if stream in self._open:
            return AccessVerdict.MAY
        if asker.consumer is None:
            return asker.verdict
        known = asker.consumer.streams
        # Who may read a stream may read the one that succeeds it.
        return (
            AccessVerdict.MAY
            if self._kinds.get(stream, stream) in known
            else AccessVerdict.INSUFFICIENT
        )

    def wait_seconds(self, consumer: TokenHolder) -> int:
        """Count a request; how long to wait before it is answered, 0 for not at all."""
        return self._rates.take(consumer.name, consumer.requests_per_minute)
