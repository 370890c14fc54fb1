"""Answers from the writer's thread to those who wait on event loops: all of a commit at once.

Each call from another thread wakes the loop; one for each of eight senders cost more than their
part of the commit's bookkeeping.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from ldes_shok.cabinet.outcome import Outcome


@dataclass(frozen=True, slots=True)
class SenderAnswer:
    """What a sender is told: outcomes, or why there are none."""

    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[tuple[Outcome, ...]]
    what: tuple[Outcome, ...] | Exception


def send(answers: Sequence[SenderAnswer]) -> None:
    """Give the answers, on their loops."""
    for loop in {answer.loop for answer in answers}:
        try:
            loop.call_soon_threadsafe(_settle, [a for a in answers if a.loop is loop])
        except RuntimeError:
            # The loop is closed: whoever waited is gone, and what was written stays written.
            continue


def _settle(answers: Sequence[SenderAnswer]) -> None:
    for answer in answers:
        if answer.future.done():
            continue
        if isinstance(answer.what, Exception):
            answer.future.set_exception(answer.what)
            answer.future.exception()  # seen: who waited may be gone, and then it is no traceback
        else:
            answer.future.set_result(answer.what)
