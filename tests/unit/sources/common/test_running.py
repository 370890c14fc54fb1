from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from ldes_shok.errors import LogUnavailable, ShuttingDown, SourceError
from ldes_shok.sources.base import SourceState
from ldes_shok.sources.common.running import RetryingSource
from tests.unit.sources.common.test_retry import Most

_DAY_SECONDS = 86_400


class Attempted(RetryingSource):
    """Does what a test says, attempt by attempt; then it waits for ever."""

    def __init__(self, *attempts: Callable[[Attempted], Awaitable[None]]) -> None:
        super().__init__("brug", "test", Most(), stuck_after=2, sleep=self._wait)
        self._waiting = list(attempts)
        self.waits: list[float] = []
        self.ended = asyncio.Event()

    async def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def _once(self) -> None:
        if not self._waiting:
            self.ended.set()
            await asyncio.Event().wait()
        await self._waiting.pop(0)(self)

    async def connected(self) -> None:
        """A connection that breaks."""
        with self._standing():
            raise SourceError("it broke")

    async def connected_for_long(self) -> None:
        """One that stood until the timers of this loop ran."""
        loop = asyncio.get_running_loop()
        time = loop.time
        with self._standing():
            loop.time = lambda: time() + _DAY_SECONDS  # type: ignore[method-assign]
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            loop.time = time  # type: ignore[method-assign]
            raise SourceError("it broke")


def fails(error: Exception) -> Callable[[Attempted], Awaitable[None]]:
    async def attempt(_: Attempted) -> None:
        raise error

    return attempt


async def _to_the_end(source: Attempted) -> None:
    """All attempts that the test says; then it is cancelled."""
    task = asyncio.create_task(source.run())
    await source.ended.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_waits_grow_until_a_connection_stood_for_half_a_minute() -> None:
    source = Attempted(
        *[Attempted.connected] * 3, Attempted.connected_for_long, Attempted.connected
    )
    await _to_the_end(source)
    assert source.waits == [1, 2, 4, 1, 2]


async def test_a_connection_that_stood_is_no_longer_stuck() -> None:
    with capture_logs() as lines:
        await _to_the_end(
            Attempted(Attempted.connected, Attempted.connected, Attempted.connected_for_long)
        )
    events = [line["event"] for line in lines]
    assert events.index("source_stuck") < events.index("source_recovered")


@pytest.mark.parametrize(
    "error", [OSError("no route"), SourceError("refused"), LogUnavailable("the disk is full")]
)
async def test_what_may_pass_is_tried_again_and_said(error: Exception) -> None:
    seen = []

    async def look(source: Attempted) -> None:
        seen.append(source.status)

    source = Attempted(fails(error), look)
    await _to_the_end(source)
    assert [(status.state, status.detail) for status in seen] == [
        (SourceState.DISCONNECTED, str(error))
    ]
    assert source.status.state is SourceState.STOPPED


async def test_an_error_without_a_text_is_named() -> None:
    details = []

    async def look(source: Attempted) -> None:
        details.append(source.status.detail)

    await _to_the_end(Attempted(fails(ConnectionResetError()), look))
    assert details == ["ConnectionResetError"]


async def test_it_ends_with_the_service_and_a_defect_goes_through() -> None:
    await Attempted(fails(ShuttingDown("drains"))).run()
    source = Attempted(fails(KeyError("a defect")))
    with pytest.raises(KeyError):
        await source.run()
    assert source.status.state is SourceState.STOPPED
    assert source.failed(KeyError("a defect"))
    assert not source.failed(KeyError("a defect"))
    assert source.status.detail == "this service failed on it, KeyError"
