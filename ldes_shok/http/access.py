"""Who may read a stream: open to all, or to holders of a bearer token."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence

from ldes_shok.ldes.stream import Access, EventStream
from ldes_shok.sources.push import bearer_digest, token_digest


class StreamAccess:
    """Decides by stream and Authorization header. Tokens are kept as digests only."""

    def __init__(self, streams: Iterable[EventStream], tokens: Mapping[str, Sequence[str]]) -> None:
        """`tokens` holds the tokens of each restricted stream; none means nobody reads it."""
        self._open = {s.name for s in streams if s.access is Access.OPEN}
        self._digests = {
            name: tuple(token_digest(token) for token in values) for name, values in tokens.items()
        }

    def is_open(self, stream: str) -> bool:
        """Whether anybody may read it."""
        return stream in self._open

    def allows(self, stream: str, authorization: str | None) -> bool:
        """Whether a request with this Authorization header may read `stream`."""
        if stream in self._open:
            return True
        presented, is_bearer = bearer_digest(authorization)
        allowed = False
        for digest in self._digests.get(stream, ()):
            allowed |= hmac.compare_digest(digest, presented)
        return allowed and is_bearer
