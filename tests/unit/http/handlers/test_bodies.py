"""Places for bodies: bounded, first come first served, small ones never behind large ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.errors import Overloaded
from ldes_shok.http.handlers.bodies import BodyLimits, BodyRoom
from tests.support.patience import HANG_SECONDS

LARGE: Final = 100_000
LIMITS: Final = BodyLimits(max_bytes=400_000, timeout_seconds=1, wait_seconds=0)
PATIENT: Final = BodyLimits(max_bytes=400_000, timeout_seconds=1, wait_seconds=HANG_SECONDS)


@asynccontextmanager
async def taken(room: BodyRoom, *sizes: int) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for size in sizes:
            await stack.enter_async_context(room.place(size))
        yield


async def take(room: BodyRoom, size: int) -> bool:
    try:
        async with taken(room, size):
            return True
    except Overloaded:
        return False


async def test_large_bodies_leave_half_of_the_room() -> None:
    refused: list[int] = []
    room = BodyRoom(LIMITS, 7, on_refused=lambda: refused.append(1))
    async with taken(room, LARGE, LARGE):
        with pytest.raises(Overloaded, match="too many requests are waiting; try again in 7 s"):
            await room.place(LARGE).__aenter__()
        assert refused == [1]
        assert await take(room, 1_000)
        async with taken(room, *[50_000] * 4):
            assert not await take(room, 1)
    assert room.taken_bytes == 0
    assert await take(room, LARGE)


async def test_whoever_waits_comes_in_as_soon_as_there_is_room() -> None:
    room = BodyRoom(PATIENT, 1)
    order: list[str] = []

    async def come(name: str, size: int) -> None:
        async with room.place(size):
            order.append(name)

    async with taken(room, LARGE, LARGE):
        tasks = [asyncio.create_task(come("first", LARGE))]
        tasks.append(asyncio.create_task(come("second", LARGE)))
        small = asyncio.create_task(come("small", 10))
        await small
        assert order == ["small"]
    await asyncio.gather(*tasks)
    assert order == ["small", "first", "second"]
    assert room.taken_bytes == 0


async def test_whoever_gives_up_leaves_nothing_behind() -> None:
    room = BodyRoom(PATIENT, 1)
    async with taken(room, LARGE, LARGE):
        waiting = asyncio.create_task(take(room, LARGE))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert room.taken_bytes == 0
    assert await take(room, 2 * LARGE)


@given(st.lists(st.integers(0, 250_000), min_size=1, max_size=30), st.data())
def test_it_is_never_more_than_it_may_be(sizes: list[int], data: st.DataObject) -> None:
    async def use() -> None:
        room = BodyRoom(LIMITS, 1)
        held: list[tuple[int, AsyncExitStack]] = []
        for size in sizes:
            stack = AsyncExitStack()
            try:
                await stack.enter_async_context(room.place(size))
            except Overloaded:
                pass
            else:
                held.append((size, stack))
            assert room.taken_bytes == sum(size for size, _ in held) <= LIMITS.max_bytes
            leaving = data.draw(st.integers(0, 2 * len(held)))
            if leaving < len(held):
                await held.pop(leaving)[1].aclose()
        for _, stack in held:
            await stack.aclose()
        assert room.taken_bytes == 0

    asyncio.run(use())
