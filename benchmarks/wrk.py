"""Requests per second of one URL, by wrk (Debian package wrk)."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Final

CONNECTIONS: Final = 16
_RATE: Final = re.compile(r"Requests/sec:\s+([\d.]+)")


def rate(url: str, headers: Mapping[str, str], seconds: int) -> float:
    """GETs per second over connections that stay open.

    Args:
        url: what is asked for.
        headers: of each request.
        seconds: for how long.

    Raises:
        RuntimeError: wrk is not installed, or something else was answered.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise RuntimeError("wrk is missing: install the Debian package wrk")
    words = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    output = subprocess.run(
        [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", *words, url],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    found = _RATE.search(output)
    if found is None or "Non-2xx or 3xx" in output or "Socket errors" in output:
        raise RuntimeError(f"wrk: {output}")
    return float(found[1])
