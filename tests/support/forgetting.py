"""Days pass, and a service looks at each of them what is old: its clock is believed then."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from ldes_shok.clock import ManualClock
from ldes_shok.pipeline.clock_watch import RECORD_NAME
from ldes_shok.pipeline.forgetting import Forgetting

_DAY: Final = timedelta(days=1)


async def live_until(until: datetime, forget: Forgetting, clock: ManualClock) -> None:
    """Forget every day until an instant, and then."""
    await forget()
    while clock.now() < until:
        clock.set(min(clock.now() + _DAY, until))
        await forget()


def kept_in(folder: Path) -> list[str]:
    """What is in the folder of the keys, but for what is known of the clock and whose they are."""
    about = {RECORD_NAME, ".log"}
    return sorted(file.name for file in folder.iterdir() if file.name not in about)
