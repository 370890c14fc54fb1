"""A copy of one moment of a log that is written, and the way back."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ldes_shok.errors import BackupUnusable, LogLocked, LogMismatch, LogUnavailable
from ldes_shok.log.backup import BackupOrder, back_up, existing_log, restored
from ldes_shok.log.manifest import (
    LOG_NAME,
    MANIFEST_NAME,
    SECRET_NAME,
    BackupManifest,
    agrees,
    encode_manifest,
    read_manifest,
)
from ldes_shok.log.records import Commit, StateRecord, StreamRecord
from ldes_shok.log.sqlite.high_water import read_witness, seen_in
from ldes_shok.log.sqlite.reader import SqliteLogReader
from ldes_shok.log.sqlite.writer import SqliteLogWriter
from ldes_shok.log.walk_step import Step
from tests.contract.examples import a_member, publish
from tests.support.logs import identity_of

BASE = "http://shok.test"
SECRET = b"identity-secret-of-a-test"
NOW = datetime(2026, 5, 12, 18, 0, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "var" / "log.db"


@pytest.fixture
def writer(log: Path) -> Iterator[SqliteLogWriter]:
    """The writer of a log that has 1,000 cabinets' states and one stream's record."""
    opened = SqliteLogWriter(log, identity_of(BASE))
    members = publish(a_member(0), a_member(1), a_member(2))
    stream = StreamRecord("kasten", 3, 17, 1)
    opened.commit(replace(members, streams=(stream,), states=states("old")))
    yield opened
    opened.close()


def states(value: str) -> tuple[StateRecord, ...]:
    padded = value.encode() * 200
    return tuple(StateRecord("city", f"VBS-{n}", padded) for n in range(2_000))


def order(log: Path, folder: Path, *, with_secret: bool = False) -> BackupOrder:
    return BackupOrder(log, folder, NOW, "0.1", SECRET, with_secret)


def nothing(_: Step) -> None: ...


def put_back(folder: Path, log: Path, url: str = BASE) -> None:
    with restored(folder, log, url, nothing):
        pass


def test_a_backup_of_a_log_in_use_is_one_moment_of_it(
    writer: SqliteLogWriter, log: Path, tmp_path: Path
) -> None:
    """What is committed while it is copied is in the next backup: no row of two moments."""
    seen: list[Step] = []

    def write_meanwhile(step: Step) -> None:
        seen.append(step)
        if step.what == "copy" and step.done < step.whole:
            writer.commit(Commit(streams=(StreamRecord("kasten", 9, 99, 1),), states=states("new")))

    folder = tmp_path / "copy"
    manifest = back_up(order(log, folder), write_meanwhile)

    copies = [step for step in seen if step.what == "copy"]
    assert len(copies) > 1, "the log fits in one step: nothing was written meanwhile"
    assert [step.done for step in copies] == sorted(step.done for step in copies)
    assert [(s.name, s.members, s.last_ms) for s in manifest.streams] == [("kasten", 3, 17)]
    copy = SqliteLogWriter(folder / LOG_NAME, identity_of(BASE))
    found = {copy.state("city", f"VBS-{n}") for n in range(2_000)}
    copy.close()
    assert found == {b"old" * 200}
    assert writer.state("city", "VBS-7") == b"new" * 200


@pytest.mark.usefixtures("writer")
def test_a_manifest_says_what_was_copied(log: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "copy"
    manifest = back_up(order(log, folder), nothing)
    assert manifest == read_manifest(folder)
    assert manifest.log_bytes == (folder / LOG_NAME).stat().st_size
    assert (manifest.public_url, manifest.created_at, manifest.events) == (BASE, NOW, 0)
    assert agrees(SECRET, manifest.identity_fingerprint)
    assert sorted(path.name for path in folder.iterdir()) == [LOG_NAME, MANIFEST_NAME]
    assert SECRET not in (folder / MANIFEST_NAME).read_bytes()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.usefixtures("writer")
def test_the_secret_is_copied_for_its_owner_only_when_asked(log: Path, tmp_path: Path) -> None:
    back_up(order(log, tmp_path / "copy", with_secret=True), nothing)
    secret = tmp_path / "copy" / SECRET_NAME
    assert secret.read_bytes() == SECRET + b"\n"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


@pytest.mark.usefixtures("writer")
def test_a_backup_takes_no_place_of_another(log: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    back_up(order(log, tmp_path / "empty"), nothing)
    with pytest.raises(BackupUnusable, match="is there already"):
        back_up(order(log, tmp_path / "empty"), nothing)
    (tmp_path / "file").touch()
    for taken in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(BackupUnusable):
            back_up(order(log, taken), nothing)


@pytest.mark.usefixtures("writer")
def test_a_backup_that_fails_leaves_nothing(log: Path, tmp_path: Path) -> None:
    def fail(_: Step) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(order(log, tmp_path / "copies" / "copy"), fail)
    assert list((tmp_path / "copies").iterdir()) == []


def test_what_is_no_log_cannot_be_copied(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database " * 1000)
    for path in (tmp_path / "text", tmp_path / "none"):
        with pytest.raises(LogUnavailable, match="cannot be copied"):
            back_up(order(path, tmp_path / "copy"), nothing)
    assert not (tmp_path / "copy").exists()


@pytest.fixture
def folder(writer: SqliteLogWriter, log: Path, tmp_path: Path) -> Path:
    """A backup of what the writer goes on writing."""
    assert writer.stream("kasten").members == 3
    back_up(order(log, tmp_path / "copy"), nothing)
    return tmp_path / "copy"


def test_a_restored_log_goes_on(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "new" / "log.db"
    put_back(folder, elsewhere)
    again = SqliteLogWriter(elsewhere, identity_of(BASE))
    assert again.stream("kasten").members == 3
    again.commit(Commit(streams=(StreamRecord("kasten", 4, 18, 1),)))
    again.close()
    assert sorted(p.name for p in elsewhere.parent.iterdir()) == [
        "log.db", "log.db.lock", "log.db.witness",
    ]  # fmt: skip


def test_the_copy_is_looked_at_before_it_becomes_the_log(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "new" / "log.db"

    def look() -> None:
        with restored(folder, elsewhere, BASE, nothing) as copy:
            reader = SqliteLogReader(copy, BASE)
            assert reader.stream("kasten").members == 3
            reader.close()
            assert not elsewhere.exists()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        look()
    assert [p.name for p in elsewhere.parent.iterdir()] == ["log.db.lock"]


def test_the_log_that_was_there_is_kept_whole(
    folder: Path, writer: SqliteLogWriter, log: Path
) -> None:
    """Its newest commits are in the file that ends in -wal: that is kept with it."""
    writer.commit(Commit(streams=(StreamRecord("kasten", 5, 19, 1),)))
    wal = log.with_name("log.db-wal").read_bytes()
    database = log.read_bytes()
    writer.close()
    log.with_name("log.db-wal").write_bytes(wal)
    log.write_bytes(database)

    put_back(folder, log)
    put_back(folder, log)

    for name, members in (("log.db", 3), ("log.db.replaced", 5), ("log.db.replaced-2", 3)):
        reader = SqliteLogReader(log.with_name(name), BASE)
        assert (name, reader.stream("kasten").members) == (name, members)
        reader.close()


def test_a_stray_wal_is_not_played_back_into_what_was_restored(
    folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "new" / "log.db"
    elsewhere.parent.mkdir()
    elsewhere.with_name("log.db-wal").write_bytes(b"stray")
    assert existing_log(elsewhere)
    put_back(folder, elsewhere)
    assert elsewhere.with_name("log.db.replaced-wal").read_bytes() == b"stray"
    assert not elsewhere.with_name("log.db-wal").exists()


def test_beside_a_writer_nothing_is_restored(folder: Path, log: Path) -> None:
    before = log.read_bytes()
    with pytest.raises(LogLocked):
        put_back(folder, log)
    assert log.read_bytes() == before


@pytest.mark.parametrize("position", [0, 0.2, 0.5, 0.999])
def test_a_flipped_bit_is_not_restored(folder: Path, tmp_path: Path, position: float) -> None:
    content = bytearray((folder / LOG_NAME).read_bytes())
    content[int(len(content) * position)] ^= 1
    (folder / LOG_NAME).write_bytes(content)
    with pytest.raises(BackupUnusable, match="is damaged"):
        put_back(folder, tmp_path / "new" / "log.db")
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["log.db.lock"]


def test_an_incomplete_backup_is_not_restored(folder: Path, tmp_path: Path) -> None:
    (folder / LOG_NAME).unlink()
    with pytest.raises(BackupUnusable, match="No such file"):
        put_back(folder, tmp_path / "new" / "log.db")


def test_a_backup_of_another_service_is_not_restored(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(LogMismatch, match=r"is of http://shok\.test, not of http://other\.test"):
        put_back(folder, tmp_path / "log.db", "http://other.test")


def test_a_backup_of_a_newer_release_is_not_restored(folder: Path, tmp_path: Path) -> None:
    def newer(manifest: BackupManifest) -> BackupManifest:
        return msgspec.structs.replace(manifest, schema_version="999", service_version="9.9")

    manifest = newer(read_manifest(folder))
    (folder / MANIFEST_NAME).write_bytes(encode_manifest(manifest))
    with pytest.raises(LogMismatch, match=r"schema 999.*release 9\.9"):
        put_back(folder, tmp_path / "log.db")


def test_a_folder_that_cannot_be_written_is_said(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LogUnavailable):
        put_back(folder, tmp_path / "file" / "log.db")


def test_a_restored_log_has_a_witness_of_how_far_it_is(folder: Path, tmp_path: Path) -> None:
    """Without one nothing tells at the next start whether the log lost its end."""
    target = tmp_path / "other" / "log.db"
    put_back(folder, target)
    seen = read_witness(target)
    assert seen is not None
    with closing(sqlite3.connect(target)) as connection:
        assert seen == seen_in(connection)
