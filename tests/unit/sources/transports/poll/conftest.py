"""A poll source on a real session and a real server, with a sink that a test steers."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
import msgspec
import pytest

from ldes_shok.cabinet.incoming import Memory
from ldes_shok.clock import ManualClock
from ldes_shok.sources.common.tools import RunningTools
from ldes_shok.sources.decoding import Decoding
from ldes_shok.sources.transports.poll.client import PollClient, client_session
from ldes_shok.sources.transports.poll.credentials import credentials_of
from ldes_shok.sources.transports.poll.position import SUBJECT, Position, recalled
from ldes_shok.sources.transports.poll.section import PollSource
from ldes_shok.sources.transports.poll.source import Poller
from tests.support.rest import RestServer, running_rest
from tests.support.sinks import RecordingSink

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[RestServer]:
    with running_rest() as running:
        yield running


@dataclass
class Bench:
    """What a test works with; `source` is a new process that remembers what was committed."""

    server: RestServer
    session: aiohttp.ClientSession
    clock: ManualClock
    sink: RecordingSink
    section: PollSource
    waited_seconds: list[float]
    secret: str = ""
    max_batch_events: int = 500

    @property
    def kept(self) -> Memory | None:
        """The position that is committed."""
        positions = [note for d in self.sink.deliveries for note in d.notes]
        return positions[-1] if positions else None

    @property
    def position(self) -> Position:
        """The same, read."""
        return recalled(self.kept.value if self.kept else None)

    @property
    def committed(self) -> list[bytes]:
        """The payloads, without what only carries a position."""
        return [payload for payload in self.sink.committed if payload]

    @property
    def client(self) -> PollClient:
        return PollClient(
            self.session, self.clock, self.section.timeout_seconds, self.section.max_body_bytes
        )

    def use(self, **changes: object) -> None:
        """Other settings."""
        self.section = msgspec.structs.replace(self.section, **changes)

    def source(self, decoding: Decoding | None = None) -> Poller:
        async def sleep(seconds: float) -> None:
            self.waited_seconds.append(seconds)

        def recall(_source: str, subject: str) -> bytes | None:
            return self.kept.value if self.kept and subject == SUBJECT else None

        tools = RunningTools(
            self.sink,
            self.clock,
            random.Random(1),
            recall,
            decoding,
            sleep,
            max_batch_events=self.max_batch_events,
        )
        credentials = credentials_of(self.section.auth, self.secret, self.clock)
        return Poller(self.section, credentials, tools)


@pytest.fixture
async def bench(server: RestServer) -> AsyncIterator[Bench]:
    async with client_session() as session:
        yield Bench(
            server,
            session,
            ManualClock(NOON),
            RecordingSink(),
            PollSource("verkoper", "voorbeeldstad", f"{server.url}/v1/events", every_seconds=60),
            [],
        )


@dataclass
class Once:
    """Ticks that come `times` times; then the source is told to stop."""

    times: int = 0

    async def next(self) -> None:
        from ldes_shok.errors import ShuttingDown  # noqa: PLC0415

        if self.times == 0:
            raise ShuttingDown("the test is over")
        self.times -= 1
