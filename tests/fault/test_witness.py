"""A log that lost its end, or is another one, is not taken for what it was."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ldes_shok.bootstrap.core import build_core
from ldes_shok.clock import ManualClock
from ldes_shok.commands.fsck import check_store
from ldes_shok.errors import LogDamaged, LogMismatch, LogUnavailable
from ldes_shok.fsck import Finding
from ldes_shok.log.sqlite.high_water import read_witness, witness_of
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from ldes_shok.sections.secret import Secret
from ldes_shok.settings.model import Settings
from tests.contract.examples import BASE, a_member, publish
from tests.support.city import START
from tests.support.command import run_command
from tests.support.logs import identity_of
from tests.support.service import SECRETS
from tests.support.small_log import SmallLog, small_log

pytestmark = pytest.mark.fault

SECRET = Secret(SECRETS["TEST_IDENTITY_SECRET"])


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallLog:
    """A log that was killed: its newest commits are in its -wal; the witness has seen them."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    small = small_log(tmp_path)
    shutil.copy(small.killed, small.path)
    shutil.copy(f"{small.killed}-wal", f"{small.path}-wal")
    return small


def start(settings: Settings) -> None:
    build_core(settings, SECRET, ManualClock(START)).close()


def findings(settings: Settings) -> list[str]:
    return [str(item) for item in check_store(settings, ()) if isinstance(item, Finding)]


def wal_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def test_a_killed_log_goes_on(log: SmallLog) -> None:
    """P1: what was acknowledged is there after a kill."""
    assert findings(log.settings) == []
    seen = read_witness(log.path)
    start(log.settings)
    assert seen is not None
    assert read_witness(log.path) == seen
    assert findings(log.settings) == []


def test_a_lost_write_ahead_log_is_refused_and_found(log: SmallLog) -> None:
    """P1: not an empty log, in silence."""
    wal_of(log.path).unlink()
    with pytest.raises(LogMismatch, match=r"-wal was lost; put it back as it was.* delete .*witne"):
        start(log.settings)
    done = run_command(log, "fsck")
    assert done.exit_code == 1
    wal_of(log.path).unlink(missing_ok=True)
    shutil.copy(f"{log.killed}-wal", f"{log.path}-wal")
    start(log.settings)
    assert findings(log.settings) == []


def test_an_older_copy_is_refused_and_found(log: SmallLog, tmp_path: Path) -> None:
    start(log.settings)
    shutil.copy(log.path, tmp_path / "older.db")
    core = build_core(log.settings, SECRET, ManualClock(START))
    core.writer.probe()
    core.close()
    shutil.copy(tmp_path / "older.db", log.path)
    with pytest.raises(LogMismatch, match="it is an older copy"):
        start(log.settings)
    (found,) = findings(log.settings)
    assert "it is an older copy" in found
    done = run_command(log, "quarantine", "retry")
    assert done.exit_code != 0
    assert "it is an older copy" in done.errors
    witness_of(log.path).unlink()  # the way out that the sentence names
    start(log.settings)
    assert findings(log.settings) == []


def test_a_log_that_went_on_elsewhere_is_refused(log: SmallLog, tmp_path: Path) -> None:
    """Two copies went on, each by itself: the witness of one knows that this is the other."""
    start(log.settings)
    shutil.copy(log.path, tmp_path / "other.db")
    core = build_core(log.settings, SECRET, ManualClock(START))
    core.writer.probe()
    core.close()
    other = build_core(log.settings, SECRET, ManualClock(START), tmp_path / "other.db")
    other.writer.forget_raws(START.replace(year=2030))
    other.close()
    shutil.copy(tmp_path / "other.db", log.path)
    with pytest.raises(LogMismatch, match="commits it held something else"):
        start(log.settings)


def test_another_log_in_its_place_is_refused(log: SmallLog, tmp_path: Path) -> None:
    start(log.settings)
    (tmp_path / "second").mkdir()
    second = small_log(tmp_path / "second")
    shutil.copy(second.path, log.path)
    with pytest.raises(LogMismatch, match="another log than the one that was written here"):
        start(log.settings)


