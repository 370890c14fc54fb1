"""The credentials of a request: a fixed secret, or a token that is fetched and renewed."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import quote_plus

import msgspec
from yarl import URL

from ldes_shok.clock import Clock
from ldes_shok.errors import SourceError
from ldes_shok.sources.transports.poll.client import PollClient, PolledAnswer
from ldes_shok.sources.transports.poll.section import (
    Auth,
    BasicAuth,
    BearerAuth,
    HeaderAuth,
    NoAuth,
    OAuth2,
)

_NO_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_FORM: Final = "application/x-www-form-urlencoded"
_MARGIN_SECONDS: Final = 60
"""How long before its end a token is renewed, or a tenth of its life if that is less."""

_LONGEST_SECONDS: Final = 86_400.0 * 366


class Credentials(Protocol):
    """Authenticates our requests."""

    async def headers(self, client: PollClient) -> Mapping[str, str]:
        """The headers with the credentials.

        Raises:
            SourceError: there are no credentials.
        """
        ...

    def refused(self) -> bool:
        """Handle the answer 401; returns whether other headers may be possible."""
        ...


@dataclass(frozen=True, slots=True)
class FixedHeader(Credentials):
    """One header that stays the same, or none at all."""

    name: str = ""
    value: str = field(default="", repr=False)

    async def headers(self, client: PollClient) -> Mapping[str, str]:  # noqa: ARG002  the protocol
        """The header."""
        return {self.name: self.value} if self.name else {}

    def refused(self) -> bool:
        """False: there are no other headers."""
        return False


def bearer(token: str) -> FixedHeader:
    """RFC 6750."""
    return FixedHeader("Authorization", f"Bearer {token}")


def basic(user: str, password: str) -> FixedHeader:
    """RFC 7617, in UTF-8."""
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return FixedHeader("Authorization", f"Basic {pair}")


class _Grant(msgspec.Struct, frozen=True):
    """RFC 6749, section 5.1."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105  a kind, not a token
    expires_in: float | None = None


class _Denial(msgspec.Struct, frozen=True):
    """RFC 6749, section 5.2."""

    error: str


class ClientCredentials(Credentials):
    """Tokens by the client credentials grant (RFC 6749, section 4.4).

    A token is renewed before its end, and when the server no longer accepts it.

    Args:
        section: the token server and the client id.
        secret: of our client.
        clock: for the age of a token.
    """

    def __init__(self, section: OAuth2, secret: str, clock: Clock) -> None:
        self._section = section
        self._secret = secret
        self._clock = clock
        self._token = ""
        self._good_until: datetime | None = None

    async def headers(self, client: PollClient) -> Mapping[str, str]:
        """A valid bearer token, fetched if needed.

        Raises:
            SourceUnavailable: the token server does not answer now.
            SourceError: it refuses; the message has its error code.
        """
        is_old = self._good_until is not None and self._clock.now() >= self._good_until
        if not self._token or is_old:
            await self._fetch(client)
        return {"Authorization": f"Bearer {self._token}"}

    def refused(self) -> bool:
        """Drop the token; another one may be accepted."""
        self._token = ""
        return True

    async def _fetch(self, client: PollClient) -> None:
        asked_at = self._clock.now()
        answer = await client.post(URL(self._section.token_url), self._headers(), self._form())
        if answer.status != HTTPStatus.OK:
            raise SourceError(
                f"the server that gives tokens answers {answer.status}{_error_of(answer)}: "
                "see client_id, secret and scope"
            )
        try:
            grant = msgspec.json.decode(answer.body, type=_Grant)
        except _NO_JSON as error:
            raise SourceError(f"the server that gives tokens gives none: {error}") from error
        if not grant.access_token.isascii() or not grant.access_token.isprintable():
            raise SourceError("the server that gives tokens gives one that is no text")
        if grant.token_type.lower() != "bearer":
            raise SourceError("the server that gives tokens gives another kind than bearer")
        self._token = grant.access_token
        self._good_until = None
        if grant.expires_in is not None:
            margin_seconds = min(_MARGIN_SECONDS, grant.expires_in / 10)
            self._good_until = asked_at + timedelta(
                seconds=min(max(0.0, grant.expires_in - margin_seconds), _LONGEST_SECONDS)
            )

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "Content-Type": _FORM}
        if self._section.client_auth == "basic":
            # Section 2.3.1: both are form-encoded first.
            user, secret = quote_plus(self._section.client_id), quote_plus(self._secret)
            headers["Authorization"] = basic(user, secret).value
        return headers

    def _form(self) -> bytes:
        fields = {"grant_type": "client_credentials"}
        if self._section.scope:
            fields["scope"] = self._section.scope
        if self._section.client_auth == "body":
            fields |= {
                "client_id": self._section.client_id, "client_secret": self._secret,
            }  # fmt: skip
        return "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items()).encode()


def _error_of(answer: PolledAnswer) -> str:
    """The error code, which RFC 6749 defines; never the server's free text."""
    try:
        code = msgspec.json.decode(answer.body, type=_Denial).error
    except _NO_JSON:
        return ""
    return f", {code[:40]}" if code.isascii() and code.isprintable() else ""


def credentials_of(auth: Auth, secret: str, clock: Clock) -> Credentials:
    """The credentials of a source. `secret` is the one that its `auth` needs, empty for none."""
    match auth:
        case NoAuth():
            return FixedHeader()
        case BearerAuth():
            return bearer(secret)
        case BasicAuth():
            return basic(auth.username, secret)
        case HeaderAuth():
            return FixedHeader(auth.header, secret)
        case OAuth2():
            return ClientCredentials(auth, secret, clock)
