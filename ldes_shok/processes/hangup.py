"""Handles SIGHUP from the start on, so that it does not end a service that is starting."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable


class Hangup:
    """Listens for SIGHUP in this process, from now on.

    A SIGHUP before `listen` (a standby may wait for days) is answered when `listen` is called.
    """

    def __init__(self) -> None:
        self._came = False
        self._loop: asyncio.AbstractEventLoop | None = None
        signal.signal(signal.SIGHUP, self._note)

    def listen(self, loop: asyncio.AbstractEventLoop, answer: Callable[[], None]) -> None:
        """Call `answer` in the running `loop` at each SIGHUP, and now if one came before."""
        loop.add_signal_handler(signal.SIGHUP, answer)
        self._loop = loop
        if self._came:
            answer()

    def end(self) -> None:
        """Ignore SIGHUP while the service stops: no renewal, and no end before the time."""
        if self._loop is not None:
            # Otherwise the closing loop would restore the default: SIGHUP ends the process.
            self._loop.remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _note(self, _number: int, _frame: object) -> None:
        self._came = True
