"""OCPP stations, by other people's library: what is answered is safe, whoever dies in between."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ocpp.v16 import ChargePoint, call
from ocpp.v16.enums import RegistrationStatus
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ldes_shok.log.records import EventRecord
from ldes_shok.log.sqlite.events import EVENT_QUERY, event_of
from ldes_shok.log.sqlite.reader import SqliteLogReader
from tests.support.events import configuration, instant
from tests.support.keys import vault_beside
from tests.support.nginx import running_nginx
from tests.support.patience import HANG_SECONDS, eventually
from tests.support.service import (
    TENANT,
    ServiceProcess,
    Tree,
    push,
    request,
    running_service,
)

pytestmark = pytest.mark.integration

PASSWORD = "password-of-invented-stations"
SOURCE = f"ocpp16:{TENANT}:kasten"
CARD = "04A2B3C4D5E680"
OVERRIDES: Tree = {
    "sources": [
        {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"},
        {
            "name": "kasten",
            "type": "ocpp16",
            "tenant": TENANT,
            "stations": {"CP-1": "VBS-001", "CP-2": "VBS-002"},
            "meters": {"CP-1/1": "VBS-001-MTR-1"},
            "password_env": "TEST_STATIONS_PASSWORD",
            "heartbeat_seconds": 10,
            "reconnect_seconds": 0,
        },
    ]
}
ENVIRONMENT = {"TEST_STATIONS_PASSWORD": PASSWORD}
START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    yield from _running(tmp_path)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service of which no test changes anything."""
    yield from _running(tmp_path_factory.mktemp("untouched"))


def _running(directory: Path) -> Iterator[ServiceProcess]:
    with running_service(directory, overrides=OVERRIDES, environment=ENVIRONMENT) as running:
        before = START - timedelta(days=1)
        events = [configuration("VBS-001", before), configuration("VBS-002", before)]
        assert push(running.url, events)[0] == 200
        yield running


def after(minutes: int) -> str:
    return instant(START + timedelta(minutes=minutes))


def connected(
    service: ServiceProcess,
    station: str = "CP-1",
    password: str = PASSWORD,
    port: int | None = None,
    **more: Any,
) -> connect:
    """A station's connection; to `port` if it is not the service's own."""
    secret = base64.b64encode(f"{station}:{password}".encode()).decode()
    return connect(
        f"ws://127.0.0.1:{port or service.port}/ocpp16/kasten/{station}",
        **{
            "subprotocols": ["ocpp1.6"],
            "additional_headers": {"Authorization": f"Basic {secret}"},
            "proxy": None,
            "open_timeout": HANG_SECONDS,
            "close_timeout": HANG_SECONDS,
            "ping_timeout": HANG_SECONDS,
            **more,
        },
    )


@asynccontextmanager
async def charge_point(
    service: ServiceProcess, station: str = "CP-1"
) -> AsyncIterator[ChargePoint]:
    async with connected(service, station) as socket:
        point = ChargePoint(station, socket)
        listening = asyncio.create_task(point.start())
        try:
            yield point
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def ask(socket: ClientConnection, unique_id: str, action: str, payload: object) -> list[Any]:
    """Send a request as it is and wait for its answer."""
    await socket.send(json.dumps([2, unique_id, action, payload]))
    answer: list[Any] = json.loads(await socket.recv())
    return answer


def stored(service: ServiceProcess) -> list[EventRecord]:
    """Every event of the stations that the log holds."""
    with closing(sqlite3.connect(f"file:{service.log_path}?mode=ro", uri=True)) as log:
        rows = log.execute(EVENT_QUERY.format(join="LEFT", where="1") + " ORDER BY event.id")
        return [event for row in rows if (event := event_of(row)).source == SOURCE]


def said(service: ServiceProcess, kind: str) -> list[Mapping[str, Any]]:
    return [json.loads(event.payload) for event in stored(service) if event.kind == kind]


def start_payload() -> Mapping[str, Any]:
    return {"connectorId": 1, "idTag": CARD, "meterStart": 1000, "timestamp": after(10)}


def stop_payload(transaction: int) -> Mapping[str, Any]:
    return {
        "transactionId": transaction, "meterStop": 4500, "timestamp": after(60), "reason": "Local"
    }  # fmt: skip


def meter_values(transaction: int, minutes: int, watt_hours: int) -> call.MeterValues:
    sample = {"timestamp": after(minutes), "sampledValue": [{"value": str(watt_hours)}]}
    return call.MeterValues(connector_id=1, transaction_id=transaction, meter_value=[sample])


