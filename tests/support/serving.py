"""`ldes-shok serve` for `tests.support.forge`."""

from __future__ import annotations

import os

import ldes_shok.bootstrap.service  # noqa: F401  all of it, before the first fork
from ldes_shok import bootstrap
from ldes_shok.cli.application import Environment
from ldes_shok.cli.main import run as run_command


def run(config: str) -> int:
    """Serve with this settings file; returns the exit code."""
    return run_command(["serve", "--config", config], Environment(os.environ, lambda: bootstrap))
