"""Damage that no page shows: rows that are gone, rows too many, sums that are wrong."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from ldes_shok.log.checksum import checksum
from ldes_shok.log.damage import Damage
from ldes_shok.log.pack import encode_pack, pack_checksum
from ldes_shok.log.sqlite.audit import SqliteAudit
from ldes_shok.log.sqlite.packs import SqlitePackRow
from ldes_shok.log.walk_step import Step
from ldes_shok.mapping.state import CabinetState
from tests.support.small_log import SmallLog, small_log

decode_state = msgspec.json.Decoder(CabinetState).decode


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> SmallLog:
    return small_log(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def copy(sound: SmallLog, tmp_path: Path) -> Path:
    return Path(shutil.copy(sound.path, tmp_path / "copy.db"))


def change(path: Path, statement: str, *values: object) -> None:
    """Change the log behind everybody's back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        cursor = connection.execute(statement, values)
        assert cursor.rowcount != 0, "the damage did no damage"


def audit(sound: SmallLog, path: Path) -> SqliteAudit:
    return SqliteAudit(path, sound.settings.public_url, decode_state, None)


def damages(items: object) -> list[Damage]:
    return [item for item in items if isinstance(item, Damage)]  # type: ignore[attr-defined]


def test_nothing_is_wrong_with_a_sound_log(sound: SmallLog) -> None:
    checked = audit(sound, sound.path)
    assert damages(checked.usable()) == []
    steps = [item for item in checked.tables() if isinstance(item, Step)]
    assert damages(checked.tables()) == []
    assert {s.what for s in steps} == {
        "events", "rejections", "states", "memories", "raw bytes", "packs", "nodes",
    }  # fmt: skip
    assert all(0 < step.done <= step.whole for step in steps)


def test_nothing_is_wrong_with_a_log_that_was_not_closed(sound: SmallLog, tmp_path: Path) -> None:
    killed = Path(shutil.copy(sound.killed, tmp_path / "killed.db"))
    shutil.copy(f"{sound.killed}-wal", f"{killed}-wal")
    checked = audit(sound, killed)
    assert damages([*checked.usable(), *checked.tables()]) == []


@pytest.mark.parametrize(
    ("statement", "place", "sentence"),
    [
        ("DROP INDEX node_open", "copy.db", "node_open is not defined as in this release"),
        ("CREATE TABLE more (x)", "copy.db", "more is not defined as in this release"),
        (
            "UPDATE sqlite_schema SET sql = replace(sql, 'begins', 'bogins')",
            "copy.db",
            "event is not defined as in this release",
        ),
        ("UPDATE meta SET value = value || '/'", "meta public_url", "this release and its setti"),
        ("INSERT INTO meta VALUES ('x', 'y')", "meta x", "is 'y'"),
    ],
)
def test_a_log_of_another_kind_is_not_usable(
    sound: SmallLog, copy: Path, statement: str, place: str, sentence: str
) -> None:
    change(copy, statement)
    found = damages(audit(sound, copy).usable())
    assert any(f.place.endswith(place) and sentence in f.sentence for f in found), found


