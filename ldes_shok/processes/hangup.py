"""SIGHUP, from the first moment on: a service that starts is not ended by it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable


class Hangup:
    """Listens for SIGHUP in this process, from now on.

    What comes before anything listens (a standby may wait for days) counts once something does.
    """

    def __init__(self) -> None:
        self._came = False
        self._loop: asyncio.AbstractEventLoop | None = None
        signal.signal(signal.SIGHUP, self._note)

    def listen(self, loop: asyncio.AbstractEventLoop, answer: Callable[[], None]) -> None:
        """Call `answer` in the running `loop` each time, and now if one came before."""
        loop.add_signal_handler(signal.SIGHUP, answer)
        self._loop = loop
        if self._came:
            answer()

    def end(self) -> None:
        """The service stops: nothing is renewed any more, and nothing is cut off."""
        if self._loop is not None:
            # Or the loop, when it closes, would make the signal end the process again.
            self._loop.remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def _note(self, _number: int, _frame: object) -> None:
        self._came = True
