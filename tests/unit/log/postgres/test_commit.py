"""What a commit sends to PostgreSQL: packs that are cut where leaves and months begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ldes_shok.clock import to_milliseconds
from ldes_shok.errors import LogUnavailable
from ldes_shok.ldes.member import FIRST_POSITION
from ldes_shok.ldes.node import Node, NodeKind
from ldes_shok.log.pack import MAX_MEMBERS
from ldes_shok.log.postgres.commit import CommitPosition, Plan, plan_commit
from ldes_shok.log.postgres.packs import INSERT_PACK
from ldes_shok.log.postgres.writer import PostgresLogWriter
from ldes_shok.log.records import Commit, MemberRecord, NodeRecord, Rejection
from tests.contract.examples import BASE, REFUSED, WAITS, a_member, an_event, publish
from tests.support.logs import identity_of
from tests.support.postgres import Postgres, new_database

MAY = to_milliseconds(datetime(2026, 5, 31, 23, 59, 59, 999_000, tzinfo=UTC))


pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def place(postgres_server: Postgres) -> CommitPosition:
    """Where a writer stands that has just made its log."""
    writer = PostgresLogWriter(new_database(postgres_server.url("postgres")), identity_of(BASE))
    found = writer._now().place
    writer.close()
    return found


def leaf(first: int, members: int) -> NodeRecord:
    return NodeRecord(
        "kasten",
        Node("2026/05/31/p1", "2026/05/31", NodeKind.LEAF, MAY, None,
             FIRST_POSITION + first, members, MAY, 0, False, False),
    )  # fmt: skip


def rows_of(plan: Plan, beginning: str) -> Sequence[Sequence[object]]:
    return [row for s in plan.statements if s.query.startswith(beginning) for row in s.rows]


def packs_of(commit: Commit, place: CommitPosition) -> list[tuple[object, ...]]:
    """Month, stream, first number and number of members of each pack."""
    return [tuple(row[:4]) for row in rows_of(plan_commit(commit, place), INSERT_PACK)]


def members(count: int, published_ms: int = MAY, first: int = 0) -> list[MemberRecord]:
    return [a_member(first + number, published_ms=published_ms) for number in range(count)]


def test_members_of_one_leaf_are_one_pack(place: CommitPosition) -> None:
    assert packs_of(replace(publish(*members(5)), nodes=(leaf(0, 5),)), place) == [
        (202605, 1, 0, 5)
    ]


def test_packs_are_cut_where_a_leaf_begins(place: CommitPosition) -> None:
    """Or a leaf that is archived would take what lies in the next one apart."""
    commit = replace(publish(*members(7)), nodes=(leaf(0, 3), leaf(3, 2), leaf(5, 2)))
    assert packs_of(commit, place) == [(202605, 1, 0, 3), (202605, 1, 3, 2), (202605, 1, 5, 2)]


def test_an_interior_node_cuts_nothing(place: CommitPosition) -> None:
    interior = replace(leaf(2, 3), node=replace(leaf(2, 3).node, kind=NodeKind.INTERIOR))
    assert packs_of(replace(publish(*members(5)), nodes=(interior,)), place) == [(202605, 1, 0, 5)]


def test_packs_are_cut_where_a_month_begins(place: CommitPosition) -> None:
    """A month is dropped whole: none of its packs holds members of another one."""
    commit = publish(*members(2), *members(3, MAY + 1, first=2))
    assert packs_of(commit, place) == [(202605, 1, 0, 2), (202606, 1, 2, 3)]
    plan = plan_commit(commit, place)
    assert plan.months == {202605, 202606}
    (iris,) = rows_of(plan, "INSERT INTO iri")
    assert iris[2] == "{202605,202605,202606,202606,202606}"


def test_a_pack_has_a_largest_size(place: CommitPosition) -> None:
    assert packs_of(publish(*members(MAX_MEMBERS + 1)), place) == [
        (202605, 1, 0, MAX_MEMBERS),
        (202605, 1, MAX_MEMBERS, 1),
    ]


def test_events_belong_to_the_month_of_what_is_published_with_them(place: CommitPosition) -> None:
    """Else to that of what came in; the newest counts."""
    events = (an_event(1, WAITS), an_event(2))
    published = plan_commit(replace(publish(*members(1)), events=events), place)
    assert [row[:3] for row in rows_of(published, "INSERT INTO event_pack")] == [(202605, 1, 2)]
    assert [row[:2] for row in rows_of(published, "INSERT INTO quarantine")] == [(202605, 1)]
    later = replace(an_event(2), received_ms=MAY)
    alone = plan_commit(Commit(events=(an_event(1), later)), place)
    assert [row[0] for row in rows_of(alone, "INSERT INTO event_pack")] == [202605]
    rejected = Commit(rejections=(Rejection("http:t:push", MAY + 1, "no event", b""),))
    assert [row[0] for row in rows_of(plan_commit(rejected, place), "INSERT INTO rejec")] == [
        202606
    ]


@pytest.mark.parametrize("numbers", [(6,), (8,), (7, 9), (8, 7, 9), (7, 7), (7, 8, 10)])
def test_events_without_a_gap_go_on_where_the_log_stands(
    place: CommitPosition, numbers: tuple[int, ...]
) -> None:
    commit = Commit(events=tuple(an_event(number) for number in numbers))
    place = replace(place, next_event_id=7)
    if numbers == (8, 7, 9):
        assert plan_commit(commit, place).next_event_id == 10
        return
    with pytest.raises(LogUnavailable, match="event 7 is the next one"):
        plan_commit(commit, place)


def test_positions_without_a_gap_go_on_where_the_stream_stands(place: CommitPosition) -> None:
    for numbers in ((1,), (0, 2), (0, 0)):
        with pytest.raises(LogUnavailable, match="is not the next of kasten"):
            plan_commit(publish(*(a_member(number) for number in numbers)), place)


def test_texts_that_postgresql_cannot_hold_are_kept_as_well_as_they_can_be(
    place: CommitPosition,
) -> None:
    """A sentence may quote what came in: a NUL, or half of a surrogate pair."""
    refused = replace(REFUSED, reason="a\0b", report="c\ud800d")
    commit = Commit(
        events=(an_event(1, refused),),
        rejections=(Rejection("http:t:push", 1, "e\0f\ud800", b"\0"),),
        requarantined=((1, refused),),
    )
    plan = plan_commit(commit, place)
    assert rows_of(plan, "INSERT INTO quarantine")[0][5:] == ("a␀b", "kasten", "c?d")
    assert rows_of(plan, "UPDATE quarantine")[0][1:4] == ("a␀b", "kasten", "c?d")
    assert rows_of(plan, "INSERT INTO rejection")[0][3:] == ("e␀f?", b"\0")