async def test_a_day_at_a_cabinet(service: ServiceProcess) -> None:
    async with charge_point(service) as station:
        boot = await station.call(
            call.BootNotification(charge_point_vendor="Verzonnen", charge_point_model="Kast")
        )
        assert boot.status == RegistrationStatus.accepted
        assert boot.interval == 10
        now = datetime.fromisoformat((await station.call(call.Heartbeat())).current_time)
        assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)
        await station.call(
            call.StatusNotification(1, "NoError", "Preparing", timestamp=after(9)), suppress=False
        )
        assert (await station.call(call.Authorize(CARD))).id_tag_info["status"] == "Accepted"
        started = await station.call(call.StartTransaction(1, CARD, 1000, after(10)))
        number = started.transaction_id
        assert number > 0
        await station.call(meter_values(number, 30, 2500), suppress=False)
        await station.call(call.StopTransaction(4500, after(60), number), suppress=False)
        await station.call(
            call.StatusNotification(
                1, "GroundFailure", "Faulted", timestamp=after(61), vendor_error_code="RCD"
            ),
            suppress=False,
        )
    sessions = said(service, "session")
    assert [event["data"]["event"] for event in sessions] == ["started", "ended"]
    assert sessions[1]["data"]["energy"] == {"value": "3500", "unit": "Wh"}
    assert {event["outlet"] for event in sessions} == {"1"}
    (measured,) = said(service, "measurement")
    assert measured["data"]["session"] == sessions[0]["data"]["sessionId"]
    assert [event["data"]["code"] for event in said(service, "fault")] == ["rcd_trip"]
    assert CARD not in "".join(event.payload.decode() for event in stored(service))
    kept_back = {event.kind for event in stored(service) if event.quarantine is not None}
    assert kept_back <= {"session", "fault"}


async def test_what_was_answered_survives_kills_and_nothing_comes_twice(
    service: ServiceProcess,
) -> None:
    """Promises P1 and P2 for a station that sends again what was not answered."""
    async with connected(service) as socket:
        answer = await ask(socket, "1", "StartTransaction", start_payload())
        number = answer[2]["transactionId"]
        service.kill()
    service.start()
    # The same start under another id, as a station sends it that lost the answer.
    async with connected(service) as socket:
        answer = await ask(socket, "77", "StartTransaction", start_payload())
        assert answer[2]["transactionId"] == number
        readings = {
            "connectorId": 1,
            "transactionId": number,
            "meterValue": [{"timestamp": after(30), "sampledValue": [{"value": "2500"}]}],
        }
        assert await ask(socket, "78", "MeterValues", readings) == [3, "78", {}]
        await socket.send(json.dumps([2, "79", "StopTransaction", stop_payload(number)]))
        service.kill()  # before the answer, or just after: the station cannot know
        await socket.wait_closed()
    service.start()
    async with connected(service) as socket:
        for unique_id in ("80", "81"):
            answer = await ask(socket, unique_id, "StopTransaction", stop_payload(number))
            assert answer[2]["idTagInfo"] == {"status": "Accepted"}
        again = {**start_payload(), "timestamp": after(90), "meterStart": 4500}
        answer = await ask(socket, "82", "StartTransaction", again)
        assert answer[2]["transactionId"] == number + 1
    kinds = Counter(event.kind for event in stored(service) if event.kind != "status")
    assert kinds == {"session": 3, "measurement": 1}
    events = [event["data"]["event"] for event in said(service, "session")]
    assert events == ["started", "ended", "started"]
    assert len({event.identity for event in stored(service)}) == len(stored(service))


async def test_a_station_that_leaves_is_offline_and_comes_back(service: ServiceProcess) -> None:
    async with connected(service) as socket:
        report = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        await ask(socket, "1", "StatusNotification", {**report, "timestamp": after(5)})
    await eventually(lambda: "offline" in _connectivity(service))
    assert said(service, "status")[-1]["data"]["occupancy"] == "unknown"
    async with connected(service) as socket:
        assert (await ask(socket, "2", "Heartbeat", {}))[0] == 3
    assert _connectivity(service) == ["online", "offline", "offline", "online", "online"]
    assert said(service, "status")[-1]["data"]["occupancy"] == "free"


