"""How far an export is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from typing import Protocol, TextIO

import click

from ldes_shok.export.request import ExportProgress

_PERMILLE = 1000
_STEP_PERCENT = 10


class Progress(Protocol):
    """Shows how far an export is."""

    def __call__(self, progress: ExportProgress) -> None:
        """Show it."""
        ...

    def close(self) -> None:
        """Leave the output clean for what follows."""
        ...


def progress_on(stream: TextIO) -> Progress:
    """The fitting one for `stream`."""
    return Bar(stream) if stream.isatty() else Lines(stream)


class Bar:
    """A progress bar with the time to go."""

    def __init__(self, stream: TextIO) -> None:
        self._bar = click.progressbar(
            length=_PERMILLE, label="export", file=stream, item_show_func=_count, show_percent=True
        )
        self._shown = 0

    def __call__(self, progress: ExportProgress) -> None:
        """Move the bar."""
        now = _share(progress, _PERMILLE)
        self._bar.update(max(0, now - self._shown), progress)
        self._shown = max(self._shown, now)

    def close(self) -> None:
        """End the bar's line."""
        if self._shown:
            self._bar.render_finish()


class Lines:
    """One line for every tenth of the members: for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._next = _STEP_PERCENT

    def __call__(self, progress: ExportProgress) -> None:
        """Write a line when another tenth is done."""
        percent = _share(progress, 100)
        if percent < self._next:
            return
        self._next = percent - percent % _STEP_PERCENT + _STEP_PERCENT
        line = f"export: {percent} %, {progress.done} of {progress.whole} members"
        click.echo(line, file=self._stream)

    def close(self) -> None:
        """Nothing to clean."""


def _share(progress: ExportProgress, whole: int) -> int:
    return min(whole, progress.done * whole // progress.whole) if progress.whole else 0


def _count(progress: ExportProgress | None) -> str:
    return "" if progress is None else f"{progress.done} members"
