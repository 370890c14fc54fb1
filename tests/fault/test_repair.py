"""`fsck --repair`: what follows from the rest of the log is as it was; nothing else is touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from ldes_shok.bootstrap.core import build_core
from ldes_shok.clock import ManualClock
from ldes_shok.commands.fsck import check_store, repair_store
from ldes_shok.errors import LogDamaged, LogLocked
from ldes_shok.fsck import Finding
from ldes_shok.fsck.finding import Remark
from ldes_shok.fsck.states import is_same_state
from ldes_shok.sections.secret import Secret
from ldes_shok.settings.model import Settings
from tests.support.city import START
from tests.support.command import run_command
from tests.support.postgres import Postgres, new_database
from tests.support.service import SECRETS
from tests.support.small_log import SmallLog, fill, small_log

pytestmark = [pytest.mark.fault, pytest.mark.postgres]

SECRET = Secret(SECRETS["TEST_IDENTITY_SECRET"])
STATES = "SELECT tenant, cabinet, value FROM state ORDER BY cabinet"
FOLLOWS = (
    "SELECT source, outcome, events FROM tally ORDER BY 1, 2",
    "SELECT iri, member_id FROM iri ORDER BY 1",
    "SELECT * FROM node ORDER BY 1, 2",
)
NEVER = (
    "SELECT * FROM pack ORDER BY 1, 2, 3",
    "SELECT source, subject, value FROM memory ORDER BY 1, 2",
    "SELECT * FROM quarantine ORDER BY event_id",
)


class Log:
    """A filled log in some store, closed, and a way to damage it.

    Attributes:
        settings: of the service.
    """

    def __init__(self, settings: Settings, run: Callable[[str], list[Any]]) -> None:
        self.settings = settings
        self.run = run

    def findings(self) -> list[str]:
        return [str(i) for i in check_store(self.settings, ()) if isinstance(i, Finding)]

    def repaired(self) -> list[str]:
        return [str(item) for item in repair_store(self.settings) if isinstance(item, Remark)]

    def start(self) -> None:
        build_core(self.settings, SECRET, ManualClock(START)).close()


@pytest.fixture(params=["sqlite", "postgres"])
def log(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Log]:
    """A small log, in each store."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    small: SmallLog = small_log(tmp_path)
    if request.param == "sqlite":

        def run(statement: str) -> list[Any]:
            with closing(sqlite3.connect(small.path, isolation_level=None)) as connection:
                return connection.execute(statement).fetchall()

        yield Log(small.settings, run)
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    url = new_database(server.url("postgres"))
    store = msgspec.structs.replace(small.settings.store, url=url)
    settings = msgspec.structs.replace(small.settings, store=store)
    fill(settings).close()

    def run_there(statement: str) -> list[Any]:
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    yield Log(settings, run_there)


@pytest.mark.parametrize(
    "damage",
    [
        ["DELETE FROM state"],
        ["UPDATE state SET cabinet = 'other'"],
        ["DELETE FROM tally WHERE outcome = 'published'"],
        ["UPDATE tally SET events = events + 5 WHERE outcome <> 'duplicate'"],
        ["DELETE FROM iri WHERE member_id % 3 = 0"],
        ["UPDATE iri SET member_id = member_id + 1 WHERE member_id % 3 = 0"],
        ["DELETE FROM node"],
        ["UPDATE node SET members = members + 1, last_ms = 7"],
        ["DELETE FROM state", "DELETE FROM tally WHERE outcome = 'rejected'", "DELETE FROM iri"],
        ["DELETE FROM log_sum"],
    ],
)
def test_what_follows_from_the_rest_is_made_anew(log: Log, damage: list[str]) -> None:
    """P12: states, counts, indexes and nodes follow from the log."""
    states, follows = log.run(STATES), [log.run(query) for query in FOLLOWS]
    never = [log.run(query) for query in NEVER]
    for statement in damage:
        log.run(statement)
    assert log.findings() != []
    assert log.repaired() != []
    assert log.findings() == []
    again = log.run(STATES)
    assert [row[:2] for row in again] == [row[:2] for row in states]
    for (*_, one), (*_, other) in zip(states, again, strict=True):
        assert is_same_state(bytes(one), bytes(other))
    assert [log.run(query) for query in FOLLOWS] == follows
    assert [log.run(query) for query in NEVER] == never
    assert log.repaired() == []
    log.start()
    assert log.findings() == []


def test_what_follows_from_nothing_is_named_and_stays_damaged(log: Log) -> None:
    log.run("DELETE FROM quarantine")
    log.run("DELETE FROM state")
    found, never = log.findings(), [log.run(query) for query in NEVER]
    said = log.repaired()
    assert any("table state: not looked at: it follows from quarantine" in line for line in said)
    assert any("table quarantine: it follows from nothing else: restore" in line for line in said)
    assert [line for line in log.findings() if "table" in line] == [
        line for line in found if "table" in line
    ]
    assert [log.run(query) for query in NEVER] == never


def test_memories_that_are_gone_are_said_and_taken_as_they_are(log: Log) -> None:
    log.run("DELETE FROM memory")
    (said,) = log.repaired()
    assert "what decoders remember does not follow from the log" in said
    assert log.findings() == []


def test_a_log_that_is_written_is_not_repaired(log: Log) -> None:
    core = build_core(log.settings, SECRET, ManualClock(START))
    with closing(core), pytest.raises(LogLocked):
        log.repaired()


def test_a_start_on_a_log_without_its_sums_says_what_to_do(log: Log) -> None:
    log.run("DELETE FROM log_sum")
    with pytest.raises(LogDamaged, match="fsck --repair"):
        log.start()


def test_the_command_says_what_it_did_and_checks_then(tmp_path: Path) -> None:
    small = small_log(tmp_path)
    with closing(sqlite3.connect(small.path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM state")
    assert run_command(small, "fsck").exit_code == 1
    done = run_command(small, "fsck", "--repair")
    assert (done.exit_code, done.output) == (0, "0 findings\n")
    assert "fsck: table state: 1 rows made anew from events" in done.errors
