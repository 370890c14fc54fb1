"""Several processes on one port: one writes, the others read; each may die."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.support.events import configuration, measurement
from tests.support.load import HttpLoad
from tests.support.oracle import check_service
from tests.support.patience import HANG_SECONDS, until
from tests.support.postgres import Postgres, new_database
from tests.support.processes import readers_of
from tests.support.raw_http import RawConnection
from tests.support.service import PUSH_TOKEN, ServiceProcess, Tree, push, request, running_service
from tests.support.vertical import NOON

pytestmark = pytest.mark.integration

TWO: Final[Tree] = {
    "http": {"workers": 2},
    "fragmentation": {"leaf_members": 25, "bucket_leaves": 4},
}
SEED: Final = 20261123


def gone(pid: int) -> bool:
    """Whether all its threads ended: until the last one has, its sockets are open."""
    try:
        states = [
            (task / "stat").read_text().rpartition(") ")[2][0]
            for task in Path(f"/proc/{pid}/task").iterdir()
        ]
    except (FileNotFoundError, ProcessLookupError):
        return not Path(f"/proc/{pid}").exists()
    return all(state in "ZX" for state in states)


def sockets(pid: int) -> int:
    descriptors = Path(f"/proc/{pid}/fd").iterdir()
    return sum(str(fd.readlink()).startswith("socket:") for fd in descriptors if fd.is_symlink())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    with running_service(tmp_path_factory.mktemp("workers"), overrides=TWO) as service:
        assert push(service.url, [configuration("VBS-001", NOON)])[0] == 200
        # It is ready when one of them listens, and says that it serves when all do.
        until(lambda: '"serving"' in service.output())
        yield service


def test_the_port_is_shared_and_the_writer_is_not_on_it(shared: ServiceProcess) -> None:
    readers = readers_of(shared.pid)
    assert len(readers) == 2
    before = {pid: sockets(pid) for pid in (*readers, shared.pid)}
    opened = [socket.create_connection(("127.0.0.1", shared.port)) for _ in range(40)]
    try:
        # Some: a process may close a socket of its own meanwhile, and the kernel shares by chance.
        until(lambda: sum(sockets(pid) - before[pid] for pid in readers) > 30)
        assert all(sockets(pid) > before[pid] + 3 for pid in readers)
        assert sockets(shared.pid) <= before[shared.pid]
    finally:
        for connection in opened:
            connection.close()


def test_what_is_acknowledged_is_on_the_next_page_of_every_process(
    shared: ServiceProcess,
) -> None:
    """P7: a member is visible as soon as it is acknowledged, whichever process is asked."""
    url = f"{shared.url}/techniek/by-time"
    while children_of_page := re.findall(r"tree:node <([^>]+)>", request(url)[2].decode()):
        url = f"{url.rpartition('/')[0]}/{children_of_page[-1]}"
    lines = "Host: x\r\nAccept: application/n-quads\r\nAccept-Encoding: identity\r\n\r\n"
    data = f"GET {url.removeprefix(shared.url)} HTTP/1.1\r\n{lines}".encode()
    opened = [RawConnection.to(shared.port) for _ in range(12)]
    connections = [each.__enter__() for each in opened]
    try:
        for number in range(15):
            at = NOON + timedelta(seconds=number)
            status, _, body = push(
                shared.url, [measurement("VBS-001", at, value=f"{5000 + number}")]
            )
            assert status == 200
            (result,) = json.loads(body)["results"]
            members = [iri.encode() for iri in result["members"]]
            for connection in connections:
                connection.send(data)
            pages = [connection.answer() for connection in connections]
            assert all(page.startswith(b"HTTP/1.1 200") for page in pages)
            (seen,) = {sum(iri in page for iri in members) for page in pages}
            if seen < 3:  # of the four the register is in another stream; the leaf was full
                assert all(b"immutable" in page for page in pages)
                break
        else:
            raise AssertionError("a leaf of 25 members takes more than 45")
    finally:
        for each in opened:
            each.__exit__(None, None, None)


def _counted(text: bytes, name: str) -> float:
    lines = [line for line in text.decode().split("\n") if line.startswith(name)]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def test_metrics_are_those_of_all_processes(shared: ServiceProcess) -> None:
    name = 'ldes_shok_http_requests_total{route="/{stream}",status="200"}'
    before = _counted(request(f"{shared.url}/metrics")[2], name)
    for _ in range(25):
        assert request(f"{shared.url}/kasten")[0] == 200
    for _ in range(6):
        _, _, text = request(f"{shared.url}/metrics")
        assert _counted(text, name) == before + 25
        assert _counted(text, 'ldes_shok_log_members{stream="kasten"}') > 0
        assert _counted(text, "ldes_shok_members_total") > 0


def test_ready_is_said_whoever_is_asked(shared: ServiceProcess) -> None:
    for _ in range(8):
        status, _, body = request(f"{shared.url}/health/ready")
        assert (status, json.loads(body)["status"]) == (200, "ready")


@pytest.mark.usefixtures("shared")
def test_nobody_else_may_speak_to_the_writer() -> None:
    table = Path("/proc/net/unix").read_text()
    paths = re.findall(r"\s(/\S+/writer\.sock)$", table, re.MULTILINE)
    ours = {Path(path).parent for path in paths if Path(path).exists()}
    assert ours
    assert {stat.S_IMODE(directory.stat().st_mode) for directory in ours} == {0o700}


def test_two_services_never_share_a_port(shared: ServiceProcess, tmp_path: Path) -> None:
    other = ServiceProcess(tmp_path)
    for workers in (1, 2):
        other.configure({"http": {"workers": workers, "port": shared.port}})
        other.launch()
        assert other.wait() == 2
    assert other.output().count(f"cannot listen on 127.0.0.1:{shared.port}") == 2


# ------------------------------------------------------------------------------- deaths


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[tuple[ServiceProcess, HttpLoad]]:
    service = ServiceProcess(tmp_path, overrides=TWO)
    service.start()
    load = HttpLoad(service.url, SEED)
    load.start()
    try:
        until(lambda: load.progress() > 3)
        yield service, load
    finally:
        service.kill()


def _finish(service: ServiceProcess, load: HttpLoad) -> None:
    load.finish()
    reports = check_service(service.url, service.log_path)
    published = [iri for report in reports.values() for iri in report.members]
    assert len(published) == len(set(published))
    assert set(load.members) <= set(published)


def test_a_reader_that_dies_is_replaced_and_nothing_is_lost(
    loaded: tuple[ServiceProcess, HttpLoad],
) -> None:
    """P1: an acknowledged event is never lost when a reader is killed."""
    service, load = loaded
    for _ in range(3):
        victim, *_ = readers = readers_of(service.pid)
        os.kill(victim, signal.SIGKILL)
        until(lambda: gone(victim))  # noqa: B023  called before the next turn
        until(lambda: len(set(readers_of(service.pid)) - {victim}) == len(readers))  # noqa: B023
        before = load.progress()
        until(lambda: load.progress() > before + 2)  # noqa: B023
    assert service.output().count('"reader_ended"') == 3
    _finish(service, load)
    assert service.stop() == 0


def test_with_the_writer_the_whole_service_ends_and_comes_back(
    loaded: tuple[ServiceProcess, HttpLoad],
) -> None:
    """P1: an acknowledged event is never lost when the writer is killed; no process outlives it."""
    service, load = loaded
    readers = readers_of(service.pid)
    service.kill()
    until(lambda: all(gone(pid) for pid in readers))
    with pytest.raises(ConnectionRefusedError):
        request(f"{service.url}/health/live")
    assert service.output().count('"writer_gone"') == 2
    service.start()
    _finish(service, load)


def test_told_to_stop_all_processes_answer_what_is_under_way(
    loaded: tuple[ServiceProcess, HttpLoad],
) -> None:
    """P1: SIGTERM loses nothing, and cuts no answer off."""
    service, load = loaded
    readers = readers_of(service.pid)
    cut: list[bytes] = []

    def read() -> None:
        data = b"GET /kasten/by-time HTTP/1.1\r\nHost: x\r\n\r\n"
        try:
            with RawConnection.to(service.port) as connection:
                while True:
                    connection.send(data)
                    connection.answer()
        except EOFError as error:
            cut.extend(part for part in error.args if part)
        except (BrokenPipeError, ConnectionResetError):
            return

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert service.stop() == 0
    for thread in threads:
        thread.join(HANG_SECONDS)
    assert cut == []
    assert all(gone(pid) for pid in readers)
    assert "reader_ended" not in service.output()
    service.start()
    _finish(service, load)


def test_a_signal_to_the_whole_group_is_a_stop_like_any_other(tmp_path: Path) -> None:
    service = ServiceProcess(tmp_path, overrides=TWO)
    service.start()
    readers = readers_of(service.pid)
    for pid in (*readers, service.pid):
        os.kill(pid, signal.SIGINT)
    assert service.wait() == 0
    assert all(gone(pid) for pid in readers)


@pytest.mark.parametrize("is_known", [True, False])
def test_a_body_is_asked_for_when_the_process_that_writes_asks(
    shared: ServiceProcess, is_known: bool
) -> None:
    event = measurement("VBS-001", NOON)
    token = PUSH_TOKEN if is_known else "guessed"
    head = (
        f"POST /ingest HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(event)}\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    )
    with RawConnection.to(shared.port) as raw:
        raw.send(head.encode())
        answer = raw.answer()
        if is_known:
            assert answer == b"HTTP/1.1 100 Continue\r\n\r\n"
            raw.send(event)
            assert raw.answer().startswith(b"HTTP/1.1 200 ")
        else:
            assert answer.startswith(b"HTTP/1.1 401 ")


@pytest.mark.postgres
def test_a_service_that_only_reads_has_readers_too(
    postgres_server: Postgres, tmp_path: Path
) -> None:
    """`http.workers` counts for `service.role: reader` as well: nothing differs but who writes."""
    database = new_database(postgres_server.url("postgres"))
    writer, reader = ServiceProcess(_folder(tmp_path, "w")), ServiceProcess(_folder(tmp_path, "r"))
    for process, role, workers in ((writer, "all", 1), (reader, "reader", 2)):
        process.configure(
            {
                "public_url": reader.url,
                "store": {"url": database},
                "service": {"role": role},
                "http": {"workers": workers},
            }
        )
    try:
        writer.start()
        assert push(writer.url, [configuration("VBS-001", NOON)])[0] == 200
        reader.start()
        until(lambda: '"reading"' in reader.output())
        first, second = readers_of(reader.pid)
        for path in ("/", "/kasten", "/kasten/by-time", "/shapes/kasten", "/context.jsonld"):
            assert request(f"{reader.url}{path}")[2] == request(f"{writer.url}{path}")[2]
        assert push(reader.url, [configuration("VBS-002", NOON)])[0] == 421
        os.kill(first, signal.SIGKILL)
        until(lambda: len(set(readers_of(reader.pid)) - {first}) == 2)
        assert second in readers_of(reader.pid)
        name = 'ldes_shok_http_requests_total{route="/{stream}",status="200"}'
        before = _counted(request(f"{reader.url}/metrics")[2], name)
        until(lambda: request(f"{reader.url}/kasten")[0] == 200)
        until(lambda: _counted(request(f"{reader.url}/metrics")[2], name) > before)
        assert reader.stop() == 0
        assert '"stopped"' in reader.output()
    finally:
        reader.kill()
        writer.kill()


def _folder(directory: Path, name: str) -> Path:
    folder = directory / name
    folder.mkdir()
    return folder
