from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cli.progress import Bar, ProgressLines, progress_on
from ldes_shok.pipeline.offline_types import IngestProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def step(position: int, size: int = 1000) -> IngestProgress:
    return IngestProgress(
        line=position, position_bytes=position, size_bytes=size, received=position
    )


def test_a_pipe_gets_a_line_for_each_tenth() -> None:
    stream = io.StringIO()
    progress = progress_on(stream)
    assert isinstance(progress, ProgressLines)
    for position in range(0, 1001, 5):
        progress(step(position))
    progress.close()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[0] == "ingest: 10 %, 100 events, line 100 is safe"
    assert lines[-1].startswith("ingest: 100 %")


def test_a_terminal_gets_a_bar() -> None:
    stream = Terminal()
    progress = progress_on(stream)
    assert isinstance(progress, Bar)
    progress(step(500))
    progress(step(1000))
    progress.close()
    assert "100%" in stream.getvalue()
    assert "1000 events" in stream.getvalue()


def test_a_bar_that_never_began_leaves_nothing() -> None:
    stream = Terminal()
    progress_on(stream).close()
    assert stream.getvalue() == ""


@given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12))))
def test_no_progress_is_too_odd_to_show(steps: list[tuple[int, int]]) -> None:
    for stream in (io.StringIO(), Terminal()):
        progress = progress_on(stream)
        for position, size in steps:
            progress(step(position, size))
        progress.close()
