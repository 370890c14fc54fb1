"""Exit codes, and the text of an error."""

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
"""A command found something, or could not do something."""

USAGE: Final = 2
"""The command line or the configuration cannot be used (with this log, or at all), or fsck cannot
look. Nothing was done, and a retry does not help: systemd does not retry (`deploy/systemd`)."""

INTERRUPTED: Final = 130
"""Ctrl-C: 128 + SIGINT, as in shells."""


def exit_code(error: LdesShokError) -> int:
    """Return the exit code for an error of ours."""
    refused = ConfigurationError | CheckImpossible | LogMismatch | ShapesError
    return USAGE if isinstance(error, refused) else PROBLEMS


def lines_of(error: LdesShokError) -> list[str]:
    """Return what to print for an error of ours: for each problem a line with what to do."""
    lines = [line for line in str(error).splitlines() if line] or [type(error).__name__]
    if isinstance(error, LogLocked):
        lines[-1] += "; stop the running service first (events can also go to its POST /ingest)"
    return lines
