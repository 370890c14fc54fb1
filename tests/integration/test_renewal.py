"""SIGHUP: secrets, certificates and files are read again, and no connection is dropped."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from websockets.exceptions import ConnectionClosed

from tests.integration.test_ocpp16 import ask, connected
from tests.support.authority import Authority
from tests.support.events import configuration, measurement
from tests.support.mosquitto import Mosquitto, running_mosquitto
from tests.support.patience import until
from tests.support.postgres import Postgres, new_database
from tests.support.processes import readers_of
from tests.support.raw_http import RawConnection
from tests.support.rest import Told, running_rest
from tests.support.service import (
    SECRETS,
    TENANT,
    ServiceProcess,
    Tree,
    merged,
    push,
    request,
    running_service,
)
from tests.support.vertical import NOON

pytestmark = pytest.mark.integration

OLD: Final = "old-token-0123456789"
NEW: Final = "new-token-0123456789"


class Turning:
    """A service whose secrets stand in files, which a test changes."""

    def __init__(self, directory: Path, more: Tree | None = None) -> None:
        self.push, self.reads = directory / "push.token", directory / "reads.token"
        self.write(self.push, OLD)
        self.write(self.reads, f"{OLD}-reads")
        tree: Tree = {
            "sources": [
                {"name": "push", "type": "http", "tenant": TENANT, "token_file": str(self.push)}
            ],
            "streams": {"techniek": {"access": "token"}},
            "consumers": [
                {"name": "dienst", "streams": ["techniek"], "token_file": str(self.reads)}
            ],
        }
        self.overrides = merged(tree, more or {})

    @staticmethod
    def write(file: Path, *lines: str) -> None:
        """Put these lines in its place, all at once."""
        new = file.with_suffix(".new")
        new.write_text("\n".join(lines) + "\n")
        new.chmod(0o600)
        new.replace(file)


def said(service: ServiceProcess, event: str) -> list[dict[str, Any]]:
    lines = (line for line in service.output().splitlines() if line.startswith("{"))
    return [line for line in map(json.loads, lines) if line["event"] == event]


def renew(service: ServiceProcess) -> dict[str, Any]:
    """SIGHUP, and what it says when it is done.

    The first report counts: a SIGHUP that comes just before the service listens for it may renew
    twice, and the second time nothing has changed.
    """
    before = len(said(service, "renewed"))
    os.kill(service.pid, signal.SIGHUP)
    service.until(lambda: len(said(service, "renewed")) > before)
    return said(service, "renewed")[before]


def reads(service: ServiceProcess, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return request(f"{service.url}/techniek/by-time", headers=headers)[0]


def pushed(service: ServiceProcess, token: str, number: int = 0) -> int:
    event = measurement("VBS-001", NOON + timedelta(seconds=number), value=str(1000 + number))
    return push(service.url, [event], token=token)[0]


def counted(service: ServiceProcess, number: int) -> float:
    text = request(f"{service.url}/metrics")[2].decode()
    labels = f'by="token",number="{number}",source="http:{TENANT}:push"'
    found = re.search(rf"ldes_shok_pushes_total{{{labels}}} (.+)", text)
    return float(found[1]) if found else 0.0


@pytest.fixture(params=[1, 2], ids=["one-process", "readers"])
def turning(request: pytest.FixtureRequest, tmp_path: Path) -> Turning:
    return Turning(tmp_path, {"http": {"workers": request.param}})


@pytest.fixture
def service(turning: Turning, tmp_path: Path) -> Iterator[ServiceProcess]:
    with running_service(tmp_path, overrides=turning.overrides) as running:
        assert push(running.url, [configuration("VBS-001", NOON)], token=OLD)[0] == 200
        yield running


def test_a_token_is_replaced_without_a_refusal(turning: Turning, service: ServiceProcess) -> None:
    """Step by step as deploy/README.md says, with pushes all the time."""
    token, stop, statuses = [OLD], threading.Event(), list[int]()

    def pushing() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            statuses.append(pushed(service, token[0], number))

    def some_more() -> None:
        seen = len(statuses)
        until(lambda: len(statuses) > seen + 5)

    pusher = threading.Thread(target=pushing)
    pusher.start()
    try:
        some_more()
        turning.write(turning.push, NEW, OLD)
        assert renew(service)["changed"] == ["sources push: 2, before 1"]
        some_more()
        token[0] = NEW
        some_more()
        assert counted(service, 1) > 0
        assert counted(service, 2) > 0
        turning.write(turning.push, NEW)
        renew(service)
        some_more()
    finally:
        stop.set()
        pusher.join()
    assert set(statuses) == {200}
    assert pushed(service, OLD) == 401
    assert OLD not in service.output()
    assert NEW not in service.output()


def test_a_reader_s_token_is_replaced_in_every_process(
    turning: Turning, service: ServiceProcess, tmp_path: Path
) -> None:
    old, new = f"{OLD}-reads", f"{NEW}-reads"
    processes = readers_of(service.pid)
    turning.write(turning.reads, old, new)
    assert renew(service)["changed"] == ["consumers dienst: 2, before 1"]
    assert {reads(service, each) for each in (old, new) for _ in range(10)} == {200}
    audit = Path(f"{tmp_path}/ldes-shok.db.audit").read_text().splitlines()
    assert {json.loads(line)["token"] for line in audit} == {1, 2}
    turning.write(turning.reads, new)
    renew(service)
    assert {reads(service, old) for _ in range(10)} == {401}
    assert {reads(service, new) for _ in range(10)} == {200}
    assert readers_of(service.pid) == processes


def test_no_connection_is_dropped(turning: Turning, service: ServiceProcess) -> None:
    """One that waits, and one whose body is half sent when the signal comes."""
    event = measurement("VBS-001", NOON, value="999")
    head = (
        f"POST /ingest HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {OLD}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(event)}\r\n\r\n"
    )
    page = b"GET /kasten/by-time HTTP/1.1\r\nHost: x\r\n\r\n"
    with RawConnection.to(service.port) as waits, RawConnection.to(service.port) as sends:
        waits.send(page)
        assert waits.answer().startswith(b"HTTP/1.1 200")
        sends.send(head.encode() + event[:20])
        turning.write(turning.push, NEW)
        renew(service)
        sends.send(event[20:])
        assert sends.answer().startswith(b"HTTP/1.1 200")
        sends.send(head.encode() + event)
        assert sends.answer().startswith(b"HTTP/1.1 401")
        waits.send(page)
        assert waits.answer().startswith(b"HTTP/1.1 200")
    assert service.stop() == 0


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((), "sources[0].token_file: {} is empty"),
        (("spaces in it",), "sources[0].token: the token in {} must be letters"),
        (None, "sources[0].token_file: {} cannot be read: No such file"),
    ],
)
def test_a_bad_file_leaves_all_as_it_was(
    lines: Sequence[str] | None, reason: str, tmp_path: Path
) -> None:
    turning = Turning(tmp_path)
    with running_service(tmp_path, overrides=turning.overrides) as service:
        turning.write(turning.reads, f"{NEW}-reads")
        if lines is None:
            turning.push.unlink()
        else:
            turning.write(turning.push, *lines)
        assert renew(service)["changed"] == []
        (line,) = said(service, "not_renewed")
        assert line["level"] == "error"
        assert line["reason"].startswith(reason.format(turning.push))
        assert push(service.url, [configuration("VBS-001", NOON)], token=OLD)[0] == 200
        assert (reads(service, f"{OLD}-reads"), reads(service, f"{NEW}-reads")) == (200, 401)
        turning.write(turning.push, NEW)
        renew(service)
        assert (pushed(service, NEW), reads(service, f"{NEW}-reads")) == (200, 200)


def test_another_identity_secret_is_not_taken(tmp_path: Path) -> None:
    secret = tmp_path / "identity"
    Turning.write(secret, SECRETS["TEST_IDENTITY_SECRET"])
    turning = Turning(tmp_path, {"identity": {"secret_env": None, "secret_file": str(secret)}})
    with running_service(tmp_path, overrides=turning.overrides) as service:
        Turning.write(secret, "another-secret-0123456789")
        turning.write(turning.push, NEW)
        renew(service)
        (line,) = said(service, "not_renewed")
        assert line["reason"].startswith(f"identity.secret_file: {secret} holds another secret")
        assert pushed(service, NEW) == 401


def test_the_audit_and_the_keys_of_who_signs_are_opened_again(tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    public = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    keys.write_text(json.dumps({"keys": [public]}))
    signed = {
        "jwks_file": str(keys),
        "issuer": "https://a.example",
        "audience": "https://b.example",
    }
    turning = Turning(tmp_path, {"access": signed})
    audit = Path(f"{tmp_path}/ldes-shok.db.audit")
    with running_service(tmp_path, overrides=turning.overrides) as service:
        assert reads(service, f"{OLD}-reads") == 200
        audit.rename(tmp_path / "audit.1")
        renew(service)
        descriptors = Path(f"/proc/{service.pid}/fd").iterdir()
        assert not [each for each in descriptors if each.readlink() == tmp_path / "audit.1"]
        assert reads(service, f"{OLD}-reads") == 200
        assert len(audit.read_text().splitlines()) == 1
        keys.write_text("{")
        renew(service)
        (line,) = said(service, "not_renewed")
        assert line["reason"].startswith(f"access.jwks_file: {keys} is no set of public keys")
        keys.write_text(json.dumps({"keys": [public | {"kid": "2"}]}))
        assert renew(service)["changed"] == ["access.jwks_file"]


def test_a_signal_while_it_starts_ends_nothing(tmp_path: Path) -> None:
    """What was changed meanwhile counts, as soon as anything can be asked."""
    turning = Turning(tmp_path)
    service = ServiceProcess(tmp_path, overrides=turning.overrides)
    service.launch()
    try:
        # From Python's own start on until it runs nothing of ours listens; then it must.
        service.until(lambda: _listens_for_hangups(service.pid))
        os.kill(service.pid, signal.SIGHUP)
        service.wait_until_ready()
        service.until(lambda: said(service, "renewed"))
        assert request(f"{service.url}/health/ready")[0] == 200
    finally:
        service.kill()


def _listens_for_hangups(pid: int) -> bool:
    caught = re.search(r"SigCgt:\t(\w+)", Path(f"/proc/{pid}/status").read_text())
    return caught is not None and bool(int(caught[1], 16) & 1 << signal.SIGHUP - 1)


def test_the_processes_beside_it_are_not_ended_by_the_signal(tmp_path: Path) -> None:
    """As `systemctl kill` and a closed terminal send it: to all of them."""
    turning = Turning(tmp_path, {"http": {"workers": 2}})
    with running_service(tmp_path, overrides=turning.overrides) as service:
        service.until(lambda: said(service, "serving"))
        children = [
            int(each)
            for each in Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text().split()
        ]
        for child in children:
            os.kill(child, signal.SIGHUP)
        renew(service)
        assert push(service.url, [configuration("VBS-001", NOON)], token=OLD)[0] == 200
        assert reads(service, f"{OLD}-reads") == 200
        now = Path(f"/proc/{service.pid}/task/{service.pid}/children").read_text().split()
        assert set(children) <= {int(each) for each in now}
        assert not said(service, "reader_ended")


@pytest.mark.postgres
def test_a_reader_elsewhere_renews_too(postgres_server: Postgres, tmp_path: Path) -> None:
    store = {"url": new_database(postgres_server.url("postgres"))}
    writes, only_reads = tmp_path / "writer", tmp_path / "reader"
    writes.mkdir()
    only_reads.mkdir()
    turning = Turning(tmp_path, {"store": store, "public_url": "http://shok.test"})
    role = merged(turning.overrides, {"service": {"role": "reader"}})
    with (
        running_service(writes, overrides=turning.overrides),
        running_service(only_reads, overrides=role) as reader,
    ):
        turning.write(turning.reads, f"{NEW}-reads")
        assert renew(reader)["changed"] == ["consumers dienst: 1, before 1"]
        assert (reads(reader, f"{OLD}-reads"), reads(reader, f"{NEW}-reads")) == (401, 200)


# --------------------------------------------------------------------------------- sources


async def test_a_station_stays_connected_unless_its_password_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "stations"
    Turning.write(file, OLD)
    source: Tree = {
        "name": "kasten", "type": "ocpp16", "tenant": TENANT,
        "stations": {"CP-1": "VBS-001", "CP-2": "VBS-002"}, "password_file": str(file),
    }  # fmt: skip
    with running_service(tmp_path, overrides={"sources": [source]}) as service:
        async with connected(service, "CP-1", OLD) as one:
            Turning.write(file, OLD, NEW)
            await asyncio.to_thread(renew, service)
            async with connected(service, "CP-2", NEW) as two:
                assert (await ask(one, "1", "Heartbeat", {}))[0] == 3
                Turning.write(file, NEW)
                await asyncio.to_thread(renew, service)
                with pytest.raises(ConnectionClosed) as closed:
                    await one.recv()
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 1008
                assert (await ask(two, "1", "Heartbeat", {}))[0] == 3
        async with connected(service, "CP-1", NEW) as again:
            assert (await ask(again, "1", "Heartbeat", {}))[0] == 3


def test_a_source_shows_its_new_token_from_the_next_request_on(tmp_path: Path) -> None:
    polled, followed = tmp_path / "polled", tmp_path / "followed"
    with running_rest() as elsewhere:
        elsewhere.answer = lambda _: Told(b"[]", headers={"Content-Type": "application/json"})
        sources: Sequence[Tree] = [
            {
                "name": "bevraging", "type": "poll", "tenant": TENANT, "every_seconds": 1,
                "url": f"{elsewhere.url}/polled",
                "auth": {"type": "bearer", "secret_file": str(polled)},
            },
            {
                "name": "buurstad", "type": "ldes", "tenant": TENANT, "every_seconds": 1,
                "url": f"{elsewhere.url}/followed", "prefix": "BUUR-", "token_file": str(followed),
            },
        ]  # fmt: skip

        def shown(path: str, token: str) -> bool:
            return any(
                asked.path == path and asked.headers.get("Authorization") == f"Bearer {token}"
                for asked in elsewhere.asked
            )

        for file in (polled, followed):
            Turning.write(file, OLD)
        with running_service(tmp_path, overrides={"sources": sources}) as service:
            elsewhere.wait_until(lambda: shown("/polled", OLD) and shown("/followed", OLD))
            for file in (polled, followed):
                Turning.write(file, NEW, OLD)
            assert renew(service)["changed"] == [
                "sources bevraging: 2, before 1", "sources buurstad: 2, before 1",
            ]  # fmt: skip
            elsewhere.wait_until(lambda: shown("/polled", NEW) and shown("/followed", NEW))


def _broker(authority: Authority) -> str:
    server = authority.sign("broker")
    return (
        f"cafile {authority.certificate}\ncertfile {server.certificate}\nkeyfile {server.key}\n"
        "require_certificate true\nuse_identity_as_username true\n"
    )


@pytest.mark.mqtt
def test_a_session_stays_and_the_next_one_shows_the_new_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    first, second = authority.sign("first"), authority.sign("second")
    certificate, key = tmp_path / "own.pem", tmp_path / "own.key"
    certificate.write_bytes(first.certificate.read_bytes())
    key.write_bytes(first.key.read_bytes())
    with running_mosquitto(tmp_path, extra=_broker(authority)) as broker:
        source: Tree = {
            "name": "broker", "type": "mqtt", "tenant": TENANT, "topics": ["shok/#"],
            "client_id": "shok", "port": broker.port, "tls": True,
            "tls_ca_file": str(authority.certificate), "tls_certificate_file": str(certificate),
            "tls_key_file": str(key),
        }  # fmt: skip
        with running_service(tmp_path, overrides={"sources": [source]}) as service:
            broker.wait_for_subscriber("shok")
            certificate.write_text("nothing")
            renew(service)
            (line,) = said(service, "not_renewed")
            assert f"tls_certificate_file {certificate}" in line["reason"]
            certificate.write_bytes(second.certificate.read_bytes())
            key.write_bytes(second.key.read_bytes())
            assert renew(service)["changed"] == [
                "sources broker: tls_certificate_file", "sources broker: tls_key_file",
            ]  # fmt: skip
            assert broker.log().count("New client connected") == 1
            _come_back(broker)
            until(lambda: broker.log().count("as shok") == 2, broker.log)
            # What cannot be used any more leaves the last one in its place.
            certificate.write_text("nothing")
            _come_back(broker)
            until(lambda: broker.log().count("as shok") == 3, broker.log)
    users = re.findall(r"New client connected .* as shok .*u'(\w+)'", broker.log())
    assert users == ["first", "second", "second"]


def _come_back(broker: Mosquitto) -> None:
    broker.stop()
    broker.start()
