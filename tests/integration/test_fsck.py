"""`ldes-shok fsck` as a command: beside a service under load, from outside, on damage."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
import pytest

from ldes_shok.commands.fsck import check_store
from ldes_shok.errors import LogError
from ldes_shok.fsck import Finding, Invariant
from ldes_shok.fsck.finding import Remark
from ldes_shok.log.walk_step import Step
from tests.support.command import Done, run_command
from tests.support.events import reservation
from tests.support.load import life_of
from tests.support.postgres import Postgres, new_database
from tests.support.service import SECRETS, ServiceProcess, Tree, push, running_service
from tests.support.small_log import fill, small_log

pytestmark = pytest.mark.integration

SMALL_PAGES: Tree = {
    "fragmentation": {"leaf_members": 25, "bucket_leaves": 4},
    "streams": {"techniek": {"access": "token", "token_env": ["TEST_STREAM_TOKEN"]}},
}
EVENTS_AT_ONCE = 20
BEFORE = 15
MOST_BESIDE = 40


class Sender:
    """Pushes one cabinet's events, some at a time."""

    def __init__(self, service: ServiceProcess) -> None:
        self.service = service
        self._events = life_of("VBS-001")

    def send(self) -> None:
        """Push some more; returns when they are acknowledged."""
        events = list(itertools.islice(self._events, EVENTS_AT_ONCE))
        assert push(self.service.url, events)[0] == 200

    def run_beside(self, *arguments: str) -> Done:
        """A command, while more is published: a bounded number, so that a crawl has an end."""
        sent = 0
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(run_command, self.service, *arguments)
            while not running.done() and sent < MOST_BESIDE:
                self.send()
                sent += 1
        assert sent > 1, "nothing was published meanwhile"
        return running.result()


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    """A service with something in it; one of its streams needs a token."""
    with running_service(tmp_path_factory.mktemp("service"), overrides=SMALL_PAGES) as service:
        filled = Sender(service)
        for _ in range(BEFORE):
            filled.send()
        booked = reservation("VBS-001", datetime(2026, 5, 12, 12, tzinfo=UTC), "R-1")
        assert push(service.url, [booked])[0] == 200
        yield filled


def test_beside_a_service_that_writes_nothing_is_found(sender: Sender) -> None:
    """P3, P4, P5, P8 and P12, checked in the log while it is written."""
    done = sender.run_beside("fsck", "--json")
    assert done.exit_code == 0, done.output + done.errors
    checked = json.loads(done.output)["checked"]
    for stream in ("kasten", "techniek", "verbruik-individueel"):  # the others are empty here
        assert checked[f"{stream}: members"] > 0
        assert checked[f"{stream}: pages"] == checked[f"{stream}: members"]
    assert checked["events"] >= BEFORE * EVENTS_AT_ONCE


def test_from_outside_a_service_that_writes_keeps_its_promises(sender: Sender) -> None:
    """P3, P4, P5, P6 and P9, seen without the log and while the stream grows."""
    url = sender.service.url
    command = ("fsck", "--url", f"{url}/", "--forms-every", "40")
    without = sender.run_beside(*command)
    assert without.exit_code == 0, without.output + without.errors
    assert f"{url}/techniek: it needs a token" in without.errors

    one = run_command(sender.service, "fsck", "--url", f"{url}/techniek")
    assert (one.exit_code, one.output) == (2, "")
    assert "--token-env" in one.errors

    with_token = run_command(sender.service, *command, "--token-env", "TEST_STREAM_TOKEN")
    assert with_token.exit_code == 0, with_token.output + with_token.errors
    assert "it needs a token" not in with_token.errors
    assert f"{url}/techniek/by-time: members" in with_token.errors


@pytest.mark.postgres
def test_a_log_in_postgresql_is_checked_too(
    postgres_server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P12: every page can be rebuilt byte for byte from the log, whatever the store."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    url = new_database(postgres_server.url("postgres"))
    log = small_log(tmp_path)
    store = msgspec.structs.replace(log.settings.store, url=url)
    settings = msgspec.structs.replace(log.settings, store=store)
    with pytest.raises(LogError):
        list(check_store(settings, ()))
    core = fill(settings)
    try:
        items = list(check_store(settings, ()))
        assert [item for item in items if isinstance(item, Finding)] == []
        assert [item.place for item in items if isinstance(item, Remark)] == ["PostgreSQL"]
        assert any(isinstance(item, Step) and item.done > 0 for item in items)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE node SET last_ms = last_ms + 1 WHERE sealed")
        found = [item for item in check_store(settings, ()) if isinstance(item, Finding)]
        assert found
        assert {finding.invariant for finding in found} == {Invariant.REBUILT}
    finally:
        core.close()


def test_what_was_planted_is_found(tmp_path: Path) -> None:
    """P12: a node that does not follow from the log is found, each on a line of its own."""
    log = small_log(tmp_path)
    assert run_command(log, "fsck").exit_code == 0
    with closing(sqlite3.connect(log.path, isolation_level=None)) as connection:
        connection.execute("UPDATE node SET upper_ms = upper_ms - 1 WHERE kind = 'leaf'")
    done = run_command(log, "fsck", "--stream", "techniek")
    assert (done.exit_code, "Traceback" in done.errors) == (1, False)
    *found, end = done.output.splitlines()
    assert end == f"{len(found)} findings"
    url = f"{log.settings.public_url}/techniek/by-time/2026"
    assert found
    assert all(line.startswith(f"P12: {url}") for line in found)

    log.path.write_bytes(log.path.read_bytes()[:20_000])
    cut = run_command(log, "fsck")
    assert (cut.exit_code, "Traceback" in cut.errors) == (1, False)
    assert cut.output.startswith(f"log: {log.path}: ")

    log.path.unlink()
    gone = run_command(log, "fsck")
    assert (gone.exit_code, gone.output) == (2, "")
    assert "there is no log here yet" in gone.errors
