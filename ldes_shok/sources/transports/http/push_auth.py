"""The callers that may push, for each source: by a token, by signed bodies, or by both."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from ldes_shok.cabinet.incoming import Origin
from ldes_shok.sources.transports.http.push import PushSource, TokenTable
from ldes_shok.sources.transports.http.signature import Signing


@dataclass(frozen=True, slots=True)
class SignedSource:
    """An HTTP source whose bodies are signed.

    Attributes:
        origin: of its events.
        signing: how its bodies are signed.
        has_token: whether it also needs a bearer token.
    """

    origin: Origin
    signing: Signing
    has_token: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller that may push, once the signatures of its bodies are right.

    Attributes:
        origin: of its events.
        signing: how its bodies must be signed; None if the token is enough.
        token: the number of its token, from 1; 0 for none.
    """

    origin: Origin
    signing: Signing | None = None
    token: int = 0


class Callers:
    """Finds the caller of a request.

    It compares every name and every token, as digests, so that the time reveals nothing about them.

    Raises:
        ConfigurationError: a token is empty, or two sources share one.
    """

    def __init__(self, tokens: Sequence[PushSource], signed: Sequence[SignedSource] = ()) -> None:
        self.renew(tokens, signed)

    def renew(self, tokens: Sequence[PushSource], signed: Sequence[SignedSource] = ()) -> None:
        """Replace the callers; a request under way goes on.

        Raises:
            ConfigurationError: as above; nothing is changed.
        """
        self._tokens = TokenTable(tokens)
        self._signed = tuple((_digest(source.origin.name), source) for source in signed)

    def __repr__(self) -> str:
        return f"Callers({self._tokens!r}, {len(self._signed)} signed)"

    def caller(self, authorization: str | None, name: str | None) -> Caller | None:
        """The caller with this token or name; None if there is none.

        Args:
            authorization: the Authorization header.
            name: of the source, if the URL has it; a source without a token needs it.
        """
        holder = self._tokens.holder_of(authorization)
        by_token = None if holder is None else holder.origin
        number = 0 if holder is None else holder.number
        wanted = by_token.name if by_token is not None and name is None else name or ""
        presented = _digest(wanted)
        found: SignedSource | None = None
        for digest, source in self._signed:
            if hmac.compare_digest(digest, presented):
                found = source
        if found is not None:
            is_missing = found.has_token and by_token != found.origin
            shown = number if found.has_token else 0
            return None if is_missing else Caller(found.origin, found.signing, shown)
        if by_token is None or by_token.name != wanted:
            return None
        return Caller(by_token, token=number)


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
