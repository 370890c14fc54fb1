"""One log, one writer, whatever it is called: a second service refuses, and the first goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from ldes_shok.errors import LogLocked, LogUnavailable, WriterReplaced
from ldes_shok.log.identity import LogIdentity
from ldes_shok.log.records import Commit
from ldes_shok.log.sqlite import writer as sqlite_writer
from ldes_shok.log.sqlite.lock import WriterLock
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from tests.support.events import configuration, measurements
from tests.support.logs import identity_of
from tests.support.oracle import check_service
from tests.support.patience import promised
from tests.support.service import (
    IDENTITY_SECRET,
    ServiceProcess,
    Tree,
    push,
    request,
    running_service,
)

pytestmark = pytest.mark.fault

NOON: Final = datetime(2026, 5, 12, 12, tzinfo=UTC)
BASE: Final = "https://shok.test"
OURS: Final = identity_of(BASE)
REFUSED_SECONDS: Final = 1.0


def _mount(what: Path, where: Path) -> None:
    mount = shutil.which("mount")
    if mount is None:
        pytest.skip("another mount: there is no command mount")
    done = subprocess.run(
        [mount, "--bind", str(what), str(where)], check=False, capture_output=True
    )
    if done.returncode:
        pytest.skip(f"another mount: it is not permitted ({done.stderr.decode().strip()})")


def _unmount(where: Path) -> None:
    subprocess.run(["umount", "--lazy", str(where)], check=True)  # noqa: S607


@contextmanager
def the_same_name(log: Path, _: Path) -> Iterator[Path]:
    yield log


@contextmanager
def another_relative_path(log: Path, _: Path) -> Iterator[Path]:
    yield log.parent / "." / ".." / log.parent.name / log.name


@contextmanager
def a_symbolic_link(log: Path, elsewhere: Path) -> Iterator[Path]:
    (elsewhere / "link.db").symlink_to(log)
    yield elsewhere / "link.db"


@contextmanager
def a_symbolic_link_to_the_folder(log: Path, elsewhere: Path) -> Iterator[Path]:
    (elsewhere / "folder").symlink_to(log.parent)
    yield elsewhere / "folder" / log.name


@contextmanager
def a_hard_link(log: Path, elsewhere: Path) -> Iterator[Path]:
    (elsewhere / "other.db").hardlink_to(log)
    yield elsewhere / "other.db"
    (elsewhere / "other.db").unlink()


@contextmanager
def the_folder_mounted_elsewhere(log: Path, elsewhere: Path) -> Iterator[Path]:
    _mount(log.parent, elsewhere)
    try:
        yield elsewhere / log.name
    finally:
        _unmount(elsewhere)


@contextmanager
def the_file_mounted_elsewhere(log: Path, elsewhere: Path) -> Iterator[Path]:
    (elsewhere / "mounted.db").touch()
    _mount(log, elsewhere / "mounted.db")
    try:
        yield elsewhere / "mounted.db"
    finally:
        _unmount(elsewhere / "mounted.db")


Name = Callable[[Path, Path], AbstractContextManager[Path]]
NAMES: Final[tuple[Name, ...]] = (
    the_same_name,
    another_relative_path,
    a_symbolic_link,
    a_symbolic_link_to_the_folder,
    a_hard_link,
    the_folder_mounted_elsewhere,
    the_file_mounted_elsewhere,
)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.__name__)
@promised(REFUSED_SECONDS)
def test_a_second_service_refuses_by_any_name(
    tmp_path: Path, elsewhere: Path, name: Name, within_seconds: float
) -> None:
    """I24: within a second, naming the holder; the first one goes on and nothing is damaged."""
    first_folder, second_folder = tmp_path / "first", tmp_path / "second"
    first_folder.mkdir()
    second_folder.mkdir()
    begun = time.monotonic()
    with running_service(first_folder) as first:
        start_up_seconds = time.monotonic() - begun
        assert push(first.url, [configuration("VBS-001", NOON)])[0] == 200
        with name(first.log_path, elsewhere) as log:
            store: Tree = {"store": {"url": f"sqlite:///{log}"}, "public_url": first.url}
            second = ServiceProcess(second_folder, overrides=store)
            begun = time.monotonic()
            second.launch()
            try:
                assert second.wait() == 1
            finally:
                second.kill()
            assert time.monotonic() - begun < 2 * start_up_seconds + within_seconds
            last = second.output().strip().splitlines()[-1]
            assert f"pid {first.pid} " in last
            assert "Traceback" not in second.output()
            assert push(first.url, list(measurements("VBS-001", NOON, 5)))[0] == 200
        assert request(f"{first.url}/health/ready")[0] == 200
        check_service(first.url, first.log_path)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.__name__)
def test_the_offline_commands_take_the_same_lock(
    tmp_path: Path, elsewhere: Path, name: Name
) -> None:
    """What writes without a service: all of it opens the log's writer, or takes its lock."""
    with (
        closing(SqliteLogWriter(tmp_path / "log.db", OURS)),
        name(tmp_path / "log.db", elsewhere) as log,
    ):
        in_another_process(lambda: SqliteLogWriter(log, OURS), LogLocked)
        in_another_process(lambda: WriterLock(log), LogLocked)


