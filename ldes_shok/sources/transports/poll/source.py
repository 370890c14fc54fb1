"""Requests events page by page; each page is stored before the next request."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec
from multidict import CIMultiDict
from yarl import URL

from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.client.reference import followed
from ldes_shok.errors import PositionRefused, SourceError, SourceUnavailable
from ldes_shok.sources.common.backoff import Backoff
from ldes_shok.sources.common.running import RunningSource
from ldes_shok.sources.common.tools import RunningTools
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import DecodedBatch, Held, not_decoded
from ldes_shok.sources.transports.poll.body import cursor_of, events_of, items_of, next_link
from ldes_shok.sources.transports.poll.client import PollClient, PolledAnswer, client_session
from ldes_shok.sources.transports.poll.credentials import Credentials, credentials_of
from ldes_shok.sources.transports.poll.position import SUBJECT, Position, recalled
from ldes_shok.sources.transports.poll.section import CursorNext, LinkNext, OnePage, PollSource
from ldes_shok.sources.transports.poll.steps import (
    ReadPage,
    begun,
    place_of,
    request_url,
    restarted,
    turned,
    validator_for,
)
from ldes_shok.sources.transports.poll.timetable import Ticks, Timetable, is_missed

ADAPTER: Final = "poll"
_ASK_AGAIN: Final = Backoff(base_seconds=1, most_seconds=300)
_NO_LONGER_KNOWN: Final = frozenset({
    HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
})  # fmt: skip
"""Status codes of a server that has forgotten a cursor or a page, or cannot accept its name."""


class Poller(RunningSource):
    """Asks when a run is due, continues from the position in the log, and retries failures.

    A page and the position after it are one commit. So after any crash the same page is requested
    again, and its events are recognised. Events that the pipeline does not take are offered again
    before any other request.

    The next position is checked before it is stored. If it cannot be requested, the events of the
    page are taken, and the page is requested again until it has a usable link.

    Args:
        section: where to ask, when, and for what.
        credentials: of the requests.
        tools: of a source.
    """

    def __init__(
        self,
        section: PollSource,
        credentials: Credentials,
        tools: RunningTools,
    ) -> None:
        super().__init__(
            section.name,
            ADAPTER,
            tools.rng,
            stuck_after=tools.stuck_after,
            sleep=tools.sleep,
            backoff=_ASK_AGAIN,
        )
        self._section = section
        self._credentials = credentials
        self._tools = tools
        self._origin = Origin(ADAPTER, section.tenant, section.name)
        self._position = self._kept = Position(url=place_of(section))

    def renew(self, secret: str) -> None:
        """Use this secret from the next request on."""
        self._credentials = credentials_of(self._section.auth, secret, self._tools.clock)

    async def _deliver(self) -> None:
        section = self._section
        async with client_session() as session, Timetable(section) as ticks:
            client = PollClient(
                session, self._tools.clock, section.timeout_seconds, section.max_body_bytes
            )
            await self._runs(client, ticks)

    async def deliver(self, client: PollClient, ticks: Ticks) -> None:
        """Run whenever it is due, until cancelled or until the sink shuts down.

        Raises:
            SourceError: a newer version wrote the position in the log.
            LogUnavailable: the position cannot be read.
        """
        await self._until_stopped(self._runs(client, ticks))

    async def _runs(self, client: PollClient, ticks: Ticks) -> None:
        self._position = self._kept = await self._recalled()
        now = self._tools.clock.now()
        if self._position.under_way or is_missed(self._section, self._position.ran_at, now):
            await self.run_once(client)
        while True:
            await ticks.next()
            await self.run_once(client)

    async def _recalled(self) -> Position:
        """The position in the log; the beginning if that is of another URL."""
        place = place_of(self._section)
        tools, source = self._tools, self._origin.source
        position = recalled(await tools.aside(lambda: tools.recall(source, SUBJECT)))
        if position.url == place:
            return position
        if position.url:
            self._log.warning("source_begins_again", reason="its url is another one")
        return Position(url=place)

    async def run_once(self, client: PollClient) -> None:
        """One run: pages until there are none, or until `max_pages`.

        Raises:
            ShuttingDown: the service stops.
        """
        try:
            await self._pages(client)
        except SourceError as error:
            self._progress.lost(str(error), self._place)
            return
        if self._section.cron:
            ended = msgspec.structs.replace(self._position, ran_at=self._tools.clock.now())
            await self._hand_over(not_decoded(()), ended)
        self._progress.connected()
        self._progress.done()

    async def _pages(self, client: PollClient) -> None:
        may_restart = True
        for _ in range(self._section.max_pages):
            position = begun(self._section, self._position, self._tools.clock.now())
            if position is None:
                return
            again = restarted(position) if may_restart else None
            try:
                url = request_url(self._section, position)
                answer = await self._answer(client, position, url)
                if again is not None:
                    _check_known(answer)
            except PositionRefused as error:
                if again is None:
                    raise
                self._log.warning("source_begins_again", reason=str(error))
                self._position, may_restart = again, False
                continue
            if answer.status == HTTPStatus.NOT_MODIFIED:
                return
            await self._take(position, url, answer)
            if not self._position.under_way and self._section.window is None:
                return

    async def _take(self, position: Position, url: URL, answer: PolledAnswer) -> None:
        """Read a page, and commit its events and the next position.

        Raises:
            PositionRefused: the next position cannot be requested: only the page is committed.
        """
        if answer.status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
            raise SourceError(f"the server answers {answer.status}; see url, query and headers")
        held = await self._retry.until_taken(lambda: self._read(answer))
        place, after, refused = self._place, self._kept, None
        with held as reading:
            try:
                after = self._after(position, url, answer, reading)
            except PositionRefused as error:
                refused = error
            await self._hand_over(held, after)
        if refused is not None:
            raise refused
        self._progress.connected()
        self._progress.passed(place)

    def _after(
        self, position: Position, url: URL, answer: PolledAnswer, reading: DecodedBatch
    ) -> Position:
        """The position after a page."""
        turn = ReadPage(
            str(url),
            self._following(answer),
            all(not d.payload and not d.refusal for d in reading.deliveries),
            answer.headers.get("ETag", ""),
            answer.headers.get("Last-Modified", ""),
        )
        after = turned(self._section, position, turn)
        request_url(self._section, after)  # only a URL that can be requested is stored
        return msgspec.structs.replace(after, ran_at=self._position.ran_at)

    @property
    def _place(self) -> str:
        """A name of the position, without the end of a window, which moves with the clock."""
        kept = self._position
        return f"{kept.next_url}\n{kept.cursor}\n{kept.until}"

    async def _answer(self, client: PollClient, position: Position, url: URL) -> PolledAnswer:
        """The answer of the server; waits until it answers, however long that takes."""
        while True:
            try:
                answer = await self._ask(client, position, url)
            except SourceUnavailable as error:
                self._progress.lost(str(error), self._place)
                await self._attempts.wait(error.retry_after_seconds)
            else:
                self._attempts.succeeded()
                return answer

    async def _ask(self, client: PollClient, position: Position, url: URL) -> PolledAnswer:
        canonical = self._tools.decoding is None
        headers = CIMultiDict({"Accept": "application/json" if canonical else "*/*"})
        headers.update(self._section.headers)
        known = validator_for(position, url)
        if known is not None and known.etag:
            headers["If-None-Match"] = known.etag
        elif known is not None:
            headers["If-Modified-Since"] = known.last_modified
        headers.update(await self._credentials.headers(client))
        answer = await client.get(url, headers)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._credentials.refused():
            headers.update(await self._credentials.headers(client))
            answer = await client.get(url, headers)
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise SourceError(f"the server refuses our credentials, {answer.status}: see auth")
        return answer

    async def _read(self, answer: PolledAnswer) -> Held:
        """The events of a page, ready to be submitted."""
        received_at = self._tools.clock.now()
        body, path = answer.body, self._section.items
        if answer.status == HTTPStatus.NO_CONTENT:
            return not_decoded(())
        if self._tools.decoding is None:
            payloads = items_of(body, path) if path else events_of(body)
            return not_decoded(Delivery(p, self._origin, received_at) for p in payloads)
        attributes = {"content_type": answer.headers.get("Content-Type", "")}
        parts = items_of(body, path) if path else [body]
        messages = [Message(part, received_at, attributes) for part in parts]
        return await self._tools.decoding.hold(messages)

    def _following(self, answer: PolledAnswer) -> str:
        following = self._section.next
        if isinstance(following, OnePage) or answer.status == HTTPStatus.NO_CONTENT:
            return ""
        if isinstance(following, LinkNext):
            reference = next_link(answer.headers.getall("Link", []))
        else:
            reference = cursor_of(answer.body, following.path)
        if isinstance(following, CursorNext) or not reference:
            return reference
        return str(followed(answer.url, reference))

    async def _hand_over(self, held: Held, after: Position) -> None:
        """Commit deliveries, and with the last of them the position after them."""
        deliveries = list(held.reading.deliveries)
        if after != self._kept:
            if not deliveries:
                deliveries.append(Delivery(b"", self._origin, self._tools.clock.now()))
            last = deliveries[-1]
            deliveries[-1] = replace(last, notes=(*last.notes, after.remembered()))
        size = self._tools.max_batch_events
        for first in range(0, len(deliveries), size):
            part = deliveries[first : first + size]
            hand_over = partial(held.hand_over, part, self._tools.sink)
            await self._retry.until_taken(hand_over)
        self._position = self._kept = after


def _check_known(answer: PolledAnswer) -> None:
    if answer.status in _NO_LONGER_KNOWN:
        raise PositionRefused(f"the server answers {answer.status} where the last page led to")
