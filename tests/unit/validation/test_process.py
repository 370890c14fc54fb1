"""The process of pyshacl: what it is given of the environment of the service."""

from __future__ import annotations

import json
import sys

from ldes_shok.validation.process import WorkerProcess
from tests.support.patience import HANG_SECONDS

_TELLS = """
import json, os, sys
from ldes_shok.validation.frames import framed, read_frame
read_frame(sys.stdin.buffer)
sys.stdout.buffer.write(framed(json.dumps(dict(os.environ)).encode()))
sys.stdout.buffer.flush()
"""


def test_it_gets_what_python_needs_and_no_secret() -> None:
    given = {
        name: f"a {name}"
        for name in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "IDENTITY_SECRET", "HOME")
    } | {"PYTHONHASHSEED": "7"}
    worker = WorkerProcess([sys.executable, "-c", _TELLS], given)
    told = json.loads(worker.exchange(b"", HANG_SECONDS))
    worker.kill()
    assert told.pop("PYTHONPATH")
    assert told == {n: v for n, v in given.items() if n not in {"IDENTITY_SECRET", "HOME"}}
