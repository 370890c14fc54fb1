"""Shows the progress of an ingest: a bar on a terminal, otherwise some lines."""

from __future__ import annotations

from typing import Protocol, TextIO

import click

from ldes_shok.pipeline.offline_types import IngestProgress

_PERMILLE = 1000
_STEP_PERCENT = 10


class FileProgress(Protocol):
    """Shows the progress in a file."""

    def __call__(self, progress: IngestProgress) -> None:
        """Show this progress."""
        ...

    def close(self) -> None:
        """Finish the output, so that other output can follow."""
        ...


def progress_on(stream: TextIO) -> FileProgress:
    """Return the right kind for `stream`."""
    return Bar(stream) if stream.isatty() else ProgressLines(stream)


class Bar:
    """A progress bar with the remaining time."""

    def __init__(self, stream: TextIO) -> None:
        self._bar = click.progressbar(
            length=_PERMILLE, label="ingest", file=stream, item_show_func=_count, show_percent=True
        )
        self._shown = 0
        self._begun = False

    def __call__(self, progress: IngestProgress) -> None:
        """Move the bar."""
        self._begun = True
        now = _share(progress, _PERMILLE)
        self._bar.update(max(0, now - self._shown), progress)
        self._shown = max(self._shown, now)

    def close(self) -> None:
        """End the bar's line."""
        if self._begun:
            self._bar.render_finish()


class ProgressLines:
    """One line for every tenth of the file: for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._next = _STEP_PERCENT

    def __call__(self, progress: IngestProgress) -> None:
        """Write a line if another tenth is done."""
        percent = _share(progress, 100)
        if percent < self._next:
            return
        self._next = percent - percent % _STEP_PERCENT + _STEP_PERCENT
        line = f"ingest: {percent} %, {progress.received} events, line {progress.line} is safe"
        click.echo(line, file=self._stream)

    def close(self) -> None:
        """Do nothing: all lines are complete."""


def _share(progress: IngestProgress, whole: int) -> int:
    if progress.size_bytes <= 0:
        return whole
    return min(whole, progress.position_bytes * whole // progress.size_bytes)


def _count(progress: IngestProgress | None) -> str:
    return "" if progress is None else f"{progress.received} events"
