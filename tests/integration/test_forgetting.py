"""Once it is old, nothing tells whose card it was: not the log, not the disk, not a guess."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from ldes_shok.bootstrap.decoders import build_decoders
from ldes_shok.bootstrap.housekeeping import build_forgetting
from ldes_shok.bootstrap.privacy import build_secrecy, pseudonymisers
from ldes_shok.clock import ManualClock
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.sources.decoder import Message
from ldes_shok.sources.decoding import Decoding
from tests.support.events import configuration, event, instant
from tests.support.forgetting import live_until
from tests.support.local_service import LocalService, local_service
from tests.support.service import SECRETS, TENANT, Tree, request

pytestmark = pytest.mark.integration

SESSION: Final = Path(__file__).parents[1] / "fixtures" / "ocpp16" / "session.json"
CARD: Final = "04A2B3C4D5E680"
STARTED: Final = datetime(2026, 5, 12, 5, 31, tzinfo=UTC)
NOON: Final = datetime(2026, 5, 12, 12, tzinfo=UTC)
_SENT: Final = ("at", "direction", "frame")
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


def _mirror(service: LocalService) -> Mapping[str, Any]:
    frames = [
        {"station": "CP-1", **{name: said[name] for name in _SENT}}
        for said in json.loads(SESSION.read_text(encoding="utf-8"))
    ]
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/x-ndjson"}
    body = "\n".join(map(json.dumps, frames)).encode()
    status, _, answer = request(f"{service.url}/ingest", method="POST", headers=headers, body=body)
    assert status == 200, answer
    said: Mapping[str, Any] = json.loads(answer)
    return said


def _say_again(service: LocalService) -> Counter[str]:
    """The frames once more, to a service that remembers nothing of the station."""
    settings, at = service.core.settings, service.clock.now()
    secrecy = build_secrecy(settings, SECRETS, service.clock)
    decoders = {
        origin.name: (origin, decoder) for origin, decoder in build_decoders(settings, secrecy)
    }
    origin, decoder = decoders["spiegel"]
    decoding = Decoding(decoder, origin, lambda _source, _subject: None)
    frames = json.loads(SESSION.read_text(encoding="utf-8"))
    messages = [
        Message(
            json.dumps({"station": "CP-1", **{n: said[n] for n in _SENT}}).encode(),
            at,
            {"content_type": "application/x-ndjson"},
        )
        for said in frames
    ]
    events = [each for each in decoding.read(messages).deliveries if each.payload]
    return Counter(outcome.kind.value for outcome in service.submit(events))


def _users(service: LocalService) -> set[str]:
    """Who is named in the events that are kept."""
    events = service.core.reader.events(0, 1_000)
    return {user for e in events for user in re.findall(r'"user":"(p1:\w+)"', e.payload.decode())}


async def _live_until(until: datetime, service: LocalService, clock: ManualClock) -> None:
    await live_until(until, build_forgetting(service.core, service.ingest, clock), clock)


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

        asyncio.run(_live_until(NOON + timedelta(days=62), service, clock))
        assert not is_on_disk(CARD)
        assert _users(service) == {user}
        assert guess() != user
        assert guess() != guess()


def test_what_comes_again_after_its_key_was_destroyed(tmp_path: Path) -> None:
    """P2 holds within a key period. After it, only what names a person is told once more.

    What has no person in it, and what came with a pseudonym of the sender, is a duplicate for ever.
    A session whose card has another pseudonym now is the next version of the same thing, once; and
    while its station is remembered, not even that.
    """
    clock = ManualClock(NOON)
    with local_service(tmp_path, clock, _settings(tmp_path)) as service:
        user = {"user": "p1:" + "a" * 26}
        start = {"sessionId": "s-1", "event": "started", "startedAt": instant(STARTED), **user}
        canonical = event("session", "VBS-001", STARTED, start, "2")
        service.push([configuration("VBS-001", datetime(2026, 5, 1, tzinfo=UTC)), canonical])
        first = _mirror(service)
        assert (first["published"], first["duplicate"]) == (8, 2)
        clock.set(NOON + timedelta(days=10))
        assert _say_again(service) == {"duplicate": 10}
        members = service.core.reader.stream("techniek").members
        entities = _activations(service)

        asyncio.run(_live_until(NOON + timedelta(days=62), service, clock))
        assert [o.kind.value for o in service.push([canonical])] == ["duplicate"]
        assert _mirror(service)["duplicate"] == 10
        assert _say_again(service) == {"published": 2, "duplicate": 8}
        assert _say_again(service) == {"duplicate": 10}
        assert len(_users(service)) == 2, "the card, before and after"
        assert _activations(service).keys() == entities.keys()
        assert service.core.reader.stream("techniek").members > members


def _activations(service: LocalService) -> Mapping[str, int]:
    """Activations and deactivations, and how many versions each has."""
    reader = service.core.reader
    rows = reader.rows("techniek", FIRST_POSITION, reader.stream("techniek").members)
    return Counter(row.entity for row in rows if "/activering/" in row.entity)
