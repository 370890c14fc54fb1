"""`ldes-shok serve` on a machine whose clock is wrong: by so many days, and with these settings."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta

from ldes_shok.bootstrap import service
from ldes_shok.cli.main import run
from ldes_shok.clock import SystemClock


class ShiftedClock(SystemClock):
    """The system's, off by so many days."""

    def __init__(self, days: int) -> None:
        self._off = timedelta(days=days)

    def now(self) -> datetime:
        return super().now() + self._off


def main(days: str, config: str) -> int:
    """Serve; returns the exit code."""
    vars(service)["SystemClock"] = lambda: ShiftedClock(int(days))
    return run(["serve", "--config", config], os.environ)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