async def test_a_bad_frame_is_answered_and_kept_and_disturbs_nothing(
    service: ServiceProcess,
) -> None:
    async with connected(service) as socket:
        await socket.send('[2,"1","MeterValues",{"connectorId":')
        assert json.loads(await socket.recv())[:3] == [4, "1", "FormationViolation"]
        await socket.send("not a frame")
        assert json.loads(await socket.recv())[:3] == [4, "-1", "FormationViolation"]
        assert (await ask(socket, "2", "ReserveNow", {}))[:3] == [4, "2", "NotImplemented"]
        nothing = {"connectorId": 1, "meterValue": [{"timestamp": after(1), "sampledValue": [
            {"value": "NaN"}]}]}  # fmt: skip
        assert await ask(socket, "3", "MeterValues", nothing) == [3, "3", {}]
        assert (await ask(socket, "4", "Heartbeat", {}))[0] == 3
    reader = SqliteLogReader(service.log_path, service.url)
    try:
        vault = vault_beside(service.log_path)
        refused = [vault.unseal_refused(rejection.payload) for rejection in reader.rejections(10)]
        reasons = [each.reason.split(":")[0] for each in refused]
        assert sorted(reasons) == ["no_reading", "not_json", "not_json"]
        raws = [record for _, record in reader.raws(SOURCE, 10)]
        bodies = [vault.unseal(record.digest, record.body).payload for record in raws]
    finally:
        reader.close()
    assert any(b"NaN" in body for body in bodies)
    assert len(bodies) == 5


@pytest.mark.parametrize(
    ("station", "password"), [("CP-9", PASSWORD), ("CP-1", "guessed"), ("CP-2", "")]
)
async def test_who_is_not_a_station_does_not_get_in(
    untouched: ServiceProcess, station: str, password: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connected(untouched, station, password):
            pass
    assert refused.value.response.status_code == 401


def test_nobody_can_ask_which_sources_and_stations_there_are(untouched: ServiceProcess) -> None:
    """Status, headers and body are the same for names that are there and for names that are not."""
    shown = {
        "nothing": None, "another scheme": "Bearer x", "no base64": "Basic ***",
        "guessed": f"Basic {base64.b64encode(b'CP-1:guessed').decode()}",
        "another's": f"Basic {base64.b64encode(f'CP-9:{PASSWORD}'.encode()).decode()}",
    }  # fmt: skip
    for how, authorization in shown.items():
        answers = set()
        for path in ("kasten/CP-1", "kasten/CP-9", "nergens/CP-1", "nergens/CP-9", "push/CP-1"):
            headers = {} if authorization is None else {"Authorization": authorization}
            status, said, body = request(f"{untouched.url}/ocpp16/{path}", headers=headers)
            kept = tuple(
                sorted((n, v) for n, v in said.items() if n not in {"date", "content-length"})
            )
            answers.add((status, kept, body.replace(path.encode(), b"")))
        assert len(answers) == 1, how
        assert next(iter(answers))[0] == 401


async def test_no_station_speaks_for_another(untouched: ServiceProcess) -> None:
    forged = {
        "station": "CP-2",
        "direction": "up",
        "frame": [2, "1", "StatusNotification", {"connectorId": 1, "status": "Faulted"}],
    }
    async with connected(untouched) as socket:
        await socket.send(json.dumps(forged))
        assert json.loads(await socket.recv())[2] == "FormationViolation"
    assert not [event for event in stored(untouched) if event.cabinet == "VBS-002"]


async def test_another_protocol_is_closed_and_plain_http_is_told_what_to_do(
    untouched: ServiceProcess,
) -> None:
    async with connected(untouched, subprotocols=["ocpp2.0.1"]) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    secret = base64.b64encode(f"CP-1:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}"}
    status, _, body = request(f"{untouched.url}/ocpp16/kasten/CP-1", headers=headers)
    assert status == 426
    assert b"ocpp1.6" in body


async def test_of_two_connections_the_newer_one_is_the_station(service: ServiceProcess) -> None:
    async with connected(service) as older, connected(service) as newer:
        assert (await ask(newer, "1", "Heartbeat", {}))[0] == 3
        with pytest.raises(ConnectionClosed):
            await older.recv()
    assert service.stop() == 0


@pytest.mark.nginx
async def test_a_station_comes_through_nginx(untouched: ServiceProcess, tmp_path: Path) -> None:
    changes = {
        "/var/cache/nginx/ldes-shok": str(tmp_path / "cache"),
        "server 127.0.0.1:8080 max_fails=1": f"server 127.0.0.1:{untouched.port} max_fails=1",
    }
    with running_nginx(tmp_path / "nginx", "ldes-shok.conf", changes) as front:
        async with connected(untouched, port=front.port) as socket:
            assert (await ask(socket, "1", "Heartbeat", {}))[0] == 3
        with pytest.raises(InvalidStatus):
            async with connected(untouched, password="guessed", port=front.port):
                pass


def _connectivity(untouched: ServiceProcess) -> list[str]:
    return [
        e["data"]["connectivity"] for e in said(untouched, "status") if "connectivity" in e["data"]
    ]
