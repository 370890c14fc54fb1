"""Sinks that a test steers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ldes_shok.cabinet.incoming import Delivery
from ldes_shok.cabinet.outcome import Outcome, OutcomeKind
from tests.support.patience import HANG_SECONDS


class RecordingSink:
    """Commits what it is given, unless told otherwise.

    Attributes:
        committed: the payloads, in order of commit.
        batches: how many deliveries came per call.
        refusals: raised one by one, before anything is taken.
        gate: while it is closed, calls hang before their commit.
        entered: set when a call hangs at the gate.
    """

    def __init__(self) -> None:
        self.committed: list[bytes] = []
        self.deliveries: list[Delivery] = []
        self.batches: list[int] = []
        self.refusals: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self._grown = asyncio.Condition()

    async def submit(self, deliveries: Sequence[Delivery]) -> Sequence[Outcome]:
        if self.refusals:
            raise self.refusals.pop(0)
        if not self.gate.is_set():
            self.entered.set()
            await self.gate.wait()
        self.batches.append(len(deliveries))
        self.deliveries.extend(deliveries)
        async with self._grown:
            self.committed.extend(delivery.payload for delivery in deliveries)
            self._grown.notify_all()
        return [_outcome(delivery) for delivery in deliveries]

    async def wait_for(self, count: int) -> None:
        """Return when at least `count` deliveries are committed."""
        async with asyncio.timeout(HANG_SECONDS), self._grown:
            await self._grown.wait_for(lambda: len(self.committed) >= count)


def _outcome(delivery: Delivery) -> Outcome:
    if delivery.payload.startswith(b"{"):
        return Outcome(OutcomeKind.PUBLISHED, key=None)
    return Outcome(OutcomeKind.REJECTED, key=None, reason="this is not JSON")
