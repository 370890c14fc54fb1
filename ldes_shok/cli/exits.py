"""Exit codes, and the words for an error."""

from __future__ import annotations

from typing import Final

from ldes_shok.errors import (
    CheckImpossible,
    ConfigurationError,
    LdesShokError,
    LogLocked,
    LogMismatch,
    ShapesError,
)

OK: Final = 0
PROBLEMS: Final = 1
"""Something was found, or could not be done."""

USAGE: Final = 2
"""The command line or the configuration cannot be used, with this log or at all, or fsck cannot
look; nothing was done, and trying again does not help: systemd does not (`deploy/systemd`)."""

INTERRUPTED: Final = 130
"""Ctrl-C: 128 + SIGINT, as shells have it."""


def exit_code(error: LdesShokError) -> int:
    """The exit code for an error of ours."""
    refused = ConfigurationError | CheckImpossible | LogMismatch | ShapesError
    return USAGE if isinstance(error, refused) else PROBLEMS


def lines_of(error: LdesShokError) -> list[str]:
    """What to print for an error of ours: one line for each problem, with what to do."""
    lines = [line for line in str(error).splitlines() if line] or [type(error).__name__]
    if isinstance(error, LogLocked):
        lines[-1] += "; stop the running service first (events can also go to its POST /ingest)"
    return lines