def test_a_log_that_is_gone_is_not_begun_anew(log: SmallLog) -> None:
    log.path.unlink()
    wal_of(log.path).unlink()
    for _ in range(2):
        with pytest.raises(LogMismatch, match="there is no log here any more"):
            start(log.settings)
        assert not log.path.exists()


def test_a_log_that_was_cut_short_is_refused(log: SmallLog) -> None:
    start(log.settings)
    os.truncate(log.path, log.path.stat().st_size - 8192)
    with pytest.raises(LogUnavailable):
        start(log.settings)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM event WHERE id = (SELECT max(id) FROM event)",
        "DELETE FROM pack WHERE id = (SELECT max(id) FROM pack)",
        "DELETE FROM rejection WHERE id = (SELECT max(id) FROM rejection)",
        "DELETE FROM template WHERE id = (SELECT max(id) FROM template)",
        "DELETE FROM stream WHERE id = 1",
        "UPDATE meta SET value = 'kasten' WHERE name = 'log_id'",
        "DELETE FROM meta WHERE name = 'secret_fingerprint'",
        "DELETE FROM log_sum",
        "UPDATE log_sum SET commits = commits + 1",
    ],
)
def test_rows_that_are_missing_at_the_end_are_found_at_the_start(
    log: SmallLog, statement: str
) -> None:
    with closing(sqlite3.connect(log.path, isolation_level=None)) as connection:
        connection.execute(statement)
    with pytest.raises((LogDamaged, LogMismatch)):
        start(log.settings)


def test_a_log_that_was_moved_without_its_witness_goes_on_and_says_so(
    log: SmallLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start(log.settings)
    (tmp_path / "moved").mkdir()
    moved = Path(shutil.move(log.path, tmp_path / "moved" / "log.db"))
    build_core(log.settings, SECRET, ManualClock(START), moved).close()
    assert read_witness(moved) == read_witness(log.path)
    assert "witness_missing" in capsys.readouterr().out


def test_a_witness_that_lags_or_is_torn_is_no_reason_to_stop(tmp_path: Path) -> None:
    """It is not synced: a power cut may take its last writes, or half of one."""
    path = tmp_path / "log.db"
    writer = SqliteLogWriter(path, identity_of(BASE))
    writer.commit(publish(a_member(0)))
    before = witness_of(path).read_bytes()
    writer.commit(publish(a_member(1)))
    now = read_witness(path)
    writer.close()
    assert now is not None
    witness_of(path).write_bytes(before)
    SqliteLogWriter(path, identity_of(BASE)).close()
    assert read_witness(path) == now
    content = bytearray(witness_of(path).read_bytes())
    place = now.commits % 2 * 512
    content[place : place + 8] = bytes(8)
    witness_of(path).write_bytes(content)
    seen = read_witness(path)
    assert seen is not None
    assert seen.commits == now.commits - 1
    SqliteLogWriter(path, identity_of(BASE)).close()
    for torn in (b"", bytes(1024), b"nonsense\n" * 100):
        witness_of(path).write_bytes(torn)
        assert read_witness(path) is None
        SqliteLogWriter(path, identity_of(BASE)).close()
        assert read_witness(path) == now


def test_a_witness_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    writer = SqliteLogWriter(path, identity_of(BASE))
    witness = writer._witness
    assert witness is not None
    witness.close()
    writer.commit(publish(a_member(0)))
    writer.commit(publish(a_member(1)))
    assert writer.stream("kasten").members == 2
    writer.close()
    SqliteLogWriter(path, identity_of(BASE)).close()


def test_a_restored_log_has_a_witness_of_its_own(log: SmallLog, tmp_path: Path) -> None:
    """The backup is older than the log that it replaces, and is taken all the same."""
    start(log.settings)
    assert run_command(log, "backup", str(tmp_path / "copy")).exit_code == 0
    core = build_core(log.settings, SECRET, ManualClock(START))
    core.writer.probe()
    core.close()
    newer = read_witness(log.path)
    done = run_command(log, "restore", str(tmp_path / "copy"), "--force", "--verify")
    assert done.exit_code == 0, done.output + done.errors
    seen = read_witness(log.path)
    assert newer is not None
    assert seen is not None
    assert seen.commits < newer.commits
    assert read_witness(log.path.with_name(f"{log.path.name}.replaced")) == newer
    start(log.settings)
    assert findings(log.settings) == []
