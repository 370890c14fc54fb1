"""A log of the version before the keys of periods: opened once, nothing unkeyed is left of it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from ldes_shok.bootstrap.housekeeping import build_forgetting
from ldes_shok.bootstrap.privacy import build_vault
from ldes_shok.cabinet.incoming import Raw
from ldes_shok.clock import ManualClock, SystemClock
from ldes_shok.commands.fsck import check_file
from ldes_shok.commands.raw_archive import open_raw_archive
from ldes_shok.fsck.finding import Finding
from ldes_shok.ldes.form import Form
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.log.checksum import checksum
from ldes_shok.log.records import Rejection
from ldes_shok.pipeline.rekeying import UnderKeys
from ldes_shok.pipeline.rerun import RerunSummary
from ldes_shok.sources.dialects.mapped.overlay import recalled
from ldes_shok.sources.dialects.p1.memory import P1Memory
from ldes_shok.sources.dialects.p1.memory import recalled as recalled_p1
from tests.support.events import configuration, event, instant
from tests.support.forgetting import kept_in, live_until
from tests.support.guesser import (
    Loot,
    Message,
    by_the_message,
    files_below,
    invented_cards,
)
from tests.support.local_service import LocalService, local_service
from tests.support.older import made_older
from tests.support.service import SECRETS, STREAMS, TENANT, Tree, request

pytestmark = pytest.mark.integration

NOON: Final = SystemClock().now().replace(microsecond=0) - timedelta(hours=3)
CARDS: Final = invented_cards(10, 3)
GUESSES: Final = 20_000
TOKENS: Final = {name: f"a-token-for-{name}-of-a-test" for name in ("spiegel", "lezer", "meter")}
DEVICE: Final = "shellypro3em-0a1b2c"
SOURCE: Final = f"http:{TENANT}:spiegel"


def _settings(folder: Path) -> Tree:
    for name, text in TOKENS.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    decodes: Mapping[str, Tree] = {
        "spiegel": {"as": "ocpp16", "stations": {"CP-1": "VBS-001"}},
        "lezer": {"as": "mapping", "preset": "shelly", "aliases": {DEVICE: {"cabinet": "VBS-001"}}},
        "meter": {"as": "p1", "cabinet": "VBS-001"},
    }
    kind = {"type": "http", "tenant": TENANT}
    push: Tree = {"name": "push", **kind, "token_env": "TEST_PUSH_TOKEN"}
    pushed: list[Tree] = [
        {"name": name, **kind, "token_file": str(folder / name), "decode": decode}
        for name, decode in decodes.items()
    ]
    return {"sources": [push, *pushed]}


def _post(service: LocalService, source: str, body: bytes, content_type: str) -> Mapping[str, Any]:
    headers = {"Authorization": f"Bearer {TOKENS[source]}", "Content-Type": content_type}
    url = f"{service.url}/ingest"
    status, _, answer = request(url, method="POST", headers=headers, body=body)
    assert status == 200, answer
    said: Mapping[str, Any] = json.loads(answer)
    return said


def _mirror(service: LocalService) -> Mapping[str, Any]:
    lines = []
    for number, card in enumerate(CARDS):
        at = instant(NOON + timedelta(minutes=number))
        said = {"connectorId": 1, "idTag": card.decode(), "meterStart": number, "timestamp": at}
        frame = [2, f"{number}", "StartTransaction", said]
        lines.append({"station": "CP-1", "direction": "up", "at": at, "frame": frame})
    body = "\n".join(map(json.dumps, lines)).encode()
    return _post(service, "spiegel", body, "application/x-ndjson")


def _full_state() -> bytes:
    params = {"ts": NOON.timestamp(), "em:0": {"id": 0, "a_voltage": 230}}
    return json.dumps({"src": DEVICE, "method": "NotifyFullStatus", "params": params}).encode()


def _members(service: LocalService) -> list[Sequence[bytes]]:
    reader = service.core.reader
    return [
        reader.blocks(name, FIRST_POSITION, reader.stream(name).members, form)
        for name in STREAMS
        for form in Form
    ]


def _put_memory(log: Path, subject_like: str, value: bytes) -> None:
    """What that version remembered, in the place of what this one does."""
    with closing(sqlite3.connect(log)) as connection, connection:
        query = "SELECT source, subject FROM memory WHERE source || subject LIKE ?"
        ((source, subject),) = connection.execute(query, (subject_like,)).fetchall()
        connection.execute(
            "UPDATE memory SET value = ?, checksum = ? WHERE source = ? AND subject = ?",
            (value, checksum(source, subject, value), source, subject),
        )


@dataclass(frozen=True, slots=True)
class Older:
    """A log of the version before, and what was in it.

    Attributes:
        folder: where it is.
        port: of its public URL.
        log: the file.
        raws: what was received, by its digest.
        members: the texts of all members.
    """

    folder: Path
    port: int
    log: Path
    raws: Mapping[bytes, Raw]
    members: Sequence[Sequence[bytes]]

    def loot(self) -> Loot:
        """All that stands in its files; of an event nothing is compressed."""
        return Loot(files_below(self.folder))

    def guessed(self) -> set[bytes]:
        """The cards that are found without any key."""
        loot, found = self.loot(), set[bytes]()
        candidates = [*invented_cards(GUESSES, 4), *CARDS]
        messages = [
            message
            for raw in self.raws.values()
            for card in CARDS
            if (message := Message.around(card, raw.payload, raw.attributes)) is not None
        ]
        share = GUESSES // len(messages)
        for number, message in enumerate(messages):
            tried = (*candidates[number * share : (number + 1) * share], *CARDS)
            found |= by_the_message(loot, message, tried)
        return found | loot.readable(CARDS)


@pytest.fixture
def older(tmp_path: Path) -> Older:
    clock = ManualClock(NOON)
    with local_service(tmp_path, clock, _settings(tmp_path)) as service:
        service.push([configuration("VBS-001", NOON - timedelta(days=1))])
        assert _mirror(service)["published"] > 0
        _post(service, "lezer", _full_state(), "application/json")
        _post(service, "meter", b"/FLU5 half a telegram", "text/plain")
        rejected = event("status", "VBS-001", NOON, {"occupancy": CARDS[0].decode()}, "1")
        waiting = event("status", "VBS-999", NOON, {"occupancy": "free"}, "1")
        outcomes = service.push([rejected, waiting])
        assert [outcome.kind.value for outcome in outcomes] == ["rejected", "quarantined"]
        log, settings = service.core.log_path, service.core.settings
        vault = build_vault(settings, {}, clock)
        sources = [f"http:{TENANT}:{name}" for name in TOKENS]
        rows = [row for source in sources for _, row in service.core.reader.raws(source, 100)]
        raws = [vault.unseal(row.digest, row.body) for row in rows]
        found = Older(tmp_path, service.port, log, {r.digest: r for r in raws}, _members(service))
    made_older(log, vault)
    quoting = [[0, "0123456789abcdef012345", True, {"em:0": {"id": 0, "card": CARDS[1].decode()}}]]
    _put_memory(log, "%device:%", json.dumps(quoting).encode())
    fields: list[object] = list(msgspec.structs.astuple(P1Memory(breaker=("1", 900))))
    fields[5] = (b"/FLU5 %s" % CARDS[2], b"", b"a digest of it..")
    _put_memory(log, f"http:{TENANT}:meter%", msgspec.msgpack.encode(fields))
    return found


def _findings(service: LocalService, older: Older) -> list[str]:
    items = check_file(service.core.settings, older.log, None)
    return [str(item) for item in items if isinstance(item, Finding)]


def _open(older: Older) -> LocalService:
    return LocalService(older.folder, ManualClock(NOON), _settings(older.folder), older.port)


def test_what_an_older_version_kept_confirms_no_guess_any_more(older: Older) -> None:
    """P11, and P2 over an upgrade: what is published stays, what comes again is recognised."""
    assert older.guessed() == set(CARDS), "what is tried below would be found"
    with closing(_open(older)) as service:
        # While it runs, and before anything else is written.
        assert older.guessed() == set()
        assert _members(service) == older.members
        vault, reader = service.core.vault, service.core.reader
        kept = [vault.unseal(row.digest, row.body) for _, row in reader.raws(SOURCE, 100)]
        assert {raw.digest: raw for raw in kept}.items() <= older.raws.items()
        assert len(kept) == len(CARDS)
        (rejection,) = reader.rejections(10)
        assert CARDS[0] in vault.unseal_refused(rejection.payload).payload
        again = _mirror(service)
        assert (again["duplicate"], again["members"]) == (again["received"], 0)
        # The memories hold what they held, but for that.
        memory = recalled_p1(reader.memory(f"http:{TENANT}:meter", "VBS-001") or b"")
        assert memory == P1Memory(breaker=("1", 900))
        (history,) = reader.memories(f"http:{TENANT}:lezer", "device:")
        assert [said.full for said in recalled(history.value)] == [True]
        assert not _findings(service, older)
    assert older.guessed() == set()


def test_what_an_older_version_kept_is_run_again(
    older: Older, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with closing(_open(older)) as service:
        settings = service.core.settings
    with open_raw_archive(settings) as archive:
        assert archive.rerun("spiegel", None) == RerunSummary(messages=10, duplicate=30)


def test_after_a_destruction_nothing_of_it_can_be_read(older: Older) -> None:
    with closing(_open(older)) as service:
        keys = Path(service.core.settings.privacy.pseudonyms.keys_directory)
        assert kept_in(keys)
        forget = build_forgetting(service.core, service.ingest, service.clock)
        asyncio.run(live_until(NOON + timedelta(days=62), forget, service.clock))
        assert not kept_in(keys)
    assert older.guessed() == set()


def test_what_was_cut_off_is_begun_again(older: Older, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: UnderKeys, __: Rejection) -> Rejection:
        raise RuntimeError("cut off")

    with monkeypatch.context() as patched:
        patched.setattr(UnderKeys, "rejection", fail)
        with pytest.raises(RuntimeError, match="cut off"):
            _open(older)
    with closing(_open(older)) as service:
        assert older.guessed() == set()
        assert _members(service) == older.members


def test_what_was_damaged_stays_damaged(older: Older) -> None:
    """A new checksum over it would hide that from fsck."""
    with closing(sqlite3.connect(older.log)) as connection, connection:
        connection.execute("UPDATE event SET cabinet = 'VBS-002' WHERE id = 3")
        connection.execute("UPDATE raw SET source = source || 'x' WHERE id = 2")
    with closing(_open(older)) as service:
        said = _findings(service, older)
    assert any("event 3" in each for each in said), said
    assert any("raw 2" in each for each in said), said