def in_another_process(action: Callable[[], object], expected: type[Exception]) -> None:
    """There, because a process that closes a file lets go of all that it had locked in it."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
        except expected:
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0


def test_a_log_with_two_names_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """Also when nobody has it: what was committed last stands beside one of the names only."""
    SqliteLogWriter(tmp_path / "log.db", OURS).close()
    (tmp_path / "other.db").hardlink_to(tmp_path / "log.db")
    for name in ("log.db", "other.db"):
        with pytest.raises(LogUnavailable, match=r"2 names \(hard links\).*find / -xdev -inum"):
            SqliteLogWriter(tmp_path / name, OURS)
        with (
            closing(SqliteLogReader(tmp_path / name, BASE)) as reader,
            pytest.raises(LogUnavailable, match="2 names"),
        ):
            reader.stream("kasten")
    (tmp_path / "other.db").unlink()
    SqliteLogWriter(tmp_path / "log.db", OURS).close()


def test_a_log_that_is_mounted_as_a_file_is_refused(tmp_path: Path, elsewhere: Path) -> None:
    SqliteLogWriter(tmp_path / "log.db", OURS).close()
    with (
        the_file_mounted_elsewhere(tmp_path / "log.db", elsewhere) as log,
        pytest.raises(LogUnavailable, match="mount the folder"),
    ):
        SqliteLogWriter(log, OURS)


def test_a_link_may_be_the_name_of_a_log(tmp_path: Path, elsewhere: Path) -> None:
    """What stands beside the log is beside the file that it leads to."""
    (elsewhere / "link.db").symlink_to(tmp_path / "log.db")
    SqliteLogWriter(elsewhere / "link.db", OURS).close()
    assert [path.name for path in elsewhere.iterdir()] == ["link.db"]
    assert (tmp_path / "log.db.lock").exists()


class Unseen:
    """The lock of a host that does not see the others'."""

    def __init__(self, _: Path, *, create: bool = False) -> None:
        pass

    def release(self) -> None:
        pass


def test_who_gets_past_the_lock_is_found_at_the_next_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another host on a network file system: the writer of before stores nothing any more."""
    told: list[str] = []
    first = SqliteLogWriter(tmp_path / "log.db", OURS, on_replaced=told.append)
    with closing(first):
        first.commit(Commit())
        monkeypatch.setattr(sqlite_writer, "WriterLock", Unseen)
        with closing(SqliteLogWriter(tmp_path / "log.db", OURS)) as second:
            for write in (lambda: first.commit(Commit()), lambda: first.forget_raws(1)):
                with pytest.raises(WriterReplaced, match="opened the log to write it: pid"):
                    write()
            second.commit(Commit())
    assert len(told) == 2


def test_a_service_that_was_replaced_stops_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_service(tmp_path) as service:
        assert push(service.url, [configuration("VBS-001", NOON)])[0] == 200
        monkeypatch.setattr(sqlite_writer, "WriterLock", Unseen)
        of_it = LogIdentity(service.url, IDENTITY_SECRET.encode())
        with closing(SqliteLogWriter(service.log_path, of_it)):
            status, headers, _ = push(service.url, list(measurements("VBS-001", NOON, 1)))
            assert (status, "retry-after" in headers) == (503, True)
            assert service.wait() == 1
        last = service.output().strip().splitlines()[-1]
        assert "another process opened the log" in last
