"""Runs the demo's MQTT broker: the machine's mosquitto, on loopback, while the demo runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_STOP_SECONDS: Final = 10.0
_CONFIGURATION: Final = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
log_type error
log_type warning
"""
_GUARDED: Final = '"$0" -c "$1" & broker=$!; read -r _; kill "$broker"; wait "$broker"'
"""The broker ends when its standard input ends, even if the demo was killed."""


def find_mosquitto(environ: Mapping[str, str]) -> str | None:
    """Return the broker's path; None if it is not installed."""
    # Debian installs it in /usr/sbin, which is only in root's search path.
    path = environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin"
    return shutil.which("mosquitto", path=path)


@contextmanager
def running_broker(binary: str, port: int, directory: Path) -> Iterator[None]:
    """Run a broker on a loopback port until the block ends.

    Args:
        binary: path of mosquitto.
        port: a free port.
        directory: for its configuration.
    """
    text = _CONFIGURATION.format(port=port)
    if os.geteuid() == 0:
        # As root it would change to the user mosquitto, which may not read this directory.
        text += "user root\n"
    configuration = directory / "mosquitto.conf"
    configuration.write_text(text)
    # A session of its own: Ctrl-C goes only to the demo, which then ends the broker.
    process = subprocess.Popen(  # noqa: S603  a program of the machine, a file of ours
        ["/bin/sh", "-c", _GUARDED, binary, str(configuration)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        process.communicate(timeout=_STOP_SECONDS)
