"""`ldes-shok serve` as tests run it: whatever uses the log on the event loop fails, and is said."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import ldes_shok.bootstrap.service  # noqa: F401  all of it, before the first fork
from ldes_shok.cli.main import run as run_command
from tests.support import off_loop


def run(config: str) -> int:
    """Serve with this settings file; returns the exit code."""
    off_loop.watch(postgres="postgresql:" in Path(config).read_text(encoding="utf-8"))
    return run_command(["serve", "--config", config], os.environ)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1]))
