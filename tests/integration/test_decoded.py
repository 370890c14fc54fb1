"""Messages that are no canonical events: decoded, published, and kept as they came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from ldes_shok.log.sqlite.reader import SqliteLogReader
from tests.support.events import configuration
from tests.support.graphs import logged_members
from tests.support.keys import vault_beside
from tests.support.service import (
    TENANT,
    ServiceProcess,
    Tree,
    push,
    request,
    running_service,
)
from tests.support.telegram import telegram

pytestmark = pytest.mark.integration

NOON = datetime(2026, 5, 12, 12, tzinfo=UTC)
METER_TOKEN = "a-token-for-the-head-meter"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    folder = tmp_path_factory.mktemp("decoded")
    token = folder / "token"
    token.write_text(METER_TOKEN)
    token.chmod(0o600)
    sources: list[Tree] = [
        {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"},
        {
            "name": "hoofdmeter",
            "type": "http",
            "tenant": TENANT,
            "token_file": str(token),
            "decode": {"as": "p1", "cabinet": "VBS-001"},
        },
    ]
    with running_service(folder, overrides={"sources": sources}) as running:
        assert push(running.url, [configuration("VBS-001", NOON)])[0] == 200
        yield running


def _send(service: ServiceProcess, body: bytes) -> dict[str, object]:
    headers = {"Authorization": f"Bearer {METER_TOKEN}", "Content-Type": "text/plain"}
    status, _, answer = request(f"{service.url}/ingest", method="POST", headers=headers, body=body)
    assert status == 200, answer
    return msgspec.json.decode(answer, type=dict[str, object])


def test_a_telegram_is_members_and_is_kept_as_it_came(service: ServiceProcess) -> None:
    body = telegram("VBS-001-MTR-HEAD", datetime(2026, 5, 12, 14, 15))  # noqa: DTZ001  local
    answer = _send(service, body)
    assert (answer["received"], answer["published"], answer["members"]) == (1, 1, 6)
    again = _send(service, body)
    assert (again["received"], again["duplicate"], again["members"]) == (1, 1, 0)
    logged = logged_members(service.log_path, service.url, "verbruik-individueel")
    assert any("15.792" in str(member) for member in logged.values())
    reader = SqliteLogReader(service.log_path, service.url)
    ((_, raw),) = reader.raws(f"http:{TENANT}:hoofdmeter", 10)
    reader.close()
    assert vault_beside(service.log_path).unseal(raw.digest, raw.body).payload == body


def test_a_damaged_telegram_is_rejected_with_a_sentence(service: ServiceProcess) -> None:
    body = telegram("VBS-001-MTR-HEAD", datetime(2026, 5, 12, 14, 30))  # noqa: DTZ001  local
    answer = _send(service, body.replace(b"02.351", b"02.451"))
    assert (answer["received"], answer["rejected"], answer["members"]) == (1, 1, 0)
    assert "crc_mismatch: the telegram's checksum is" in str(answer["results"])


def test_a_body_without_a_telegram_is_rejected(service: ServiceProcess) -> None:
    answer = _send(service, b"hello")
    assert answer["rejected"] == 1
    assert "no_telegram" in str(answer["results"])
