"""`ldes-shok fsck` as a command: beside a service under load, from outside, on damage."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import psycopg
import pytest

from ldes_shok.bootstrap.fsck import check_store
from ldes_shok.errors import LogError
from ldes_shok.fsck import Finding, Invariant
from ldes_shok.fsck.finding import Remark
from ldes_shok.log.step import Step
from tests.support.command import run_command
from tests.support.load import HttpLoad
from tests.support.postgres import Postgres, new_database
from tests.support.service import STREAMS, ServiceProcess, Tree, running_service
from tests.support.small_log import fill, small_log

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

SEED = 20260103
SMALL_PAGES: Tree = {
    "fragmentation": {"leaf_members": 25, "bucket_leaves": 4},
    "streams": {"techniek": {"access": "token", "token_env": ["TEST_STREAM_TOKEN"]}},
}
ENOUGH_REQUESTS = 40


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServiceProcess, HttpLoad]]:
    """A service that is sent events without end; one stream needs a token."""
    with running_service(tmp_path_factory.mktemp("service"), overrides=SMALL_PAGES) as service:
        load = HttpLoad(service.url, SEED)
        load.start()
        wait_for(load, ENOUGH_REQUESTS)
        yield service, load
        load.finish()


def wait_for(load: HttpLoad, requests: int) -> None:
    goal = load.progress() + requests
    while load.progress() < goal:
        load.wait()


def test_beside_a_service_under_load_nothing_is_found(
    loaded: tuple[ServiceProcess, HttpLoad],
) -> None:
    """P3, P4, P5, P8 and P12, checked in the log while it is written."""
    service, load = loaded
    before = load.progress()
    done = run_command(service, "fsck", "--json")
    assert load.progress() > before, "nothing was written meanwhile"
    assert done.exit_code == 0, done.output + done.errors
    checked = json.loads(done.output)["checked"]
    for stream in STREAMS:
        assert checked[f"{stream}: members"] > 0
        assert checked[f"{stream}: pages"] == checked[f"{stream}: members"]
    assert checked["events"] > 0


def test_from_outside_a_service_under_load_keeps_its_promises(
    loaded: tuple[ServiceProcess, HttpLoad],
) -> None:
    """P3, P4, P5, P6 and P9, seen without the log and while the stream grows."""
    service, load = loaded
    before = load.progress()
    command = ("fsck", "--url", f"{service.url}/", "--forms-every", "40")
    without = run_command(service, *command)
    assert load.progress() > before, "nothing was published meanwhile"
    assert without.exit_code == 0, without.output + without.errors
    assert f"{service.url}/techniek: it needs a token" in without.errors

    one = run_command(service, "fsck", "--url", f"{service.url}/techniek")
    assert (one.exit_code, one.output) == (2, "")
    assert "--token-env" in one.errors

    with_token = run_command(service, *command, "--token-env", "TEST_STREAM_TOKEN")
    assert with_token.exit_code == 0, with_token.output + with_token.errors
    assert "it needs a token" not in with_token.errors
    assert f"{service.url}/techniek/by-time: members" in with_token.errors


@pytest.mark.postgres
def test_a_log_in_postgresql_is_checked_too(postgres_server: Postgres, tmp_path: Path) -> None:
    """P12: every page can be rebuilt byte for byte from the log, whatever the store."""
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