def test_what_is_no_database_is_one_finding(sound: SmallLog, tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("not a database " * 1000)
    (found,) = damages(audit(sound, path).usable())
    assert found.sentence == "SQLite cannot read it: file is not a database"


def test_a_page_of_the_file_that_is_gone_is_found(sound: SmallLog, copy: Path) -> None:
    content = copy.read_bytes()
    copy.write_bytes(content[:-8192])
    assert damages(audit(sound, copy).usable())


@pytest.mark.parametrize(
    ("statement", "place", "sentence"),
    [
        ("DELETE FROM event WHERE id = 3", "event 3", "it is missing"),
        ("DELETE FROM event WHERE id IN (3, 4)", "event 3 to 4", "they are missing"),
        ("UPDATE event SET id = 900 WHERE id = 3", "event 900", "its checksum does not fit"),
        ("DELETE FROM origin", "event 1 to ", "who sent them is"),
        ("DELETE FROM quarantine", "tally of http:", "quarantined events are counted, 0 are"),
        (
            "INSERT INTO quarantine SELECT 900, '', '', '', '', '', '', 0",
            "quarantine of event 900",
            "it is not of this event",
        ),
        (
            "UPDATE quarantine SET cabinet = 'other'",
            "quarantine of event",
            "it is not of this event",
        ),
        (
            "UPDATE quarantine SET tenant = 'other'",
            "quarantine of event",
            "it is not of this event",
        ),
        ("DELETE FROM rejection WHERE id = 1", "rejection 1", "it is missing"),
        ("DELETE FROM rejection WHERE id = 3", "tally of http:", "3 rejected events are counted"),
        ("UPDATE rejection SET reason = 'x'", "rejection 1", "its checksum does not fit"),
        ("UPDATE state SET value = x'7b'", "state of voorbeeldstad", "its checksum does not fit"),
        ("UPDATE memory SET value = x'00'", "memory of http:", "its checksum does not fit"),
        ("UPDATE raw SET received_ms = id", "raw 1", "its checksum does not fit"),
        ("DELETE FROM version", "versions of ", "is missing in the index"),
        (
            "INSERT INTO version VALUES ('kast/x', 1, 2)",
            "index version",
            "from the members follow",
        ),
        ("INSERT INTO iri VALUES ('kast/x', 2)", "index iri", "from the members follow"),
        ("DELETE FROM template WHERE id = 1", "template 1", "is missing"),
        ("UPDATE template SET body = x'00'", "template 1", "the log is damaged"),
        ("DELETE FROM pack", "members 1 to ", "they are missing"),
        (
            "UPDATE pack SET id = id | (9 << 48) WHERE id < (2 << 48)",
            "pack 2533274790395904",
            "it is of no stream",
        ),
        ("UPDATE pack SET body = x'00'", "members 1 to ", "their checksum does not fit"),
        ("DELETE FROM page WHERE form = 'turtle'", "node 1:", "it has not the pages"),
        ("UPDATE page SET form = 'other' WHERE form = 'jsonld'", "node 1:", "has not the pages"),
        ("DELETE FROM sealed_head WHERE form = 'turtle'", "node 1:", "it has not the heads"),
        ("UPDATE page SET path = path || 'x'", "p1x", "it has a page and is no node"),
        ("UPDATE sealed_head SET path = path || 'x'", "p1x", "it has a head and is no node"),
        ("UPDATE node SET archived = 0 WHERE archived = 1", "node 1:", "it has not the pages"),
        ("UPDATE node SET archived = NULL WHERE archived = 0", "node 1:", "marked as what it is"),
        ("UPDATE node SET split = 2 WHERE path = '2026'", "node 1:2026", "marked as what it is"),
        (
            "UPDATE node SET stream_id = 9 WHERE stream_id = 1 AND path = '2026'",
            "node 9:2026",
            "node of no stream",
        ),
        ("UPDATE node SET parent = '2027' WHERE path = '2026'", "node 1:2026", "above it is miss"),
        ("UPDATE node SET parent = NULL WHERE path = '2026'", "node 1:2026", "above it is miss"),
        ("UPDATE stream SET ties = ties + 1", "copy.db", "the log is damaged: stream"),
    ],
)
def test_each_kind_of_damage_is_found(
    sound: SmallLog, copy: Path, statement: str, place: str, sentence: str
) -> None:
    change(copy, statement)
    found = damages(audit(sound, copy).tables())
    assert any(place in f.place and sentence in f.sentence for f in found), found


def test_a_sum_that_is_wrong_is_found_though_its_row_is_sound(sound: SmallLog, copy: Path) -> None:
    """P8: received = published + duplicate + quarantined + rejected + pending."""
    source = "http:voorbeeldstad:push"
    kept = checksum(source, "published", 900)
    change(copy, "UPDATE tally SET events = 900, checksum = ? WHERE outcome = 'published'", kept)
    (found,) = damages(audit(sound, copy).tables())
    assert (found.place, found.in_sums) == (f"tally of {source}", True)
    assert found.sentence.startswith("900 published events are counted")


def test_a_member_of_no_event_is_found_though_its_row_is_sound(sound: SmallLog, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        pack = SqlitePackRow._make(connection.execute("SELECT * FROM pack").fetchone())
    members = [msgspec.structs.replace(member, event_id=900) for member in pack.decode()]
    body = encode_pack(members)
    kept = pack_checksum(pack.id, pack.members, body)
    change(copy, "UPDATE pack SET body = ?, checksum = ? WHERE id = ?", body, kept, pack.id)
    (found,) = damages(audit(sound, copy).tables())
    assert found.place == f"member {members[0].iri}"
    assert found.sentence.startswith("it is of event 900, which is not stored; so are ")


def test_a_state_that_is_none_is_found_though_its_row_is_sound(sound: SmallLog, copy: Path) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        tenant, cabinet = connection.execute("SELECT tenant, cabinet FROM state").fetchone()
    kept = checksum(tenant, cabinet, b"{")
    change(copy, "UPDATE state SET value = x'7b', checksum = ?", kept)
    (found,) = damages(audit(sound, copy).tables())
    assert found.sentence.startswith("it cannot be read: DecodeError")


def damage_text(table: str, column: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        change(path, f"UPDATE {table} SET {column} = CAST(x'ff' AS TEXT) WHERE rowid = 1")  # noqa: S608

    return damage


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (damage_text("event", "cabinet"), "event 1"),
        (damage_text("rejection", "reason"), "rejection 1"),
    ],
)
def test_a_text_that_is_none_is_one_finding(
    sound: SmallLog, copy: Path, damage: Callable[[Path], None], place: str
) -> None:
    damage(copy)
    assert [f.place for f in damages(audit(sound, copy).tables())] == [place]


def test_members_that_stand_in_two_packs_are_found(sound: SmallLog, copy: Path) -> None:
    """Each pack is sound by itself; the second one begins before the first one ends."""
    with closing(sqlite3.connect(copy)) as connection:
        rows = connection.execute("SELECT * FROM pack ORDER BY id").fetchall()
    pack = next(p for p in map(SqlitePackRow._make, rows) if p.members > 1)
    again = list(pack.decode())[1:]
    body = encode_pack(again)
    kept = pack_checksum(pack.id + 1, len(again), body)
    change(
        copy,
        "INSERT INTO pack (id, members, body, checksum) VALUES (?, ?, ?, ?)",
        pack.id + 1, len(again), body, kept,
    )  # fmt: skip
    found = damages(audit(sound, copy).tables())
    assert any("stand in the pack before it too" in f.sentence for f in found), found


@pytest.mark.parametrize("event_id", [0, -1, "newest + 1"])
def test_a_member_of_an_event_that_was_never_stored_is_found(
    sound: SmallLog, copy: Path, event_id: int | str
) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        pack = SqlitePackRow._make(connection.execute("SELECT * FROM pack").fetchone())
        newest = connection.execute("SELECT max(id) FROM event").fetchone()[0]
    number = event_id if isinstance(event_id, int) else newest + 1
    members = [msgspec.structs.replace(member, event_id=number) for member in pack.decode()]
    body = encode_pack(members)
    kept = pack_checksum(pack.id, pack.members, body)
    change(copy, "UPDATE pack SET body = ?, checksum = ? WHERE id = ?", body, kept, pack.id)
    (found,) = damages(audit(sound, copy).tables())
    assert found.sentence.startswith(f"it is of event {number}, which is not stored")


@pytest.mark.parametrize(
    ("events", "outcome"), [(0, "published"), (0, "rejected"), (900, "rejected")]
)
def test_a_sum_is_wrong_in_both_directions(
    sound: SmallLog, copy: Path, events: int, outcome: str
) -> None:
    """P8: received = published + duplicate + quarantined + rejected + pending."""
    source = "http:voorbeeldstad:push"
    kept = checksum(source, outcome, events)
    change(
        copy,
        "UPDATE tally SET events = ?, checksum = ? WHERE source = ? AND outcome = ?",
        events, kept, source, outcome,
    )  # fmt: skip
    found = damages(audit(sound, copy).tables())
    assert [f.place for f in found if f.in_sums] == [f"tally of {source}"]


def test_a_tally_that_changed_by_itself_is_found(sound: SmallLog, copy: Path) -> None:
    change(copy, "UPDATE tally SET checksum = checksum + 1")
    found = damages(audit(sound, copy).tables())
    assert any(f.place.startswith("tally of http:voorbeeldstad:push published") for f in found)


def test_the_members_that_are_missing_are_named_from_the_first_to_the_last(
    sound: SmallLog, copy: Path
) -> None:
    with closing(sqlite3.connect(copy)) as connection:
        rows = connection.execute("SELECT * FROM pack ORDER BY id").fetchall()
    packs = [SqlitePackRow._make(row) for row in rows]
    before, gone, _ = next(
        three
        for three in zip(packs, packs[1:], packs[2:], strict=False)
        if len({pack.id >> 48 for pack in three}) == 1
    )
    first_id = min(pack.id for pack in packs if pack.id >> 48 == gone.id >> 48)
    change(copy, "DELETE FROM pack WHERE id = ?", gone.id)
    places = [f.place for f in damages(audit(sound, copy).tables())]
    start, end = before.end_id - first_id + 1, gone.end_id - first_id
    assert any(place.endswith(f": members {start} to {end}") for place in places), places
