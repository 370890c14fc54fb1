"""Raw bytes of a running service: encrypted in its log, run again by the command, on record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ldes_shok.cabinet.incoming import Raw
from tests.support.command import run_command
from tests.support.events import configuration
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
METER = "VBS-001-MTR-HEAD"


def _settings(folder: Path) -> Tree:
    files = {"token": METER_TOKEN, "key": "5e" * 32}
    for name, text in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    sources: list[Tree] = [
        {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"},
        {
            "name": "hoofdmeter",
            "type": "http",
            "tenant": TENANT,
            "token_file": str(folder / "token"),
            "decode": {"as": "p1", "cabinet": "VBS-001"},
        },
    ]
    return {
        "sources": sources,
        "privacy": {"raw": {"key_file": str(folder / "key")}},
        "access": {"audit_file": str(folder / "audit.log")},
    }


def _run(service: ServiceProcess, *arguments: str) -> str:
    done = run_command(service, "raw", *arguments)
    assert done.exit_code == 0, done.errors
    return done.output


def test_a_telegram_is_closed_on_the_disk_and_says_the_same_when_it_is_run_again(
    tmp_path: Path,
) -> None:
    body = telegram(METER, datetime(2026, 5, 12, 14, 15))  # noqa: DTZ001  local
    headers = {"Authorization": f"Bearer {METER_TOKEN}", "Content-Type": "text/plain"}
    raw = Raw.of(body, {"content_type": "text/plain"})
    with running_service(tmp_path, overrides=_settings(tmp_path)) as service:
        assert push(service.url, [configuration("VBS-001", NOON)])[0] == 200
        status, _, _ = request(f"{service.url}/ingest", method="POST", headers=headers, body=body)
        assert status == 200
        # Beside the running service.
        listed = _run(service, "list", "--source", "hoofdmeter")
        digest = listed.split()[-1]
        assert digest != raw.digest.hex()
        assert "1-0:1.8.1" in _run(service, "show", digest)
        service.stop()
        for file in tmp_path.glob("ldes-shok.db*"):
            if file.is_file():
                assert b"1-0:1.8.1" not in file.read_bytes()
        said = _run(service, "rerun")
        assert said.startswith("1 messages: published 0, duplicate 1, quarantined 0, refused 0")
    events = [json.loads(line) for line in (tmp_path / "audit.log").read_text().splitlines()]
    assert [event["event"] for event in events] == ["raw_list", "raw_show", "raw_rerun"]
