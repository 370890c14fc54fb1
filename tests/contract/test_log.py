"""What every store promises of a log, whatever it is made of."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from ldes_shok.errors import LogLocked, LogMismatch, LogUnavailable
from ldes_shok.ldes.member import FIRST_POSITION, Form, Summary
from ldes_shok.ldes.node import ROOT, Node, NodeKind
from ldes_shok.log.base import LogReader, LogWriter
from ldes_shok.log.records import (
    FORGOTTEN,
    Commit,
    MemberRecord,
    MemoryRecord,
    NodeRecord,
    PolicyRecord,
    RawRecord,
    Rejection,
    SealedHead,
    StateRecord,
    StreamRecord,
    Tally,
)
from ldes_shok.log.rekeying import Rekeyed
from tests.contract.examples import (
    BASE,
    ENTITY,
    NODE,
    REFUSED,
    WAITS,
    a_member,
    an_event,
    publish,
    streams_of,
)
from tests.contract.logs import FACTORIES, Store

# ----------------------------------------------------------------------------------- empty logs


def test_a_new_log_is_empty(writer: LogWriter, reader: LogReader) -> None:
    for log in (writer, reader):
        assert log.stream("kasten") == StreamRecord("kasten")
    assert writer.next_event_id == 1
    assert writer.seen([]) == writer.seen([b"\x01" * 16]) == set()
    assert writer.published([ENTITY]) == set()
    assert writer.versioned([]) == writer.versioned([ENTITY]) == set()
    assert writer.state("t", "VBS-001") is None
    assert writer.waiting("t", "VBS-001", frozenset({"x"}), 0, 10) == []
    assert writer.event(1) is None
    assert writer.open_nodes("kasten") == []
    assert list(writer.members("kasten")) == []
    assert reader.node("kasten", ROOT) is None
    assert reader.children("kasten", ROOT) == []
    assert reader.sealed_head("kasten", "2026", Form.TURTLE) is None
    assert reader.blocks("kasten", FIRST_POSITION, 10, Form.TURTLE) == []
    assert reader.archived_page("kasten", "2026", Form.TURTLE) is None
    assert writer.unarchived(10) == []
    assert reader.rows("kasten", FIRST_POSITION, 10) == []
    assert reader.member(ENTITY) is None
    assert reader.versions(ENTITY, ["kasten"], 10) == []
    assert reader.versions(ENTITY, [], 10) == []
    assert reader.closed_streams() == frozenset()
    assert reader.tallies() == []
    assert reader.quarantined(10) == []
    assert reader.events(0, 10) == []
    assert reader.quarantined_count() == 0
    assert reader.size_bytes() > 0


def test_an_empty_commit_changes_nothing(writer: LogWriter, reader: LogReader) -> None:
    writer.commit(Commit())
    assert writer.next_event_id == 1
    assert reader.closed_streams() == frozenset()
    assert reader.tallies() == []


# -------------------------------------------------------------------------------- what is stored


def test_members_come_back_as_they_were_written(writer: LogWriter, reader: LogReader) -> None:
    records = [a_member(0), a_member(1, published_ms=11), a_member(0, "techniek", f"{BASE}/id/x/y")]
    writer.commit(publish(*records))
    for record in records:
        member = record.member
        row = reader.member(member.iri)
        assert row is not None
        assert (row.stream, row.position, row.published_ms, row.iri, row.entity, row.summary) == (
            member.stream, member.stamp.position, member.stamp.published_ms, member.iri,
            member.entity, member.summary,
        )  # fmt: skip
        for form in Form:
            (block,) = reader.blocks(member.stream, member.stamp.position, 1, form)
            assert block == member.text(form)
    assert [row.iri for row in reader.rows("kasten", FIRST_POSITION, 100)] == [
        record.member.iri for record in records[:2]
    ]
    assert reader.blocks("kasten", FIRST_POSITION + 1, 1, Form.TURTLE) == [b"ttl kasten-1"]
    assert list(writer.members("kasten")) == [(FIRST_POSITION, 10), (FIRST_POSITION + 1, 11)]
    assert list(writer.members("techniek")) == [(FIRST_POSITION, 10)]


def test_published_finds_exactly_those_that_are(writer: LogWriter) -> None:
    records = [a_member(number) for number in range(1200)]
    writer.commit(publish(*records))
    iris = [record.member.iri for record in records]
    assert writer.published([*iris, f"{ENTITY}/other", "urn:x"]) == set(iris)
    assert writer.published([]) == set()


def test_versioned_finds_the_entities_that_were_said_something_of(writer: LogWriter) -> None:
    mine, other = f"{BASE}/id/observatie/abc", f"{BASE}/id/observatie/abcd"
    near = [f"{BASE}/id/observatie/{name}" for name in ("ab", "abb", "abd", "abc-", "abc.")]
    first, again = (a_member(number, "techniek", mine) for number in (0, 1))
    writer.commit(publish(first, again, a_member(2, "techniek", other)))
    assert writer.versioned([*near, mine, other, mine, "urn:x", ""]) == {mine, other}


def test_an_iri_that_only_begins_like_an_entity_is_no_version_of_it(writer: LogWriter) -> None:
    """A slash, and not the character after it."""
    record = a_member(0)
    after = msgspec.structs.replace(record.member, iri=f"{ENTITY}0")
    writer.commit(publish(replace(record, member=after)))
    assert writer.versioned([ENTITY]) == set()
    assert writer.first_told(ENTITY) is None
    assert list(writer.told_under(f"{ENTITY}-")) == []


def test_who_told_of_a_thing_first_is_found_however_much_was_told_since(writer: LogWriter) -> None:
    first, second = an_event(1), replace(an_event(2), source="ldes:t:buurstad")
    writer.commit(replace(publish(a_member(0), a_member(1)), events=(first,)))
    late = [replace(a_member(n, at="2020-01-01T00:00:00Z"), event_id=2) for n in (2, 3)]
    other = replace(a_member(0, "techniek", f"{ENTITY}2"), event_id=2)
    writer.commit(replace(publish(*late, other), events=(second,)))
    assert writer.first_told(ENTITY) == first
    assert writer.first_told(f"{ENTITY}2") == second
    assert [writer.first_told(e) for e in (f"{ENTITY}3", f"{ENTITY[:-1]}", "urn:x", "")] == 4 * [
        None
    ]


def test_who_told_the_versions_of_one_time_is_found(writer: LogWriter) -> None:
    first, second = an_event(1), an_event(2)
    at = f"{ENTITY}/20260512T120000Z"
    told = [
        replace(record, member=msgspec.structs.replace(record.member, iri=iri), event_id=event_id)
        for record, iri, event_id in (
            (a_member(0), f"{at}-a", 1), (a_member(1), f"{at}-b", 2), (a_member(2), f"{at}-c", 2),
            (a_member(3), f"{at}.5Z-a", 1), (a_member(4), f"{ENTITY}/20260512T115959Z-a", 1),
        )
    ]  # fmt: skip
    writer.commit(replace(publish(*told), events=(first, second)))
    assert list(writer.told_under(f"{at}-")) == [first, second]
    assert list(writer.told_under(f"{ENTITY}/20260512T115959Z-")) == [first]
    assert list(writer.told_under(f"{ENTITY}/20260512T12000Z-")) == []
    assert list(writer.told_under("urn:x-")) == []


def test_versions_are_ordered_by_their_own_time(writer: LogWriter, reader: LogReader) -> None:
    times = ["2026-05-12T12:00:00Z", "2026-05-12T11:00:00Z", "2026-05-12T12:00:00.5Z"]
    late_first = [a_member(n, at=at, published_ms=10 + n) for n, at in enumerate(times)]
    other = [a_member(0, "techniek", at="2027-01-01T00:00:00Z")]
    writer.commit(publish(*late_first, *other, a_member(1, "techniek", f"{ENTITY}2")))
    found = reader.versions(ENTITY, ["kasten"], 10)
    assert [row.summary.observed_at for row in found] == [times[2], times[0], times[1]]
    assert len(reader.versions(ENTITY, ["kasten"], 2)) == 2
    newest = reader.versions(ENTITY, ["techniek", "kasten", "unknown"], 1)
    assert [row.stream for row in newest] == ["techniek"]


def test_equal_times_are_ordered_by_position(writer: LogWriter, reader: LogReader) -> None:
    writer.commit(publish(a_member(0), a_member(1)))
    assert [row.position for row in reader.versions(ENTITY, ["kasten"], 9)] == [
        FIRST_POSITION + 1,
        FIRST_POSITION,
    ]


def test_streams_remember_where_they_stand(writer: LogWriter, reader: LogReader) -> None:
    policies = (
        PolicyRecord(FIRST_POSITION, 250, 40, 1000),
        PolicyRecord(FIRST_POSITION + 5, 9, 2, 3, versions_per_millisecond=1),
    )
    record = StreamRecord("kasten", 7, 1234, 3, {2: 10, 3: 4}, policies)
    writer.commit(Commit(streams=(StreamRecord("kasten", 1, 1, 1),)))
    writer.commit(Commit(streams=(record,)))
    assert writer.stream("kasten") == reader.stream("kasten") == record


def test_nodes_are_replaced_and_read_in_the_order_of_their_time(
    writer: LogWriter, reader: LogReader
) -> None:
    root = Node(ROOT, None, NodeKind.INTERIOR, 0, None, 0, 2, 10, 0, True, False)
    later = replace(NODE, path="2027", lower_ms=99, upper_ms=200)
    leaf = replace(NODE, path="2026/p1", parent="2026", kind=NodeKind.LEAF, split=False)
    stored = [NodeRecord("kasten", node) for node in (later, leaf, NODE, root)]
    writer.commit(Commit(nodes=tuple(stored), streams=(StreamRecord("kasten"),)))
    assert reader.children("kasten", ROOT) == [NODE, later]
    assert reader.node("kasten", ROOT) == root
    sealed = replace(NODE, sealed=True, upper_ms=50, members=9)
    writer.commit(Commit(nodes=(NodeRecord("kasten", sealed),)))
    assert reader.node("kasten", "2026") == sealed
    assert {node.path for node in writer.open_nodes("kasten")} == {ROOT, "2027", "2026/p1"}
    assert reader.node("techniek", "2026") is None


def test_the_heads_of_sealed_nodes_are_written_once(writer: LogWriter, reader: LogReader) -> None:
    """P4: a sealed node never changes by a byte."""
    head = SealedHead("kasten", "2026", Form.JSONLD, b"{\x00", b"}", b"\x01" * 32)
    writer.commit(Commit(heads=(head,), streams=(StreamRecord("kasten"),)))
    assert reader.sealed_head("kasten", "2026", Form.JSONLD) == head
    assert reader.sealed_head("kasten", "2026", Form.TURTLE) is None
    with pytest.raises(LogUnavailable):
        writer.commit(Commit(heads=(replace(head, prefix=b"other"),)))
    assert reader.sealed_head("kasten", "2026", Form.JSONLD) == head


def test_states_are_replaced(writer: LogWriter) -> None:
    for value in (b'{"a":1}', b'{"a":2}'):
        writer.commit(Commit(states=(StateRecord("t", "VBS-001", value),)))
        assert writer.state("t", "VBS-001") == value
    assert writer.state("u", "VBS-001") is None


def test_tallies_add_up(writer: LogWriter, reader: LogReader) -> None:
    writer.commit(Commit(counters={("a", "quarantined"): 2, ("b", "published"): 1}))
    writer.commit(Commit(counters={("a", "quarantined"): -1, ("a", "published"): 1}))
    assert set(reader.tallies()) == {
        Tally("a", "quarantined", 1),
        Tally("a", "published", 1),
        Tally("b", "published", 1),
    }


def test_rejections_are_kept(writer: LogWriter, reader: LogReader) -> None:
    first = Rejection("a", 1, "not JSON", b"\xff\x00")
    second = Rejection("b", 2, "observedAt: is missing", b"{}")
    writer.commit(Commit(rejections=(first, second)))
    assert reader.rejections(10) == [second, first]
    assert reader.rejections(1) == [second]


# -------------------------------------------------------------------------- events, quarantine


def test_an_event_is_recognised_by_its_identity(writer: LogWriter) -> None:
    event = an_event(1)
    writer.commit(Commit(events=(event,)))
    others = [event.identity[:-1] + b"\x02", b"\x02" + event.identity[1:]]
    many = [number.to_bytes(16, "big") for number in range(2_000)]
    assert writer.seen([*many, *others, event.identity]) == {event.identity}
    assert writer.event(1) == event


def test_the_next_event_has_the_next_number(writer: LogWriter, store: Store) -> None:
    writer.commit(Commit(events=(an_event(1), an_event(2))))
    assert writer.next_event_id == 3
    writer.commit(Commit(events=(an_event(3),)))
    writer.close()
    reopened = store.writer(BASE)
    assert reopened.next_event_id == 4
    reopened.close()


def test_events_are_read_in_order_over_the_edges_of_commits(
    writer: LogWriter, reader: LogReader
) -> None:
    events = [an_event(1), an_event(2, WAITS), an_event(3), an_event(4, REFUSED), an_event(5)]
    writer.commit(Commit(events=tuple(events[:3])))
    writer.commit(Commit(events=tuple(events[3:])))
    assert reader.events(0, 10) == events
    assert reader.events(1, 3) == events[1:4]
    assert reader.events(2, 1) == events[2:3]
    assert reader.events(5, 10) == []
    writer.commit(Commit(released=(2,)))
    assert reader.events(1, 1) == [an_event(2)]


def test_quarantine_is_read_from_both_ends(writer: LogWriter, reader: LogReader) -> None:
    events = (an_event(1, REFUSED), an_event(2), an_event(3, WAITS), an_event(4, WAITS, "VBS-002"))
    writer.commit(Commit(events=events))
    assert reader.quarantined(10) == [events[0], events[2], events[3]]
    assert reader.quarantined(1) == [events[0]]
    assert reader.quarantined(10, after_id=1) == [events[2], events[3]]
    assert reader.newest_quarantined(10) == [events[3], events[2], events[0]]
    assert reader.newest_quarantined(2) == [events[3], events[2]]
    assert reader.quarantined_count() == 3
    assert writer.event(1) == events[0]


def test_what_waits_is_found_by_cabinet_and_reason(writer: LogWriter) -> None:
    mine = (an_event(1, WAITS), an_event(2, REFUSED), an_event(3), an_event(6, WAITS))
    others = (an_event(4, WAITS, "VBS-002"), an_event(5, WAITS, tenant="u"))
    writer.commit(Commit(events=(*mine, *others)))
    codes = frozenset({"unknown_cabinet", "no_position"})

    def waiting(after_id: int, limit: int) -> list[int]:
        return [event.id for event in writer.waiting("t", "VBS-001", codes, after_id, limit)]

    assert waiting(0, 10) == [1, 6]
    assert waiting(0, 1) == [1]
    assert waiting(1, 10) == [6]
    assert waiting(6, 10) == []
    assert sorted(writer.waiting_places(codes)) == [
        ("t", "VBS-001"),
        ("t", "VBS-002"),
        ("u", "VBS-001"),
    ]
    assert writer.waiting_places(frozenset({"no_position"})) == []


def test_release_and_another_reason(writer: LogWriter, reader: LogReader) -> None:
    writer.commit(Commit(events=(an_event(1, WAITS), an_event(2, WAITS))))
    writer.commit(Commit(released=(1,), requarantined=((2, REFUSED),)))
    assert reader.quarantined(10) == [an_event(2, REFUSED)]
    assert writer.event(1) == an_event(1)
    assert writer.seen([an_event(1).identity])


# ------------------------------------------------------------------------------ all or nothing


@pytest.mark.parametrize(
    "bad",
    [
        Commit(events=(an_event(2), an_event(1))),
        Commit(events=(an_event(2), replace(an_event(3), identity=b"\x01" * 16))),
        Commit(members=(a_member(1), a_member(0))),
        Commit(members=(a_member(1), replace(a_member(2), member=a_member(0).member))),
    ],
    ids=["event number twice", "event twice", "position twice", "member twice"],
)
def test_a_commit_is_stored_whole_or_not_at_all(
    writer: LogWriter, reader: LogReader, bad: Commit
) -> None:
    """P1: all of a batch is stored, or nothing; P2: a member is stored once."""
    writer.commit(replace(publish(a_member(0)), events=(an_event(1),)))
    with pytest.raises(LogUnavailable):
        writer.commit(
            replace(
                bad,
                counters={("a", "published"): 1},
                states=(StateRecord("t", "VBS-001", b"{}"),),
                streams=(StreamRecord("new"), StreamRecord("kasten", 9, 9, 9)),
                nodes=(NodeRecord("kasten", NODE),),
            )
        )
    assert reader.stream("kasten").members == 1
    assert len(reader.rows("kasten", FIRST_POSITION, 10)) == 1
    assert reader.closed_streams() == frozenset()
    assert reader.tallies() == []
    assert writer.state("t", "VBS-001") is None
    assert writer.event(2) is None
    assert writer.next_event_id == 2
    # And the log still works, also for the stream that was not made.
    writer.commit(replace(publish(a_member(1), a_member(0, "new")), events=(an_event(2),)))
    assert reader.stream("kasten").members == 2
    assert [row.stream for row in reader.rows("new", FIRST_POSITION, 10)] == ["new"]


def test_what_a_commit_brought_that_was_not_stored_is_brought_again(
    writer: LogWriter, store: Store
) -> None:
    """Templates and origins are stored with their first member and event, whichever that is."""
    good = replace(publish(a_member(0)), events=(an_event(1),))
    with pytest.raises(LogUnavailable):
        writer.commit(replace(good, members=(a_member(0), a_member(5))))
    writer.commit(good)
    reader = store.reader(BASE)
    assert reader.blocks("kasten", FIRST_POSITION, 1, Form.TURTLE) == [b"ttl kasten-0"]
    assert writer.event(1) == an_event(1)
    reader.close()


def test_a_defect_while_writing_leaves_nothing(writer: LogWriter, reader: LogReader) -> None:
    wrong = msgspec.structs.replace(a_member(0).member, summary=Summary("", "", "", "not a time"))
    with pytest.raises(ValueError):
        writer.commit(
            Commit(members=(MemberRecord(wrong, 1),), streams=streams_of(a_member(0)),
                   events=(an_event(1),))
        )  # fmt: skip
    assert reader.stream("kasten").members == 0
    writer.commit(replace(publish(a_member(0)), events=(an_event(1),)))
    assert reader.stream("kasten").members == 1


def test_everything_survives_reopening(writer: LogWriter, store: Store) -> None:
    """P1: an acknowledged event is never lost."""
    writer.commit(
        replace(
            publish(a_member(0)),
            events=(an_event(1, REFUSED),),
            nodes=(NodeRecord("kasten", NODE),),
            states=(StateRecord("t", "VBS-001", b"{}"),),
        )
    )
    writer.close()
    again, reader = store.writer(BASE), store.reader(BASE)
    assert again.published([a_member(0).member.iri])
    assert again.open_nodes("kasten") == [NODE]
    assert again.state("t", "VBS-001") == b"{}"
    assert again.event(1) == an_event(1, REFUSED)
    again.commit(publish(a_member(1)))
    assert [row.position for row in reader.rows("kasten", FIRST_POSITION, 9)] == [
        FIRST_POSITION,
        FIRST_POSITION + 1,
    ]
    reader.close()
    again.close()


def test_readers_in_several_threads_see_what_was_committed(
    writer: LogWriter, reader: LogReader
) -> None:
    for number in range(20):
        writer.commit(publish(a_member(number)))
    with ThreadPoolExecutor(4) as pool:
        counts = pool.map(lambda _: len(reader.rows("kasten", FIRST_POSITION, 99)), range(16))
        assert set(counts) == {20}


# ----------------------------------------------------------------------------------- one writer


def test_a_log_belongs_to_its_public_url(writer: LogWriter, store: Store) -> None:
    writer.close()
    with pytest.raises(LogMismatch, match=r"http://shok\.test, not http://elsewhere\.test"):
        store.writer("http://elsewhere.test")
    store.writer(BASE).close()


def test_a_second_writer_is_refused_and_told_who_holds_the_log(
    writer: LogWriter, store: Store
) -> None:
    with pytest.raises(LogLocked, match=rf"pid {os.getpid()} on "):
        store.writer(BASE)
    writer.close()
    store.writer(BASE).close()


def test_closing_twice_takes_nothing_from_the_next_writer(writer: LogWriter, store: Store) -> None:
    writer.close()
    following = store.writer(BASE)
    writer.close()
    following.commit(publish(a_member(0)))
    with pytest.raises(LogLocked):
        store.writer(BASE)
    following.close()


_HOLDER = """
import os, sys
from pathlib import Path
from tests.contract.logs import FACTORIES
writer = FACTORIES[sys.argv[1]](Path(sys.argv[2])).writer("http://shok.test")
sys.stdout.write("held\\n")
sys.stdout.flush()
sys.stdin.read()
"""


@pytest.mark.parametrize("kind", FACTORIES)
def test_the_lock_of_a_writer_that_was_killed_is_free(kind: str, tmp_path: Path) -> None:
    store = FACTORIES[kind](tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, kind, str(tmp_path)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LogLocked, match=f"pid {holder.pid} on "):
            store.writer(BASE)
        holder.kill()
        holder.wait()
    store.writer(BASE).close()


def test_a_store_that_cannot_be_read_is_unavailable(store: Store) -> None:
    store.damage()
    with pytest.raises(LogUnavailable):
        store.writer(BASE)
    reader = store.reader(BASE)
    with pytest.raises(LogUnavailable):
        reader.stream("kasten")
    reader.close()


def test_a_log_that_is_not_there_cannot_be_read(store: Store) -> None:
    reader = store.reader(BASE)
    with pytest.raises(LogUnavailable):
        reader.tallies()
    reader.close()


# ------------------------------------------------------------------------- memories and raw bytes


def _raw(digest: bytes, received_ms: int, source: str = "mqtt:t:broker") -> RawRecord:
    return RawRecord(digest * 32, source, received_ms, b"body \x00\xff" + digest)


def test_a_memory_is_what_was_last_remembered(writer: LogWriter, reader: LogReader) -> None:
    assert reader.memory("ocpp16:t:a", "KST-1") is None
    writer.commit(Commit(memories=(MemoryRecord("ocpp16:t:a", "KST-1", b"\x00one"),)))
    writer.commit(
        Commit(
            memories=(
                MemoryRecord("ocpp16:t:a", "KST-1", b"two"),
                MemoryRecord("ocpp16:t:a", "KST-2", b"other"),
                MemoryRecord("ocpp16:t:b", "KST-1", b"another source"),
            )
        )
    )
    assert reader.memory("ocpp16:t:a", "KST-1") == b"two"
    assert reader.memory("ocpp16:t:b", "KST-1") == b"another source"
    assert [m.subject for m in reader.memories("ocpp16:t:a", "KST")] == ["KST-1", "KST-2"]
    assert reader.memories("ocpp16:t:a", "kst") == []


def test_an_empty_memory_is_none(writer: LogWriter, reader: LogReader) -> None:
    subjects = ("page:a", "page:b", "page:c")
    writer.commit(Commit(memories=tuple(MemoryRecord("ldes:t:a", s, b"x") for s in subjects)))
    forgotten = [MemoryRecord("ldes:t:a", s, b"") for s in ("page:a", "page:c", "page:d")]
    writer.commit(Commit(memories=(*forgotten, MemoryRecord("ldes:t:a", "page:c", b"y"))))
    assert reader.memory("ldes:t:a", "page:a") is None
    found = {m.subject: m.value for m in reader.memories("ldes:t:a", "page:")}
    assert found == {"page:b": b"x", "page:c": b"y"}


def test_raw_bytes_are_kept_once_a_receipt_and_forgotten_by_age(
    writer: LogWriter, reader: LogReader
) -> None:
    elsewhere = _raw(b"a", 3_000, "mqtt:t:other")
    writer.commit(Commit(raws=(_raw(b"a", 1_000), _raw(b"b", 2_000))))
    writer.commit(Commit(raws=(_raw(b"a", 1_000), _raw(b"a", 9_000), elsewhere)))
    kept = reader.raws("mqtt:t:broker", 10)
    received = [_raw(b"a", 1_000), _raw(b"b", 2_000), _raw(b"a", 9_000)]
    assert [record for _, record in kept] == received
    assert reader.raws("mqtt:t:broker", 10, after_id=kept[0][0]) == kept[1:]
    assert reader.raw(b"a" * 32) == received[0]
    assert writer.forget_raws(2_000) == 1
    assert [record for _, record in reader.raws("mqtt:t:broker", 10)] == received[1:]
    assert reader.raw(b"a" * 32) == received[2]
    assert reader.raws("mqtt:t:other", 10)[0][1] == elsewhere
    writer.commit(Commit(raws=(_raw(b"c", 4_000),)))
    assert reader.raws("mqtt:t:broker", 10)[-1][0] > kept[-1][0], "a number is never given twice"


def test_of_what_was_rejected_only_the_bytes_are_forgotten(
    writer: LogWriter, reader: LogReader
) -> None:
    old = Rejection("mqtt:t:broker", 1_000, "no event", b"a card")
    new = Rejection("mqtt:t:broker", 2_000, "no event", b"another")
    counters = {("mqtt:t:broker", "rejected"): 2}
    writer.commit(Commit(rejections=(old, new), counters=counters))
    for _ in range(2):
        writer.forget_raws(2_000)
        assert reader.rejections(10) == [new, replace(old, reason=FORGOTTEN, payload=b"")]


class _UnderKeys:
    """A `Rekeying` that says `new` for `old`, and forgets what is `lost`."""

    def __init__(self, failures: int = 0) -> None:
        self._failures = failures

    def event(self, payload: bytes, received_ms: int) -> bytes:
        assert received_ms > 0
        return payload.replace(b"old", b"new")

    def raw(self, raw: RawRecord) -> RawRecord | None:
        if b"lost" in raw.body:
            return None
        digest, body = raw.digest.replace(b"o", b"n"), raw.body.replace(b"old", b"new")
        return replace(raw, digest=digest, body=body)

    def rejection(self, rejection: Rejection) -> Rejection:
        if self._failures:
            self._failures -= 1
            raise LogUnavailable("cut off")
        return replace(rejection, reason="", payload=rejection.payload.replace(b"old", b"new"))

    def memory(self, memory: MemoryRecord) -> MemoryRecord:
        return replace(memory, value=memory.value.replace(b"old", b"new"))


def _of_before(store: Store) -> Commit:
    """A log that the version before the keys of periods wrote, with one of everything."""
    commit = publish(a_member(0))
    events = tuple(
        replace(an_event(number), payload=b'{"raw":"old %d"}' % number) for number in (1, 2, 3)
    )
    commit = replace(
        commit,
        events=events,
        rejections=(Rejection("mqtt:t:broker", 1_000, "what is old 7?", b"old 7"),),
        memories=(MemoryRecord("mqtt:t:broker", "a", b"old 8"),),
        raws=(
            RawRecord(b"o" * 32, "mqtt:t:broker", 1_000, b"old 9"),
            RawRecord(b"o" * 32, "mqtt:t:broker", 2_000, b"lost"),
        ),
    )
    writer = store.writer_of_before(BASE)
    writer.commit(commit)
    writer.close()
    return commit


def test_how_much_was_brought_under_keys_is_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ldes_shok.log.sqlite.rekeying.AT_ONCE", 1)
    _of_before(store)
    writer, reader = store.writer(BASE), store.reader(BASE)
    assert writer.rekey(_UnderKeys()) == Rekeyed(
        events=3, raws=1, deleted_raws=1, rejections=1, memories=1
    )
    assert [e.payload for e in reader.events(0, 9)] == [b'{"raw":"new %d"}' % n for n in (1, 2, 3)]
    reader.close()
    writer.close()


def test_what_an_older_version_wrote_is_brought_under_keys_once(store: Store) -> None:
    before = _of_before(store)
    writer = store.writer(BASE)
    with pytest.raises(LogUnavailable, match="cut off"):
        writer.rekey(_UnderKeys(failures=1))
    writer.close()
    writer = store.writer(BASE)
    rekeyed = writer.rekey(_UnderKeys())
    assert rekeyed is not None
    assert (rekeyed.rejections, rekeyed.memories) == (1, 1)
    assert writer.rekey(_UnderKeys()) is None
    assert writer.seen([event.identity for event in before.events]) == {
        event.identity for event in before.events
    }
    reader = store.reader(BASE)
    assert [e.payload for e in reader.events(0, 9)] == [b'{"raw":"new %d"}' % n for n in (1, 2, 3)]
    ((_, raw),) = reader.raws("mqtt:t:broker", 9)
    assert raw == RawRecord(b"n" * 32, "mqtt:t:broker", 1_000, b"new 9")
    assert reader.rejections(9) == [Rejection("mqtt:t:broker", 1_000, "", b"new 7")]
    assert reader.memory("mqtt:t:broker", "a") == b"new 8"
    assert reader.stream("kasten").members == 1
    for number in (7, 8, 9):
        assert not store.holds(b"old %d" % number), number
        assert store.holds(b"new %d" % number), number
    reader.close()
    writer.close()


def test_a_new_log_has_nothing_to_bring_under_keys(writer: LogWriter) -> None:
    writer.commit(Commit(memories=(MemoryRecord("mqtt:t:broker", "a", b"old"),)))
    assert writer.rekey(_UnderKeys()) is None


def test_forgetting_nothing_is_no_commit(writer: LogWriter, reader: LogReader) -> None:
    """No row changes, so nothing is added up and nothing waits for the disk; then it goes on."""
    writer.commit(Commit(states=(StateRecord("city", "VBS-1", b"{}"),)))
    assert writer.forget_raws(1) == 0
    with pytest.raises(LogUnavailable):
        writer.commit(publish(a_member(7)))
    assert writer.forget_raws(1) == 0
    writer.commit(publish(a_member(0)))
    assert reader.stream("kasten").members == 1


NO_TEXTS = ("a\0b", "\0", "a\x1fb", "a\ud800b", "é\udfff")
"""Texts that no store can hold, or that one of them joins others with. Two are no Unicode."""


def test_what_no_store_can_hold_is_not_there(writer: LogWriter, reader: LogReader) -> None:
    """A request may ask for anything: the answer is that it is not there, and no failure."""
    writer.commit(replace(publish(a_member(0)), events=(an_event(1),)))
    for text in NO_TEXTS:
        iri = f"{ENTITY}/{text}"
        assert writer.published([iri, a_member(0).member.iri]) == {a_member(0).member.iri}
        assert writer.versioned([iri, text, ENTITY]) == {ENTITY}
        assert writer.first_told(text) is None
        assert list(writer.told_under(f"{iri}-")) == []
        assert reader.member(iri) is None
        assert reader.node("kasten", text) is None
        assert list(reader.versions(iri, ["kasten"], 9)) == []
        assert reader.memory("http:t:push", text) is None


def test_a_reason_may_quote_what_came_in(writer: LogWriter, reader: LogReader) -> None:
    """PostgreSQL holds no NUL in a text: it stands there as a sign that people can read."""
    quoting = replace(WAITS, reason="a\0b")
    writer.commit(
        Commit(
            events=(an_event(1, quoting),),
            rejections=(Rejection("http:t:push", 1_000, "c\0d", b"\0"),),
        )
    )
    (event,), (rejection,) = reader.quarantined(9), reader.rejections(9)
    assert event.quarantine is not None
    assert event.quarantine.reason.replace("\0", "␀") == "a␀b"
    assert (rejection.reason.replace("\0", "␀"), rejection.payload) == ("c␀d", b"\0")


@pytest.mark.parametrize("holds_events", [False, True])
def test_a_secret_that_nothing_proves_is_doubted_where_something_was_written_with_it(
    store: Store, holds_events: bool
) -> None:
    writer = store.writer_of_before(BASE)
    if holds_events:
        writer.commit(Commit(events=(an_event(1),)))
    writer.close()
    with capture_logs() as lines:
        store.writer(BASE).close()
    assert any(line["event"] == "secret_unproven" for line in lines) is holds_events
