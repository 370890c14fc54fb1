"""The demo's MQTT broker: the machine's mosquitto, on loopback, for as long as the demo runs."""

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
"""The broker ends when its standard input does: also where the demo was killed."""


def find_mosquitto(environ: Mapping[str, str]) -> str | None:
    """The broker's path; None where it is not installed."""
    # Debian keeps it in /usr/sbin, which only root searches.
    path = environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin"
    return shutil.which("mosquitto", path=path)


@contextmanager
def running_broker(binary: str, port: int, directory: Path) -> Iterator[None]:
    """A broker on a loopback port.

    Args:
        binary: of mosquitto.
        port: free.
        directory: for its configuration.
    """
    text = _CONFIGURATION.format(port=port)
    if os.geteuid() == 0:
        # Started as root it would become the user mosquitto, who may not read here.
        text += "user root\n"
    configuration = directory / "mosquitto.conf"
    configuration.write_text(text)
    # A session of its own: Ctrl-C is for the demo, which then ends the broker.
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
