"""The service in the tests' own process, on real HTTP: its clock is theirs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from ldes_shok.bootstrap.core import Core, build_core
from ldes_shok.bootstrap.decoders import build_decodings
from ldes_shok.bootstrap.derive import build_folds
from ldes_shok.bootstrap.intake import correcting, lane_rules, limits
from ldes_shok.bootstrap.privacy import build_secrecy
from ldes_shok.bootstrap.reading import read_limits
from ldes_shok.bootstrap.web import Taking, build_services
from ldes_shok.cabinet.incoming import Delivery, Origin
from ldes_shok.cabinet.outcome import Outcome
from ldes_shok.clock import ManualClock, SystemClock
from ldes_shok.derive.runner import Deriving
from ldes_shok.http.serving.app import create_app
from ldes_shok.http.serving.server import listening
from ldes_shok.log.reads import Reads
from ldes_shok.pipeline.archive import BackgroundArchiver
from ldes_shok.pipeline.ingest import GroupCommit
from ldes_shok.pipeline.readiness import problems
from ldes_shok.processes.sockets import bound
from ldes_shok.settings.load import load_settings
from ldes_shok.settings.secrets import resolve_secrets
from tests.support.patience import HANG_SECONDS
from tests.support.ports import free_port
from tests.support.service import SECRETS, TENANT, Tree, settings_tree, write_settings

_GRACE_SECONDS: Final = 10.0
Result = TypeVar("Result")


class LocalService:
    """The service's own parts in this process, on a clock that the test moves.

    The event loop runs in a thread, so tests stay plain functions and ask over HTTP. Nothing is
    sealed by a timer: `seal` does it.

    Attributes:
        core: the log (`core.reader`), the streams, the settings.
        url: the public URL; the service listens there.
        application: what answers.
        loop: where it does.
        reads: the threads that read the log for it.
    """

    def __init__(
        self,
        directory: Path,
        clock: ManualClock,
        overrides: Tree | None = None,
        port: int | None = None,
        new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
    ) -> None:
        """Open the log in `directory` and listen on a free port; see `local_service`."""
        self.clock = clock
        tree = settings_tree(port or free_port(), directory / "ldes-shok.db", overrides)
        settings = load_settings(write_settings(directory / "local.yaml", tree), {})
        self.port = settings.http.port
        self.url = settings.public_url
        secrets = resolve_secrets(settings, SECRETS)
        self.core: Core = build_core(settings, secrets.identity, clock)
        self.ingest = GroupCommit(
            self.core.writer,
            limits(settings),
            lane_rules(settings),
            self.core.metrics,
            BackgroundArchiver(self.core.leaf_archiver, self.core.metrics),
            correcting(settings),
        )
        self._deriver = ThreadPoolExecutor(1, "derive")
        self._deriving = Deriving(
            self.core.reader, build_folds(settings, clock), clock, self._deriver
        )
        self.reads = Reads(self.core.reader, read_limits(settings))
        secrecy = build_secrecy(settings, SECRETS, clock)
        decodings = build_decodings(settings, self.core.reader, secrecy, self.reads.run)
        taking = Taking(self.ingest, decodings, tuple, problems=partial(problems, self.ingest))
        services = build_services(self.core, secrets, taking, self.reads)
        self.application = create_app(services, clock)
        self._closing = asyncio.Event()
        self.loop = new_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="service", daemon=True)
        self._thread.start()
        self.ingest.start()
        self._listening = self._wait(self._listen())

    async def _listen(self) -> asyncio.Task[None]:
        ready = asyncio.Event()

        async def listen() -> None:
            with bound("127.0.0.1", self.port, 1) as sockets:
                async with listening(
                    self.application, sockets[0], SystemClock(), grace_seconds=_GRACE_SECONDS
                ):
                    ready.set()
                    await self._closing.wait()

        task = asyncio.create_task(listen())
        done, _ = await asyncio.wait(
            (task, asyncio.create_task(ready.wait())), return_when=asyncio.FIRST_COMPLETED
        )
        if task in done:
            await task
        return task

    async def _unlisten(self) -> None:
        self._closing.set()
        await self._listening

    def push(self, events: Sequence[bytes], at: datetime | None = None) -> Sequence[Outcome]:
        """Submit canonical events as the source `push`, in one go, at the clock's time.

        `at` sets the clock first, forward or backward.

        Raises:
            Overloaded, ShuttingDown, LogUnavailable: as any sender gets them.
        """
        if at is not None:
            self.clock.set(at)
        origin, now = Origin("http", TENANT, "push"), self.clock.now()
        deliveries = [Delivery(event, origin, now) for event in events]
        return self._wait(self.ingest.submit(deliveries))

    def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        """Submit what a source made of its messages."""
        return self._wait(self.ingest.submit(deliveries))

    def push_derived(self, events: Sequence[bytes], at: datetime) -> Sequence[Outcome]:
        """Submit canonical events as the service's own, with the clock at `at`."""
        self.clock.set(at)
        origin = Origin("derived", TENANT, "sums")
        return self._wait(self.ingest.submit([Delivery(event, origin, at) for event in events]))

    def derive(self, at: datetime | None = None) -> None:
        """Derive until nothing new follows, as the service does in the background."""
        if at is not None:
            self.clock.set(at)
        self._wait(self._rounds())

    async def _rounds(self) -> None:
        while await self._deriving.round(self.ingest):
            pass

    def seal(self, at: datetime | None = None) -> None:
        """Seal what is over by the clock, as the service does every few seconds."""
        if at is not None:
            self.clock.set(at)
        self._wait(self.ingest.seal())

    def close(self) -> None:
        """Drain, stop listening, let go of the log."""
        self._wait(self._unlisten())
        self.ingest.stop()
        self._wait(_end_all_tasks())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
        self.reads.close()
        self._deriver.shutdown()
        self.core.close()

    def _wait(self, work: Coroutine[object, object, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(HANG_SECONDS)


async def _end_all_tasks() -> None:
    """As `asyncio.run` does at its end."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def local_service(
    directory: Path,
    clock: ManualClock,
    overrides: Tree | None = None,
    port: int | None = None,
    new_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
) -> Iterator[LocalService]:
    """A service in this process for the time of a test.

    Args:
        directory: an existing folder; the log in it is continued, so a second service on the
            same folder with the first one's port, after that is closed, is a restart.
        clock: gives publication times; the test moves it.
        overrides: laid over `settings_tree`.
        port: where to listen; by default on one that is free.
        new_loop: makes the event loop on which it answers.
    """
    service = LocalService(directory, clock, overrides, port, new_loop)
    try:
        yield service
    finally:
        service.close()
