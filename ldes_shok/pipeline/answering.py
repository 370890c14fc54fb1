"""Sends answers from the writer's thread to the event loops, all answers of a commit at once.

Each call from another thread wakes the loop. One call per sender, with eight senders, costs more
than their part of the commit's bookkeeping.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from ldes_shok.cabinet.outcome import Outcome


@dataclass(frozen=True, slots=True)
class SenderAnswer:
    """The answer to a sender: its outcomes, or the error that prevented them."""

    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[tuple[Outcome, ...]]
    what: tuple[Outcome, ...] | Exception


def send(answers: Sequence[SenderAnswer]) -> None:
    """Deliver the answers on their event loops."""
    for loop in {answer.loop for answer in answers}:
        try:
            loop.call_soon_threadsafe(_settle, [a for a in answers if a.loop is loop])
        except RuntimeError:
            # The loop is closed: the sender is gone. What the commit stored stays stored.
            continue


def _settle(answers: Sequence[SenderAnswer]) -> None:
    for answer in answers:
        if answer.future.done():
            continue
        if isinstance(answer.what, Exception):
            answer.future.set_exception(answer.what)
            answer.future.exception()  # mark it as seen: without a sender, asyncio logs a traceback
        else:
            answer.future.set_result(answer.what)
