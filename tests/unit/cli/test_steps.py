from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from ldes_shok.cli.steps import StepBars, StepLines, steps_on
from ldes_shok.log.walk_step import Step
from tests.unit.cli.test_progress import Terminal


def test_a_pipe_gets_a_line_for_each_part() -> None:
    stream = io.StringIO()
    steps = steps_on(stream, "fsck")
    assert isinstance(steps, StepLines)
    for done in (1, 5, 9):
        steps(Step("members", done, 9))
    steps(Step("pages", 4, 0))
    steps.close()
    steps.close()
    assert stream.getvalue() == "fsck: members: 9 of 9\nfsck: pages: 4\n"


def test_a_terminal_gets_a_bar_for_each_part() -> None:
    stream = Terminal()
    steps = steps_on(stream, "fsck")
    assert isinstance(steps, StepBars)
    for part in ("members", "pages"):
        steps(Step(part, 4, 8))
        steps(Step(part, 8, 8))
    steps.close()
    text = stream.getvalue()
    assert "fsck: members" in text
    assert "fsck: pages" in text
    assert "8/8" in text
    assert text.endswith("\n")


def test_a_terminal_gets_a_count_where_nobody_knows_the_end() -> None:
    stream = Terminal()
    steps = steps_on(stream, "fsck")
    steps(Step("members", 400, 0))
    steps(Step("members", 800, 0))
    steps.close()
    assert stream.getvalue() == "\rfsck: members 400\rfsck: members 800\n"


@given(st.lists(st.builds(Step, st.text(), st.integers(0, 10**12), st.integers(0, 10**12))))
def test_no_step_is_too_odd_to_show(parts: list[Step]) -> None:
    for stream in (io.StringIO(), Terminal()):
        steps = steps_on(stream, "fsck")
        for part in parts:
            steps(part)
        steps.close()
