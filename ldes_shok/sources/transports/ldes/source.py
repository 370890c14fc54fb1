"""Follows a view of another stream: each page once, and pages that may change again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from ldes_shok.cabinet.claim import FOLLOWED
from ldes_shok.cabinet.incoming import Delivery, Memory, Origin
from ldes_shok.client.following import AsyncFetch, Following, Hooks, Parse
from ldes_shok.client.page import PageMember
from ldes_shok.clock import Clock
from ldes_shok.sources.base import Aside, Sink
from ldes_shok.sources.common.progress import STUCK_AFTER_FAILURES
from ldes_shok.sources.common.running import RetryingSource
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.dialects.replica.decoder import grouped, member_attributes
from ldes_shok.sources.transports.ldes.section import LdesSource

SUBJECT: Final = "page:"
"""The prefix of the bookmarks' subjects, among the decoders' memories."""

_NOTES_AT_ONCE: Final = 1_000
_DEFAULT_SECONDS: Final = 60.0
_LEAST_SECONDS: Final = 1.0

RecallAll = Callable[[str, str], Sequence[Memory]]
"""All memories of a source whose subjects begin with a prefix; called in a thread."""


@dataclass(frozen=True, slots=True)
class ReplicaTools:
    """The tools of a replica.

    Attributes:
        sink: takes the events.
        decoding: reads members.
        recall: the bookmarks in the log; reads the log.
        aside: runs reads of the log.
        clock: gives the time of receipt.
        fetch, parse: get pages and read them.
        close: closes the connections of `fetch`.
        rng: spreads the retries.
        stuck_after: this many failures in a row at one page make it stuck.
        sleep: how to wait; a test passes its own.
        max_batch_events: how many members are submitted at once; a hundred take the event loop
            about 20 ms.
    """

    sink: Sink
    decoding: Decoding
    recall: RecallAll
    clock: Clock
    fetch: AsyncFetch
    parse: Parse
    close: Callable[[], None] = lambda: None
    aside: Aside = asyncio.to_thread
    rng: Random = field(default_factory=Random)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    stuck_after: int = STUCK_AFTER_FAILURES
    max_batch_events: int = 100


class ReplicaSource(RetryingSource):
    """Replicates a view; the bookmarks of its pages are stored with their events."""

    def __init__(self, section: LdesSource, tools: ReplicaTools) -> None:
        super().__init__(
            section.name, FOLLOWED, tools.rng, stuck_after=tools.stuck_after, sleep=tools.sleep
        )
        self._section = section
        self._tools = tools
        self._origin = Origin(FOLLOWED, section.tenant, section.name)
        self._following: Following | None = None

    async def _deliver(self) -> None:
        try:
            await super()._deliver()
        finally:
            self.close()

    async def _once(self) -> None:
        await self.round()
        self._progress.connected()
        self._succeeded()
        every_seconds: float = self._section.every_seconds
        if not every_seconds:
            fresh_seconds = self._following.max_age_seconds if self._following else None
            every_seconds = max(_LEAST_SECONDS, fresh_seconds or _DEFAULT_SECONDS)
        await self._sleep(every_seconds)

    def close(self) -> None:
        """Close the connections to the server."""
        self._tools.close()

    @property
    def _position(self) -> str:
        return self._section.url if self._following is None else self._following.url

    async def round(self) -> None:
        """Read once from the root every page that may have something new.

        Raises:
            OSError, SourceError: a page did not come, or cannot be read. Earlier pages are stored.
            Overloaded, ShuttingDown, LogUnavailable: the events of a page were not stored.
        """
        if self._following is None:
            self._following = await self._begun()
        await self._following.round()

    async def _begun(self) -> Following:
        """Start from the bookmarks of earlier processes."""
        tools, source = self._tools, self._origin.source
        memories = await tools.aside(lambda: tools.recall(source, SUBJECT))
        kept = {memory.subject.removeprefix(SUBJECT): memory.value for memory in memories}
        hooks = Hooks(tools.fetch, tools.parse, self._keep, self._progress.passed)
        following = Following(self._section.url, self._section.limits, kept, hooks)
        for reason in following.unusable.values():
            self._log.warning("source_begins_again", reason=reason)
        if following.unusable:
            await self._keep((), dict.fromkeys(following.unusable, b""))
        return following

    async def _keep(self, members: Sequence[PageMember], bookmarks: Mapping[str, bytes]) -> None:
        """Commit members, and with the last of them or after it the bookmarks."""
        now = self._tools.clock.now()
        messages = [
            Message(b"".join(m.lines for m in group), now, member_attributes(group))
            for group in grouped(members)
        ]
        memories = [Memory(f"{SUBJECT}{url}", value) for url, value in bookmarks.items()]
        notes = [
            Delivery(b"", self._origin, now, notes=tuple(memories[first : first + _NOTES_AT_ONCE]))
            for first in range(0, len(memories), _NOTES_AT_ONCE)
        ]
        size = self._tools.max_batch_events
        while len(messages) > size:
            await self._tools.decoding.submit(messages[:size], self._tools.sink)
            messages = messages[size:]
        await self._tools.decoding.submit(messages, self._tools.sink, notes[:1])
        for note in notes[1:]:
            await self._tools.sink.submit([note])
