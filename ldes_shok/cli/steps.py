"""Shows the progress of a check or a copy: bars on a terminal, otherwise one line for each part."""

from __future__ import annotations

from typing import Protocol, TextIO

import click

from ldes_shok.log.walk_step import Step


class Steps(Protocol):
    """Shows the steps of a command."""

    def __call__(self, step: Step) -> None:
        """Show one step."""
        ...

    def close(self) -> None:
        """Finish the output, so that other output can follow."""
        ...


def steps_on(stream: TextIO, command: str) -> Steps:
    """Return the right kind for `stream`; `command` begins each line."""
    return StepBars(stream, command) if stream.isatty() else StepLines(stream, command)


class StepBars:
    """One bar after the other; only a count if the total is unknown."""

    def __init__(self, stream: TextIO, command: str) -> None:
        self._stream = stream
        self._command = command
        self._what = ""
        self._bar: _Bar | None = None
        self._counting = False

    def __call__(self, step: Step) -> None:
        """Move the bar of this step's part."""
        if step.what != self._what:
            self.close()
            self._what = step.what
        label = f"{self._command}: {step.what}"
        if step.whole <= 0:
            self._counting = True
            click.echo(f"\r{label} {step.done}", file=self._stream, nl=False)
            return
        if self._bar is None:
            self._bar = _Bar(self._stream, label, step.whole)
        self._bar.move_to(step.done)

    def close(self) -> None:
        """End the line."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        elif self._counting:
            click.echo(file=self._stream)
        self._counting = False
        self._what = ""


class _Bar:
    """A bar that is set to a position; its library only moves it by a distance."""

    def __init__(self, stream: TextIO, label: str, whole: int) -> None:
        self._bar = click.progressbar(length=whole, label=label, file=stream, show_pos=True)
        self._whole = whole
        self._shown = 0

    def move_to(self, done: int) -> None:
        self._bar.update(max(0, min(done, self._whole) - self._shown))
        self._shown = max(self._shown, min(done, self._whole))

    def close(self) -> None:
        self._bar.render_finish()


class StepLines:
    """One line at the end of each part: for logs and pipes."""

    def __init__(self, stream: TextIO, command: str) -> None:
        self._stream = stream
        self._command = command
        self._last: Step | None = None

    def __call__(self, step: Step) -> None:
        """Write a line if the previous part is over."""
        if self._last is not None and self._last.what != step.what:
            self._write(self._last)
        self._last = step

    def close(self) -> None:
        """Write the line of the last part."""
        if self._last is not None:
            self._write(self._last)
            self._last = None

    def _write(self, step: Step) -> None:
        whole = f" of {step.whole}" if step.whole else ""
        click.echo(f"{self._command}: {step.what}: {step.done}{whole}", file=self._stream)
