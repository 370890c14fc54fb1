"""Runs of members in rows, cut, joined and read in any piece."""

from __future__ import annotations

import sqlite3
from importlib import resources

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ldes_shok.log.pack import MAX_MEMBERS, PackedMember
from ldes_shok.log.sqlite.packs import (
    add_members,
    next_id,
    read_packs,
    repacked,
    replace_members,
)
from ldes_shok.log.sqlite.rows import stream_range
from tests.support.examples import examples


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(
        resources.files("ldes_shok.log.sqlite").joinpath("schema.sql").read_text()
    )
    return connection


def members(first: int, count: int) -> list[PackedMember]:
    return [
        PackedMember(1, (f"v{number}",), number, 1, f"iri/{number}", "", "", "", "", "")
        for number in range(first, first + count)
    ]


class Packs(RuleBasedStateMachine):
    """Runs are added and archived in any order; the members are always the same."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = database()
        self.first_id, self.end_id = stream_range(2)
        self.count = 0
        # A neighbour on both sides, whose members must never turn up.
        for stream_id in (1, 3):
            add_members(self.connection, members(-9, 5), stream_range(stream_id)[0])

    def teardown(self) -> None:
        self.connection.close()

    @rule(count=st.integers(1, 2 * MAX_MEMBERS), cuts=st.lists(st.integers(-5, 600)))
    def add(self, count: int, cuts: list[int]) -> None:
        start = self.first_id + self.count
        assert next_id(self.connection, self.first_id, self.end_id) == start
        ids = [self.first_id + cut for cut in cuts]
        add_members(self.connection, members(self.count, count), start, ids)
        packs = {pack.id for pack in read_packs(self.connection, start, start + count)}
        assert {id_ for id_ in ids if start < id_ < start + count} <= packs
        self.count += count

    @precondition(lambda self: self.count)
    @rule(data=st.data())
    def archive(self, data: st.DataObject) -> None:
        first = data.draw(st.integers(0, self.count - 1))
        count = data.draw(st.integers(1, min(MAX_MEMBERS, self.count - first)))
        start = self.first_id + first
        body = repacked(read_packs(self.connection, start, start + count), start, count)
        if body:
            replace_members(self.connection, start, count, body)
            packs = read_packs(self.connection, start, start + count)
            assert [(pack.id, pack.members) for pack in packs] == [(start, count)]

    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        first = data.draw(st.integers(0, self.count + 3))
        count = data.draw(st.integers(0, self.count + 3))
        start = self.first_id + first
        found = [
            member
            for pack in read_packs(self.connection, start, start + count)
            for id_, member in enumerate(pack.decode(), pack.id)
            if start <= id_ < start + count
        ]
        assert found == members(0, self.count)[first : first + count]

    @invariant()
    def packs_follow_each_other(self) -> None:
        end = self.first_id
        for pack in read_packs(self.connection, self.first_id, self.end_id):
            assert pack.id == end
            assert 0 < pack.members <= MAX_MEMBERS
            end = pack.end_id
        assert end == self.first_id + self.count


TestPacks = Packs.TestCase
TestPacks.settings = examples(0.3, stateful_step_count=20)


def test_a_leaf_of_few_packs_stays_as_it_stands() -> None:
    connection = database()
    first_id, _ = stream_range(1)
    add_members(connection, members(0, 200), first_id, [first_id + 100])
    packs = read_packs(connection, first_id, first_id + 200)
    assert repacked(packs, first_id, 200) == b""
    assert repacked(packs, first_id, 199) != b""
    assert repacked(packs[1:], first_id + 100, 100) == b""
    connection.close()
