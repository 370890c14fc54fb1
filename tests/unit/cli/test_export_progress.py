from __future__ import annotations

from io import StringIO

from ldes_shok.cli.export_progress import Bar, Lines, progress_on
from ldes_shok.export.request import ExportProgress


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_that_ends() -> None:
    terminal = _Terminal()
    bar = progress_on(terminal)
    assert isinstance(bar, Bar)
    for done in (250, 500, 1_000):
        bar(ExportProgress(done, 1_000, 1))
    bar.close()
    assert "export" in terminal.getvalue()
    assert "100%" in terminal.getvalue()
    assert terminal.getvalue().endswith("\n")


def test_a_pipe_gets_a_line_for_every_tenth() -> None:
    pipe = StringIO()
    lines = progress_on(pipe)
    assert isinstance(lines, Lines)
    for done in range(1_001):
        lines(ExportProgress(done, 1_000, done))
    lines.close()
    said = pipe.getvalue().splitlines()
    assert len(said) == 10
    assert said[-1] == "export: 100 %, 1000 of 1000 members"


def test_an_empty_log_is_no_division() -> None:
    pipe = StringIO()
    progress_on(pipe)(ExportProgress(0, 0, 3))
    assert pipe.getvalue() == ""
