"""The demo as a process: all streams are filled, and every device is heard, also after a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from ldes_shok.demo.devices.places import PLACES, Dialect
from ldes_shok.log.sqlite.reader import SqliteLogReader
from tests.support.graphs import logged_members
from tests.support.mosquitto import mosquitto_binary
from tests.support.patience import until
from tests.support.ports import free_port
from tests.support.service import STREAMS

pytestmark = pytest.mark.integration

ROOT: Final = Path(__file__).parents[2]
SPEAKING: Final = [dialect for dialect in Dialect if dialect is not Dialect.MQTT]


class Demo:
    """`ldes-shok demo` with three days behind it."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_path = directory / str(self.port) / "ldes-shok.db"
        self._directory = directory
        self._output = directory / "output"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it says that it is ready."""
        command = [sys.executable, "-m", "ldes_shok", "demo", "--days", "3", "--port"]
        command += [str(self.port), "--data-directory", str(self._directory)]
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=dict(os.environ), stdout=output, stderr=output
            )
        self.until(lambda: "stop        Ctrl-C" in self.output())

    def kill(self) -> None:
        """End it at once, by its pid."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def output(self) -> str:
        """What it wrote."""
        return self._output.read_text()

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something to become true."""
        until(
            holds,
            self.output,
            alive=lambda: self._process is not None and self._process.poll() is None,
        )

    def events(self) -> set[tuple[str, str]]:
        """Source and cabinet of every event in the log that is published."""
        reader = SqliteLogReader(self.log_path, self.url)
        try:
            return {
                (event.source, event.cabinet)
                for event in reader.events(0, 100_000)
                if event.quarantine is None
            }
        finally:
            reader.close()

    def names(self, cabinet: str) -> bool:
        """Whether a member of a cabinet's device is published in one of the streams."""
        return any(
            cabinet in str(member.said)
            for stream in STREAMS
            for member in logged_members(self.log_path, self.url, stream).values()
        )


@contextmanager
def running_demo(directory: Path) -> Iterator[Demo]:
    demo = Demo(directory)
    try:
        demo.start()
        yield demo
    finally:
        demo.kill()


def _is_heard(demo: Demo, dialect: Dialect) -> bool:
    cabinet = PLACES[dialect].cabinet
    return any(
        source.endswith(f":{dialect.value}") and of == cabinet for source, of in demo.events()
    )


def test_every_device_is_heard_and_every_stream_has_members(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        demo.until(lambda: all(_is_heard(demo, dialect) for dialect in SPEAKING))
        for dialect in SPEAKING:
            assert demo.names(PLACES[dialect].cabinet)
        reader = SqliteLogReader(demo.log_path, demo.url)
        try:
            demo.until(lambda: all(reader.stream(name).members for name in STREAMS))
            assert reader.quarantined(10) == []
        finally:
            reader.close()
        ports = json.loads((demo.log_path.parent / "devices.json").read_bytes())
        demo.kill()
        demo.start()
        assert json.loads((demo.log_path.parent / "devices.json").read_bytes()) == ports
        demo.until(lambda: '"station_connected"' in demo.output())


@pytest.mark.mqtt
def test_a_device_comes_over_mqtt(tmp_path: Path) -> None:
    mosquitto_binary()
    with running_demo(tmp_path) as demo:
        demo.until(lambda: _is_heard(demo, Dialect.MQTT))
        assert demo.names(PLACES[Dialect.MQTT].cabinet)
