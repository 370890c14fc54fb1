"""One request and its whole answer: bounded in time and size, and never to another server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from ldes_shok.client.reference import followed, shown_server
from ldes_shok.clock import Clock
from ldes_shok.errors import PositionRefused, SourceError, SourceUnavailable

_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_MAX_REDIRECTS: Final = 5
_TRY_AGAIN: Final = frozenset({408, 425, 429})
_MOST_RETRY_SECONDS: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class PolledAnswer:
    """A whole answer, its content coding undone.

    Attributes:
        url: where it came from, redirects followed.
        status: 1xx, redirects, 408, 425, 429 and 5xx are never seen here.
        headers: as they came.
        body: the bytes.
    """

    url: URL
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


def client_session() -> aiohttp.ClientSession:
    """A session for one source: without cookies, proxies or credentials of the machine."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)


class PollClient:
    """Asks one server.

    Args:
        session: carries the requests.
        clock: for comparison with a date in Retry-After.
        timeout_seconds: for one whole answer.
        max_body_bytes: of one answer.
        user_agent: our name.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        clock: Clock,
        timeout_seconds: float,
        max_body_bytes: int,
        user_agent: str = "ldes-shok",
    ) -> None:
        self._session = session
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)
        self._max_body_bytes = max_body_bytes
        self._user_agent = user_agent

    async def get(self, url: URL, headers: Mapping[str, str]) -> PolledAnswer:
        """Ask for a page; redirects are followed on the same server only.

        Raises:
            SourceUnavailable: it does not answer now; holds the time of the next try, if known.
            PositionRefused: it redirects to another server, or to a URL that cannot be requested.
            SourceError: the answer is over the limit.
        """
        target = url
        for _ in range(_MAX_REDIRECTS + 1):
            answer = await self._ask("GET", target, headers, None)
            location = answer.headers.get("Location")
            if answer.status not in _REDIRECTS or location is None:
                return answer
            try:
                target = followed(target, location, "where it redirects to")
            except PositionRefused as error:
                raise PositionRefused(f"{error}; set `url` to where it is now") from error
        raise SourceError(f"it redirects more than {_MAX_REDIRECTS} times")

    async def post(self, url: URL, headers: Mapping[str, str], body: bytes) -> PolledAnswer:
        """Send a form; a redirect is an answer like any other.

        Raises:
            SourceUnavailable, SourceError: as `get`.
        """
        return await self._ask("POST", url, headers, body)

    async def _ask(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | None
    ) -> PolledAnswer:
        all_headers = CIMultiDict({"User-Agent": self._user_agent})
        all_headers.update(headers)
        try:
            async with self._session.request(
                method,
                url,
                headers=all_headers,
                data=body,
                allow_redirects=False,
                timeout=self._timeout,
            ) as answer:
                status = answer.status
                if status in _TRY_AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise SourceUnavailable(
                        f"{shown_server(url)} answers {status}",
                        retry_after_seconds(answer.headers.get("Retry-After"), self._clock.now()),
                    )
                return PolledAnswer(url, status, answer.headers, await self._body(answer))
        except TimeoutError as error:
            raise SourceUnavailable(
                f"{shown_server(url)} did not answer in {self._timeout.total:g} s"
            ) from error
        except ValueError as error:
            # An error of the library: nothing was sent. Its text may hold the whole URL, so it is
            # not shown.
            raise PositionRefused(
                f"this request to {shown_server(url)} cannot be made: {type(error).__name__}"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            # The error's own text is not shown: it may hold the whole URL.
            raise SourceUnavailable(
                f"{shown_server(url)} cannot be reached, or broke off: {type(error).__name__}"
            ) from error

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        pieces: list[bytes] = []
        size_bytes = 0
        async for piece in answer.content.iter_any():
            size_bytes += len(piece)
            if size_bytes > self._max_body_bytes:
                raise SourceError(
                    f"a page has more than {self._max_body_bytes} bytes: ask for smaller pages, "
                    "or raise max_body_bytes"
                )
            pieces.append(piece)
        return b"".join(pieces)


def retry_after_seconds(header: str | None, now: datetime) -> float:
    """The wait that a server asks for (RFC 9110, section 10.2.3), a day at most; 0 without one.

    Args:
        header: Retry-After: seconds, or a date.
        now: aware UTC.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), _MOST_RETRY_SECONDS)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return 0.0
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), _MOST_RETRY_SECONDS)
