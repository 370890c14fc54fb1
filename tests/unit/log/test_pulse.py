from __future__ import annotations

import subprocess
import sys

from ldes_shok.log.pulse import Pulse
from tests.support.service import ROOT


def test_another_process_sees_it_at_once() -> None:
    pulse = Pulse.shared()
    assert pulse.descriptor is not None
    code = (
        "import sys; from ldes_shok.log.pulse import Pulse\n"
        f"pulse = Pulse.at({pulse.descriptor})\n"
        "for _ in sys.stdin: print(pulse.generation, flush=True)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        pass_fds=[pulse.descriptor], text=True, cwd=ROOT,
    ) as other:  # fmt: skip
        assert other.stdin is not None
        assert other.stdout is not None
        for generation in (1, 7, 2**40):
            pulse.beat(generation)
            other.stdin.write("\n")
            other.stdin.flush()
            assert int(other.stdout.readline()) == generation


def test_a_generation_never_goes_back() -> None:
    pulse = Pulse()
    for heard in (3, 1, 4):
        pulse.beat(heard)
    assert pulse.generation == 4
