"""What a service cannot start on, it says in one line, and leaves everything as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.support.service import ServiceProcess

pytestmark = pytest.mark.fault

NOBODY: Final = 65534
AS_ANYBODY: Final = (
    "setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", "--",
)  # fmt: skip
"""Root whom the kernel lets into no more than any other user."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A place for a log that cannot be used."""

    directory: Path
    reason: str
    command: Sequence[str] = ()


@contextmanager
def read_only_volume(directory: Path) -> Iterator[Refusal]:
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    if mount is None or unmount is None:
        pytest.skip("a read-only volume: there is no command mount")
    command = [mount, "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs", str(directory)]
    mounted = subprocess.run(command, check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip(f"a read-only volume: {mounted.stderr.decode().strip()}")
    try:
        yield Refusal(directory, "Read-only file system")
    finally:
        subprocess.run([unmount, "--lazy", str(directory)], check=True)


@contextmanager
def wrong_owner(directory: Path) -> Iterator[Refusal]:
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("a folder of somebody else: there is no command setpriv")
        os.chown(directory, NOBODY, NOBODY)
    else:
        directory.chmod(0o555)
    yield Refusal(directory, "Permission denied", AS_ANYBODY if os.geteuid() == 0 else ())


@contextmanager
def missing_volume(directory: Path) -> Iterator[Refusal]:
    volume = directory / "volume"
    volume.symlink_to(directory / "not-mounted" / "data")
    yield Refusal(volume, "is its volume mounted?")


@contextmanager
def a_file_in_the_way(directory: Path) -> Iterator[Refusal]:
    (directory / "data").write_text("somebody's notes\n")
    yield Refusal(directory / "data", "is no folder")


@contextmanager
def no_log_at_all(directory: Path) -> Iterator[Refusal]:
    (directory / "ldes-shok.db").write_text("somebody's notes\n" * 1000)
    yield Refusal(directory, "file is not a database")


Place = Callable[[Path], AbstractContextManager[Refusal]]


@pytest.mark.parametrize(
    "place", [read_only_volume, wrong_owner, missing_volume, a_file_in_the_way, no_log_at_all]
)
def test_it_refuses_to_start_with_one_clear_line(tmp_path: Path, place: Place) -> None:
    """One line, with the place and the reason; no traceback, exit code 1, nothing written."""
    directory = tmp_path / "store"
    directory.mkdir()
    with place(directory) as refusal:
        log = refusal.directory / "ldes-shok.db"
        before = sorted(directory.rglob("*"))
        service = ServiceProcess(
            tmp_path, overrides={"store": {"url": f"sqlite:///{log}"}}, command=refusal.command
        )
        service.launch()
        try:
            assert service.wait() == 1
        finally:
            service.kill()
        said = [line for line in service.output().splitlines() if not line.startswith("{")]
        assert len(said) == 1, service.output()
        assert said[0].startswith("ldes-shok: ")
        assert str(log) in said[0]
        assert refusal.reason.lower() in said[0].lower()
        assert [path for path in sorted(directory.rglob("*")) if path not in before] in (
            [],
            [directory / "ldes-shok.db.lock"],
        )
