"""How long a test waits for what must come: a limit against hangs, and no measure of speed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

import pytest

HANG_SECONDS: Final = 900.0
"""Whatever a service, a server or a client does takes no longer, on however slow a machine.

Shorter than pytest's own limit (`timeout` in pyproject.toml), so that a test that waits in vain
says what for.
"""

_POLL_SECONDS: Final = 0.01


def until(
    holds: Callable[[], object],
    said: Callable[[], object] = lambda: "it did not happen",
    *,
    alive: Callable[[], bool] = lambda: True,
    poll_seconds: float = _POLL_SECONDS,
) -> None:
    """Ask again and again until something holds that another process or thread brings about.

    Args:
        holds: whether it does.
        said: what a failure shows.
        alive: whether it can still come to hold.
        poll_seconds: between two questions.

    Raises:
        AssertionError: it never came to hold.
    """
    deadline = time.monotonic() + HANG_SECONDS
    while True:
        lost = not alive() or time.monotonic() > deadline
        if holds():
            return
        assert not lost, said()
        time.sleep(poll_seconds)


async def eventually(
    holds: Callable[[], object], said: Callable[[], object] = lambda: "it did not happen"
) -> None:
    """As `until`, for what happens on this event loop.

    Raises:
        AssertionError: it never came to hold.
    """
    deadline = time.monotonic() + HANG_SECONDS
    while not holds():
        assert time.monotonic() < deadline, said()
        await asyncio.sleep(_POLL_SECONDS)


def promised(seconds: float) -> pytest.MarkDecorator:
    """For a test that looks whether something is done in time: gives it `within_seconds`.

    That is what is promised in the nightly tests, which have a machine to themselves. In the others
    it is the limit against hangs: they show that it is done at all.
    """
    return pytest.mark.parametrize(
        "within_seconds",
        [
            pytest.param(HANG_SECONDS, id="at all"),
            pytest.param(seconds, id="in time", marks=pytest.mark.nightly),
        ],
    )
