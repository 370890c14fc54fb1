"""What every store promises of its repair: rows that follow from others are made anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ldes_shok.errors import LogDamaged
from ldes_shok.ldes.member import FIRST_POSITION, Form
from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.log.records import (
    ArchivedPage,
    Commit,
    LeafArchive,
    MemoryRecord,
    NodeRecord,
    Rejection,
    SealedHead,
    StateRecord,
)
from ldes_shok.log.repair import HEAD
from tests.contract.examples import BASE, ENTITY, NODE, REFUSED, a_member, an_event, publish
from tests.contract.logs import PostgresStore, Store

OBSERVATION = f"{BASE}/id/observatie/abc"
PARENT = replace(NODE, path="1970/01", parent="1970", sealed=True)
LEAF = Node("1970/01/p1", "1970/01", NodeKind.LEAF, 10, 11, FIRST_POSITION, 2, 10, 0, False, True)
STATES = {("t", "A"): b"a", ("t", "B"): b"b", ("u", "A"): b"ua"}
TALLIES = {
    ("s", "published"): 1,
    ("s", "quarantined"): 1,
    ("s", "rejected"): 1,
    ("s", "duplicate"): 5,
}


@pytest.fixture
def filled(store: Store) -> Store:
    """A log with a little of everything, which nobody writes."""
    writer, reader = store.writer(BASE), store.reader(BASE)
    members = publish(a_member(0), a_member(1), a_member(0, "techniek", OBSERVATION))
    events = tuple(replace(event, source="s") for event in (an_event(1), an_event(2, REFUSED)))
    writer.commit(
        replace(
            members,
            events=events,
            rejections=(Rejection("s", 1_000, "no event", b"x"),),
            counters=TALLIES,
            memories=(MemoryRecord("s", "a", b"1"), MemoryRecord("s", "b", b"2")),
            states=tuple(StateRecord(*place, value) for place, value in STATES.items()),
            nodes=(NodeRecord("kasten", PARENT), NodeRecord("kasten", LEAF)),
            heads=tuple(SealedHead("kasten", LEAF.path, f, b"{", b"}", b"") for f in Form),
        )
    )
    pages = tuple(ArchivedPage(form, b"gzip", b"d" * 32) for form in Form)
    writer.archive([LeafArchive("kasten", LEAF.path, FIRST_POSITION, 2, pages, b"")])
    reader.close()
    writer.close()
    assert store.misfits() == []
    return store


def _states(store: Store, places: Mapping[tuple[str, str], bytes]) -> list[bytes | None]:
    writer = store.writer(BASE)
    found = [writer.state(*place) for place in places]
    writer.close()
    return found


def test_nothing_is_changed_in_a_sound_log(filled: Store) -> None:
    with filled.repair() as repair:
        assert repair.unsound() == frozenset()
        assert repair.put_states({place: value.upper() for place, value in STATES.items()}) == 0
        assert repair.put_tallies() == 0
        assert repair.put_index("iri") == 0
        assert repair.put_nodes("kasten", [LEAF, PARENT]) == 0
        assert repair.put_nodes("techniek", []) == 0
        assert repair.put_nodes("unknown", [LEAF]) == 0
        assert repair.drop_memories() == 0
        repair.sum_anew(())
    assert filled.misfits() == []
    assert _states(filled, STATES) == list(STATES.values())


def test_states_are_those_that_follow(filled: Store) -> None:
    wanted = {("t", "A"): b"A", ("t", "B"): b"other", ("t", "C"): b"new"}
    with filled.repair() as repair:
        assert repair.unsound() == frozenset()
        assert repair.put_states(wanted) == 3
        repair.sum_anew({"state"})
    assert filled.misfits() == []
    assert _states(filled, wanted) == [b"a", b"other", b"new"]
    assert _states(filled, {("u", "A"): b""}) == [None]


def test_what_is_stored_is_counted_again(filled: Store) -> None:
    filled.change("UPDATE tally SET events = 7 WHERE outcome <> 'quarantined'")
    filled.change("DELETE FROM tally WHERE outcome = 'quarantined'")
    filled.change("UPDATE tally SET source = 'gone' WHERE outcome = 'rejected'")
    with filled.repair() as repair:
        assert repair.unsound() == {"tally"}
        assert repair.put_tallies() >= 4
        repair.sum_anew({"tally"})
    assert filled.misfits() == []
    reader = filled.reader(BASE)
    counted = {(tally.source, tally.outcome): tally.events for tally in reader.tallies()}
    reader.close()
    assert counted == TALLIES | {("s", "duplicate"): 7, ("gone", "rejected"): 0}


def test_an_index_that_lost_rows_and_got_others_is_made_anew(filled: Store) -> None:
    filled.change("DELETE FROM iri WHERE iri LIKE '%/kasten-0'")
    filled.change("UPDATE iri SET iri = 'x/y' WHERE iri LIKE '%/kasten-1'")
    if isinstance(filled, PostgresStore):  # another audit looks for it in an SQLite log
        assert filled.misfits() == [
            "index iri: its rows are not those that follow from what it is an index of"
        ]
    with filled.repair() as repair:
        tables = repair.unsound()
        assert repair.put_index("iri") == 3
        repair.sum_anew(tables)
    assert filled.misfits() == []
    reader = filled.reader(BASE)
    for number in (0, 1):
        row = reader.member(f"{ENTITY}/kasten-{number}")
        assert row is not None
        assert row.position == FIRST_POSITION + number
    assert reader.member(f"{BASE}/id/x/y") is None
    assert len(reader.versions(ENTITY, ["kasten"], 9)) == 2
    reader.close()


def test_nodes_are_those_that_follow_and_archived_ones_stay_so(filled: Store) -> None:
    filled.change("DELETE FROM node WHERE parent = '1970'")
    filled.change("UPDATE node SET members = 9")
    other = replace(NODE, path="2027")
    with filled.repair() as repair:
        tables = repair.unsound()
        assert repair.put_nodes("kasten", [LEAF, PARENT, other]) == 3
        repair.sum_anew(tables)
    assert filled.misfits() == []
    writer, reader = filled.writer(BASE), filled.reader(BASE)
    assert writer.unarchived(9) == []
    assert [reader.node("kasten", node.path) for node in (LEAF, PARENT, other)] == [
        LEAF, PARENT, other,
    ]  # fmt: skip
    reader.close()
    writer.close()


def test_rows_that_follow_from_nothing_are_taken_as_they_are_if_that_is_wanted(
    filled: Store,
) -> None:
    filled.change("DELETE FROM memory WHERE subject = 'a'")
    filled.change("DELETE FROM state WHERE cabinet = 'B'")
    with filled.repair() as repair:
        assert repair.unsound() == {"memory", "state"}
        repair.sum_anew({"memory"})
    (left,) = filled.misfits()
    assert left == "table state: 2 rows are there, 3 were written"


def test_what_it_adds_up_to_is_made_anew(filled: Store) -> None:
    filled.change("DELETE FROM log_sum")
    with pytest.raises(LogDamaged):
        filled.writer(BASE)
    with filled.repair() as repair:
        assert repair.unsound() == {HEAD}
        repair.sum_anew({HEAD})
    assert filled.misfits() == []
    writer = filled.writer(BASE)
    writer.commit(Commit(memories=(MemoryRecord("s", "c", b"3"),)))
    writer.close()
    assert filled.misfits() == []


def test_a_repair_that_fails_changes_nothing(filled: Store) -> None:
    def fail() -> None:
        with filled.repair() as repair:
            assert repair.put_states({}) == 3
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert _states(filled, STATES) == list(STATES.values())


def test_only_the_memory_that_is_not_what_was_stored_is_dropped(filled: Store) -> None:
    """Where one tells by itself: in PostgreSQL none does."""
    filled.change(
        "UPDATE memory SET source = 's', value = (SELECT value FROM memory WHERE"
        " subject = 'b') WHERE subject = 'a'"
    )
    with filled.repair() as repair:
        dropped = repair.drop_memories()
        repair.unsound()
        repair.sum_anew({"memory"})
    reader = filled.reader(BASE)
    assert len(reader.memories("s", "")) == 2 - dropped
    assert reader.memory("s", "b") == b"2"
    reader.close()
