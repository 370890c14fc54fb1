"""Once it is old, nothing tells whose card it was: not the log, not the disk, not a guess."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from ldes_shok.bootstrap.housekeeping import forgetting
from ldes_shok.bootstrap.privacy import pseudonymisers
from ldes_shok.clock import ManualClock
from tests.support.events import configuration
from tests.support.local_service import LocalService, local_service
from tests.support.service import TENANT, Tree, request

pytestmark = pytest.mark.integration

SESSION: Final = Path(__file__).parents[1] / "fixtures" / "ocpp16" / "session.json"
CARD: Final = "04A2B3C4D5E680"
STARTED: Final = datetime(2026, 5, 12, 5, 31, tzinfo=UTC)
NOON: Final = datetime(2026, 5, 12, 12, tzinfo=UTC)
TOKEN: Final = "a-token-for-mirrored-frames"


def _settings(folder: Path) -> Tree:
    token = folder / "token"
    token.write_text(TOKEN)
    token.chmod(0o600)
    return {
        "sources": [
            {"name": "push", "type": "http", "tenant": TENANT, "token_env": "TEST_PUSH_TOKEN"},
            {
                "name": "spiegel",
                "type": "http",
                "tenant": TENANT,
                "token_file": str(token),
                "decode": {"as": "ocpp16", "stations": {"CP-1": "VBS-001"}},
            },
        ]
    }


def _mirror(service: LocalService) -> None:
    frames = [
        {"station": "CP-1", **{name: said[name] for name in ("at", "direction", "frame")}}
        for said in json.loads(SESSION.read_text(encoding="utf-8"))
    ]
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/x-ndjson"}
    body = "\n".join(map(json.dumps, frames)).encode()
    status, _, answer = request(f"{service.url}/ingest", method="POST", headers=headers, body=body)
    assert status == 200, answer


def _users(service: LocalService) -> set[str]:
    """Who is named in the events that are kept."""
    events = service.core.reader.events(0, 1_000)
    return {user for e in events for user in re.findall(r'"user":"(p1:\w+)"', e.payload.decode())}


async def _forget(service: LocalService, clock: ManualClock) -> None:
    await forgetting(service.core.settings, service.ingest, clock)()


def test_a_card_is_unknown_when_its_key_is_destroyed(tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    with local_service(tmp_path, clock, _settings(tmp_path)) as service:

        def guess() -> str:
            """Who has the card, and all that the service has, works out its pseudonym."""
            return pseudonymisers(service.core.settings, clock)(TENANT)(CARD, STARTED, STARTED)

        def is_on_disk(text: str) -> bool:
            files = (f for f in tmp_path.rglob("*") if f.is_file())
            return any(text.encode() in f.read_bytes() for f in files)

        service.push([configuration("VBS-001", datetime(2026, 5, 1, tzinfo=UTC))])
        _mirror(service)
        (user,) = _users(service)
        assert guess() == user
        assert not is_on_disk(CARD)

        clock.set(NOON + timedelta(days=62))
        asyncio.run(_forget(service, clock))
        assert not is_on_disk(CARD)
        assert _users(service) == {user}
        assert guess() != user
        assert guess() != guess()
