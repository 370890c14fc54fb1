"""The interface for fetching pages: the reader of a stream provides the transport."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

NQUADS: Final = "application/n-quads"

_MAX_AGE: Final = re.compile(r"max-age=([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, after redirects and without content coding.

    Attributes:
        url: the final URL.
        status: of the final answer.
        headers: by lower-case name.
        body: in the media type of Content-Type, without content coding.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def etag(self) -> str:
        """The ETag, for a conditional request; empty without one."""
        return self.headers.get("etag", "")

    @property
    def is_immutable(self) -> bool:
        """Whether Cache-Control marks the page as immutable."""
        control = self.headers.get("cache-control", "")
        return "immutable" in {part.strip().lower() for part in control.split(",")}

    @property
    def max_age_seconds(self) -> float | None:
        """How long the page is fresh by Cache-Control; None if that is not given."""
        found = _MAX_AGE.search(self.headers.get("cache-control", ""))
        return float(found[1]) if found else None


Fetch = Callable[[str, str], Response]
"""Takes an absolute URL and an Accept header. May raise OSError: no complete answer came."""
