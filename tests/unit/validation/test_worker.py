"""pyshacl's process, seen from the service that started it."""

from __future__ import annotations

import os
import subprocess

import msgspec

from ldes_shok.validation.frames import Setup, framed
from ldes_shok.validation.process import WORKER
from tests.support.patience import HANG_SECONDS


def test_it_ends_without_a_word_when_nobody_takes_its_answer() -> None:
    """A service that is killed leaves no traceback of another process in its log."""
    read_end, write_end = os.pipe()
    os.close(read_end)
    with subprocess.Popen(
        WORKER, stdin=subprocess.PIPE, stdout=write_end, stderr=subprocess.PIPE
    ) as worker:
        os.close(write_end)
        _, said = worker.communicate(
            framed(msgspec.msgpack.encode(Setup({}))), timeout=HANG_SECONDS
        )
    assert said == b""
    assert worker.returncode == 1
