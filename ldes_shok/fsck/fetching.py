"""How the oracle gets pages: whoever calls it brings the transport."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, redirects followed and content coding undone.

    Attributes:
        url: the final URL.
        status: of the final answer.
        headers: by lower-case name.
        body: as the Content-Type says, without content coding.
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
    def is_immutable(self) -> bool:
        """Whether Cache-Control says that it never changes."""
        control = self.headers.get("cache-control", "")
        return "immutable" in {part.strip().lower() for part in control.split(",")}


Fetch = Callable[[str, str], Response]
"""Takes an absolute URL and an Accept header. May raise OSError: no whole answer came."""
