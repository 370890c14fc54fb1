"""What PostgreSQL adds to the contract of a log: elections, months, migrations, notices."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from ldes_shok.clock import to_milliseconds
from ldes_shok.errors import (
    LogDamaged,
    LogLocked,
    LogMismatch,
    LogUnavailable,
    MonthNotOver,
    WriterReplaced,
)
from ldes_shok.ldes.member import FIRST_POSITION, Form, Member, Stamp, Summary
from ldes_shok.ldes.node import ROOT, Node, NodeKind
from ldes_shok.log.damage import Damage
from ldes_shok.log.postgres.audit import PostgresAudit
from ldes_shok.log.postgres.migrations import SchemaStep, steps
from ldes_shok.log.postgres.reader import PostgresLogReader
from ldes_shok.log.postgres.writer import PostgresLogWriter
from ldes_shok.log.pulse import Pulse
from ldes_shok.log.records import (
    ArchivedPage,
    Commit,
    LeafArchive,
    MemberRecord,
    NodeRecord,
    SealedHead,
    StreamRecord,
)
from ldes_shok.log.table_sums import RowDigests
from tests.support.city import START
from tests.support.logs import SECRET, identity_of
from tests.support.patience import HANG_SECONDS, until
from tests.support.postgres import Postgres, new_database
from tests.support.templates import verbatim

pytestmark = [pytest.mark.integration, pytest.mark.postgres]

BASE = "http://shok.test"
MONTHS = ("2026/05", "2026/06", "2026/07")
SUMS_STEP = 3
"""The step that closes what was published by an earlier rule."""


@pytest.fixture
def database(postgres_server: Postgres) -> str:
    return new_database(postgres_server.url("postgres"))


@pytest.fixture
def writer(database: str) -> Iterator[PostgresLogWriter]:
    opened = PostgresLogWriter(database, identity_of(BASE))
    yield opened
    opened.close()


@pytest.fixture
def reader(database: str, writer: PostgresLogWriter) -> Iterator[PostgresLogReader]:
    assert writer.next_event_id == 1
    opened = PostgresLogReader(database, BASE)
    yield opened
    opened.close()


def run(database: str, statement: str) -> list[tuple[object, ...]]:
    """What an administrator does."""
    with psycopg.connect(database, autocommit=True) as connection:
        done = connection.execute(statement)  # type: ignore[call-overload, unused-ignore]
        return done.fetchall() if done.description else []


def member(number: int, month: int = 5) -> MemberRecord:
    name, ms = f"m{number}", to_milliseconds(START.replace(month=month)) + number
    entity = f"{BASE}/id/kast/t/VBS-{month:03d}"
    summary = Summary("Kast", "VBS-001", "", "2026-05-12T12:00:00Z")
    texts = (f"ttl {name}", f"nt {name}", f"json {name}")
    stamp = Stamp(FIRST_POSITION + number, ms)
    made = Member("kasten", f"{entity}/{name}", entity, stamp, summary, verbatim(), texts)
    return MemberRecord(made, 1)


def publish(*members: MemberRecord) -> Commit:
    last = members[-1].member.stamp
    count = last.position - FIRST_POSITION + 1
    return Commit(members=members, streams=(StreamRecord("kasten", count, last.published_ms, 1),))


def leaf(path: str, first_number: int, members: int, *, sealed: bool = True) -> NodeRecord:
    parent, _, _ = path.rpartition("/")
    node = Node(
        path, parent, NodeKind.LEAF, first_number, None, FIRST_POSITION + first_number, members,
        0, 0, split=False, sealed=sealed,
    )  # fmt: skip
    return NodeRecord("kasten", node)


def heads(path: str) -> tuple[SealedHead, ...]:
    return tuple(SealedHead("kasten", path, form, b"<", b">", b"") for form in Form)


def archive(reader: PostgresLogReader, node: Node) -> LeafArchive:
    pages = tuple(ArchivedPage(form, f"gz {form}".encode(), b"\x07" * 32) for form in Form)
    first, count = node.first_position, node.members
    return LeafArchive(
        "kasten", node.path, first, count, pages, reader.packed("kasten", first, count)
    )


# ------------------------------------------------------------------------------------- elections


def test_a_writer_whose_session_is_ended_stores_nothing_and_is_elected_again(
    writer: PostgresLogWriter, reader: PostgresLogReader, database: str
) -> None:
    writer.commit(publish(member(0)))
    run(database, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    with pytest.raises(LogUnavailable):
        writer.commit(publish(member(1)))
    assert reader.stream("kasten").members == 1
    assert writer.stream("kasten").members == 1
    writer.commit(publish(member(1)))
    assert reader.stream("kasten").members == 2


def test_a_writer_that_was_replaced_never_commits_again(
    writer: PostgresLogWriter, reader: PostgresLogReader, database: str
) -> None:
    """P2, P3: one writer; what the other one stored is never written over."""
    told: list[str] = []
    writer.close()
    first = PostgresLogWriter(database, identity_of(BASE), on_replaced=told.append)
    first.commit(publish(member(0)))
    run(database, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    with pytest.raises(LogUnavailable):
        first.commit(publish(member(1)))
    second = PostgresLogWriter(database, identity_of(BASE))
    second.commit(publish(member(1)))
    for _ in range(2):
        with pytest.raises(WriterReplaced):
            first.commit(publish(member(1)))
    assert told
    assert reader.stream("kasten").members == 2
    second.close()
    first.close()


def test_the_epoch_refuses_whoever_is_not_elected_even_on_a_living_session(
    writer: PostgresLogWriter, reader: PostgresLogReader, database: str
) -> None:
    writer.commit(publish(member(0)))
    run(database, "UPDATE head SET epoch = epoch + 1")
    with pytest.raises(WriterReplaced):
        writer.commit(publish(member(1)))
    assert reader.stream("kasten").members == 1


def test_whoever_is_refused_is_told_in_time(writer: PostgresLogWriter, database: str) -> None:
    with pytest.raises(LogLocked, match=r"ldes-shok writer: pid \d+ on .* from 127\.0\.0\.1"):
        PostgresLogWriter(database, identity_of(BASE))
    assert writer.next_event_id == 1


# --------------------------------------------------------------------------------------- notices


def test_another_process_hears_of_a_commit(writer: PostgresLogWriter, database: str) -> None:
    pulse = Pulse()
    listening = PostgresLogReader(database, BASE, pulse=pulse)
    until(lambda: listening.generation() >= 0)
    before = listening.generation()
    writer.commit(publish(member(0)))
    until(lambda: pulse.generation > before)
    assert listening.generation() != before
    listening.close()


def test_who_cannot_hear_says_each_time_that_something_may_have_changed(database: str) -> None:
    away = PostgresLogReader(database.replace("127.0.0.1", "127.0.0.2"), BASE)
    assert len({away.generation() for _ in range(5)}) == 5
    away.close()


def test_a_writer_in_the_same_process_is_heard_at_once(database: str) -> None:
    pulse = Pulse()
    writer = PostgresLogWriter(database, identity_of(BASE), pulse=pulse)
    before = pulse.generation
    writer.commit(publish(member(0)))
    assert pulse.generation > before
    writer.close()


def test_a_read_that_takes_too_long_is_cut_off_and_its_thread_reads_on(
    reader: PostgresLogReader, database: str
) -> None:
    """A server that answers nothing, though it holds its connections, holds no thread."""
    sleeping = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"
    for is_frozen in (False, True):
        with ThreadPoolExecutor(1) as pool:
            thread = pool.submit(threading.get_ident).result(HANG_SECONDS)
            endless = pool.submit(reader._select, "SELECT pg_sleep(3600)")
            until(lambda: run(database, sleeping))
            ((pid,),) = run(database, sleeping)
            if is_frozen:
                os.kill(int(str(pid)), signal.SIGSTOP)
            reader.interrupt(thread)
            with pytest.raises(LogUnavailable):
                endless.result(HANG_SECONDS)
            assert pool.submit(reader.stream, "kasten").result(HANG_SECONDS).members == 0
            if is_frozen:
                os.kill(int(str(pid)), signal.SIGCONT)
            # It looks after its client every second, and ends what that asked for.
            until(lambda: not run(database, sleeping))


def test_a_server_that_is_frozen_tells_nothing(database: str, writer: PostgresLogWriter) -> None:
    """P7: nobody is shown a page of before because the server fell silent."""
    listening = PostgresLogReader(database, BASE)
    until(lambda: listening.generation() >= 0)
    assert writer.next_event_id == 1
    said = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    pids = [int(str(pid)) for (pid,) in run(database, f"{said} AND query LIKE '%FROM head'")]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        until(lambda: listening.generation() < 0)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    until(lambda: listening.generation() >= 0)
    listening.close()


def test_reads_survive_that_the_server_ends_their_connections(
    writer: PostgresLogWriter, reader: PostgresLogReader, database: str
) -> None:
    writer.commit(publish(member(0)))
    for _ in range(3):
        assert reader.stream("kasten").members == 1
        ended = run(
            database,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name LIKE 'ldes-shok reader%'"
            " AND datname = current_database()",
        )
        assert (True,) in ended


# --------------------------------------------------------------------------- archive and months


def test_a_leaf_that_shares_its_packs_is_archived_alone(
    writer: PostgresLogWriter, reader: PostgresLogReader, database: str
) -> None:
    writer.commit(publish(*(member(number) for number in range(10))))
    record = leaf("2026/05/p1", 3, 4)
    writer.commit(Commit(nodes=(record,), heads=heads(record.node.path)))
    assert writer.unarchived(9) == [record]
    writer.archive([archive(reader, record.node)])
    assert writer.unarchived(9) == []
    packs = run(database, "SELECT first_number, members FROM pack ORDER BY 1")
    assert packs == [(0, 3), (3, 4), (7, 3)]
    for number in range(10):
        (block,) = reader.blocks("kasten", FIRST_POSITION + number, 1, Form.NTRIPLES)
        assert block == b"nt m%d" % number
        row = reader.member(member(number).member.iri)
        assert row is not None
        assert row.position == FIRST_POSITION + number
    assert reader.archived_page("kasten", "2026/05/p1", Form.JSONLD) == b"gz jsonld"
    head = reader.sealed_head("kasten", "2026/05/p1", Form.JSONLD)
    assert head is not None
    assert head.digest == b"\x07" * 32
    assert [position - FIRST_POSITION for position, _ in writer.members("kasten")] == [*range(10)]


def test_leaves_that_share_a_pack_are_archived_together(
    writer: PostgresLogWriter, reader: PostgresLogReader, database: str
) -> None:
    writer.commit(publish(*(member(number) for number in range(9))))
    records = [leaf(f"2026/05/p{n + 1}", 3 * n, 3) for n in range(3)]
    writer.commit(
        Commit(nodes=tuple(records), heads=tuple(h for r in records for h in heads(r.node.path)))
    )
    writer.archive([archive(reader, record.node) for record in records])
    assert run(database, "SELECT members FROM pack") == [(3,), (3,), (3,)]
    with pytest.raises(LogUnavailable):
        writer.archive([archive(reader, records[0].node)])


def fill_months(writer: PostgresLogWriter) -> None:
    """Three members in each of three months; the first two are over."""
    number = 0
    for month, path in enumerate(MONTHS, start=5):
        members = [member(number + n, month) for n in range(3)]
        sealed = path != MONTHS[-1]
        interior = Node(
            path, "2026", NodeKind.INTERIOR, month, None, FIRST_POSITION + number, 3, 0, 1,
            split=False, sealed=sealed,
        )  # fmt: skip
        nodes = (NodeRecord("kasten", interior), leaf(f"{path}/p1", number, 3, sealed=sealed))
        stored = heads(f"{path}/p1") if sealed else ()
        writer.commit(replace(publish(*members), nodes=nodes, heads=stored))
        number += 3


def test_old_months_are_dropped_and_nothing_else_is_touched(
    writer: PostgresLogWriter, reader: PostgresLogReader, database: str
) -> None:
    fill_months(writer)
    kept_before = reader.rows("kasten", FIRST_POSITION + 3, 99)
    run(database, "SELECT pg_stat_reset()")
    writer.drop_before(202606)
    assert reader.rows("kasten", FIRST_POSITION, 99) == kept_before
    assert [row.position - FIRST_POSITION for row in kept_before] == [*range(3, 9)]
    assert reader.node("kasten", "2026/05/p1") is None
    assert [node.path for node in reader.children("kasten", "2026")] == ["2026/06", "2026/07"]
    assert reader.sealed_head("kasten", "2026/05/p1", Form.TURTLE) is None
    assert reader.sealed_head("kasten", "2026/06/p1", Form.TURTLE) is not None
    assert reader.member(member(0).member.iri) is None
    assert reader.member(member(3, 6).member.iri) is not None
    assert [node.node.path for node in writer.unarchived(9)] == ["2026/06/p1"]
    # It is recognised still, so that it is not published again.
    assert writer.published([member(0).member.iri]) == {member(0).member.iri}
    tables = {name for (name,) in run(database, "SELECT relname FROM pg_class")}
    assert "pack_202605" not in tables
    assert {"pack_202606", "pack_202607", "pack_202608", "iri_2026"} <= tables
    # Dropping tables deletes no rows: nothing is left to be vacuumed, but what a month added up to.
    run(database, "SELECT pg_stat_force_next_flush()")
    query = "SELECT sum(n_tup_del) FROM pg_stat_user_tables WHERE relname <> 'log_sum'"
    assert run(database, query) == [(0,)]
    writer.commit(publish(member(9, 7)))
    assert reader.stream("kasten").members == 10
    assert misfits(database) == []


def misfits(database: str) -> list[str]:
    """What does not add up; the nodes of these tests have none above them."""
    audit = PostgresAudit(database, RowDigests(SECRET))
    found = [item for item in audit.usable() if isinstance(item, Damage)]
    if not found:
        found = [item for item in audit.tables() if isinstance(item, Damage)]
    return [f"{f.place}: {f.sentence}" for f in found if not f.place.startswith("node")]


def test_a_month_that_is_hidden_and_was_not_dropped_is_found(
    writer: PostgresLogWriter, database: str
) -> None:
    fill_months(writer)
    assert misfits(database) == []
    run(database, "UPDATE head SET dropped_before = 202606")
    assert any("it hides months before 202606" in found for found in misfits(database))


def test_a_month_that_was_dropped_behind_our_back_is_found(
    writer: PostgresLogWriter, database: str
) -> None:
    fill_months(writer)
    for table in ("pack", "event_pack", "quarantine", "rejection", "sealed_head", "page"):
        run(database, f"DROP TABLE {table}_202605")
    run(database, "UPDATE head SET dropped_before = 202606")
    assert any("table pack, month 202605: 0 rows are there" in f for f in misfits(database))
    run(database, "DELETE FROM log_sum WHERE part = 202605")
    assert any("what a month adds up to is gone" in found for found in misfits(database))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("DELETE FROM pack WHERE first_number = 6", "rows of pack were written in 202607"),
        ("DELETE FROM stream", "stream is not what was written"),
        ("DELETE FROM log_sum", "what its tables add up to is gone"),
        ("UPDATE log_sum SET commits = 7 WHERE part = 0", "what month 0 adds up to"),
        ("DELETE FROM meta WHERE name = 'log_id'", "not the one that this log was written with"),
    ],
)
def test_what_is_missing_at_the_end_is_found_at_the_start(
    writer: PostgresLogWriter, database: str, damage: str, sentence: str
) -> None:
    fill_months(writer)
    writer.close()
    PostgresLogWriter(database, identity_of(BASE)).close()
    run(database, damage)
    with pytest.raises((LogDamaged, LogMismatch), match=sentence):
        PostgresLogWriter(database, identity_of(BASE))


def test_a_month_that_is_still_written_is_not_dropped(
    writer: PostgresLogWriter, reader: PostgresLogReader
) -> None:
    fill_months(writer)
    with pytest.raises(MonthNotOver, match="202607"):
        writer.drop_before(202608)
    assert len(reader.rows("kasten", FIRST_POSITION, 99)) == 9
    writer.commit(publish(member(9, 7)))


def test_months_are_made_before_they_are_needed(writer: PostgresLogWriter, database: str) -> None:
    writer.commit(publish(member(0, 12)))
    tables = {name for (name,) in run(database, "SELECT relname FROM pg_class")}
    assert {"pack_202612", "pack_202701", "iri_2026", "iri_2027", "identity_2027"} <= tables


# -------------------------------------------------------------------------------------- damage


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE pack SET body = set_byte(body, 5, get_byte(body, 5) # 1)",
        "UPDATE pack SET first_number = 1",
        "UPDATE template SET body = replace(convert_from(body, 'UTF8'), '%s', 'x')::bytea",
        "DELETE FROM template",
    ],
)
def test_what_is_damaged_is_not_served(
    writer: PostgresLogWriter, reader: PostgresLogReader, database: str, damage: str
) -> None:
    writer.commit(publish(member(0), member(1)))
    run(database, damage)
    with pytest.raises(LogDamaged):
        reader.blocks("kasten", FIRST_POSITION, 9, Form.TURTLE)


# ----------------------------------------------------------------------------------- migrations


def next_step(oldest_reader: int) -> SchemaStep:
    version = steps()[-1].number + 1
    return SchemaStep(
        version, oldest_reader, "ALTER TABLE pack ADD mood text NOT NULL DEFAULT 'calm'"
    )


def test_readers_go_on_while_the_writer_takes_a_step(
    writer: PostgresLogWriter, reader: PostgresLogReader, database: str
) -> None:
    writer.commit(publish(member(0)))
    writer.close()
    now = steps()[-1].number
    newer = PostgresLogWriter(database, identity_of(BASE), schema_steps=(*steps(), next_step(now)))
    newer.commit(publish(member(1)))
    assert len(reader.rows("kasten", FIRST_POSITION, 9)) == 2
    newcomer = PostgresLogReader(database, BASE)
    assert len(newcomer.rows("kasten", FIRST_POSITION, 9)) == 2
    newcomer.close()
    newer.close()
    with pytest.raises(LogMismatch, match="schema_version"):
        PostgresLogWriter(database, identity_of(BASE))


def test_a_reader_that_is_too_old_or_too_new_is_told(
    writer: PostgresLogWriter, database: str
) -> None:
    writer.close()
    now = steps()[-1].number
    too_new = PostgresLogReader(database, BASE, version=now + 1)
    with pytest.raises(LogMismatch, match="upgrade the writer before"):
        too_new.tallies()
    PostgresLogWriter(
        database, identity_of(BASE), schema_steps=(*steps(), next_step(now + 1))
    ).close()
    too_old = PostgresLogReader(database, BASE)
    with pytest.raises(LogMismatch, match="upgrade this reader"):
        too_old.tallies()
    too_new.tallies()
    for each in (too_new, too_old):
        each.close()


def test_a_step_that_fails_changes_nothing(writer: PostgresLogWriter, database: str) -> None:
    writer.close()
    bad = replace(next_step(1), script="CREATE TABLE half (); SELECT 1 / 0")
    with pytest.raises(LogUnavailable, match="division by zero"):
        PostgresLogWriter(database, identity_of(BASE), schema_steps=(*steps(), bad))
    assert run(database, "SELECT to_regclass('half')") == [(None,)]
    PostgresLogWriter(database, identity_of(BASE)).close()


@pytest.mark.parametrize(("members", "closed"), [(3, {"verbruik"}), (0, set())])
def test_sums_of_an_earlier_rule_close_their_stream_when_the_log_is_brought_up_to_date(
    database: str, members: int, closed: set[str]
) -> None:
    """P11: readers of the version before would show them to everybody, so they are refused."""
    earlier = [step for step in steps() if step.number <= SUMS_STEP - 1]
    writer = PostgresLogWriter(database, identity_of(BASE), schema_steps=earlier)
    writer.commit(Commit(streams=(StreamRecord("verbruik", members), StreamRecord("kasten", 9))))
    writer.close()
    PostgresLogWriter(database, identity_of(BASE)).close()
    reader = PostgresLogReader(database, BASE)
    assert reader.closed_streams() == closed
    reader.close()
    too_old = PostgresLogReader(database, BASE, version=SUMS_STEP - 1)
    with pytest.raises(LogMismatch, match="upgrade this reader"):
        too_old.tallies()
    too_old.close()


def test_the_root_of_a_stream_belongs_to_no_month(
    writer: PostgresLogWriter, reader: PostgresLogReader
) -> None:
    root = Node(ROOT, None, NodeKind.INTERIOR, 0, None, 0, 0, 0, 0, split=True, sealed=False)
    writer.commit(Commit(nodes=(NodeRecord("kasten", root),), streams=(StreamRecord("kasten"),)))
    writer.drop_before(202606)
    assert reader.node("kasten", ROOT) == root
    assert reader.node("kasten", "\0") is None
    assert reader.member(f"{BASE}/id/\ud800") is None
