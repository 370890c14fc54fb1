"""The time tree: its promises for any times, and how its granularity adapts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given

from ldes_shok.clock import to_milliseconds
from ldes_shok.fragmentation.intervals import Level
from ldes_shok.fragmentation.tree import Policy, TimeTree
from ldes_shok.ldes.node import ROOT, NodeKind
from tests.support.examples import examples
from tests.unit.fragmentation.growing import (
    Grown,
    Step,
    check,
    histories,
    placed,
    policies,
    starts,
)

NOON = to_milliseconds(datetime(2026, 5, 12, 12, tzinfo=UTC))
DAY = 86_400_000
HOUR = 3_600_000
TINY = Policy(leaf_members=2, bucket_leaves=2, sparse_month_members=3)


@examples(3)
@given(policies, starts, histories())
def test_every_tree_keeps_its_promises(policy: Policy, start_ms: int, steps: list[Step]) -> None:
    """P6: every member lies within every bound on its path; siblings never overlap."""
    check(Grown(policy).grow(start_ms, steps))


@given(policies, starts, histories())
def test_a_sealed_node_never_changes(policy: Policy, start_ms: int, steps: list[Step]) -> None:
    """P4: a sealed node never changes by a byte."""
    grown = Grown(policy)
    sealed: dict[str, object] = {}
    for number, step in enumerate(steps):
        start_ms += step.gap_ms
        grown.place(start_ms) if step.member else grown.seal(start_ms)
        if number % 5 == 4:
            grown.restart()
        assert sealed.items() <= grown.nodes.items()
        sealed = {path: node for path, node in grown.nodes.items() if node.sealed}


@examples(3)
@given(policies, starts, histories())
def test_restarts_and_early_seals_give_the_same_tree(
    policy: Policy, start_ms: int, steps: list[Step]
) -> None:
    """P12: every page can be rebuilt byte for byte from the log."""
    grown = Grown(policy).grow(start_ms, steps)
    again = placed(policy, grown.times)
    assert again.leaves == grown.leaves
    assert again.finished() == grown.finished()
    check(grown)


def test_time_does_not_go_back() -> None:
    tree = TimeTree(TINY)
    tree.place(1, NOON)
    with pytest.raises(ValueError, match="goes back"):
        tree.place(2, NOON - 1)
    assert tree.place(2, NOON) == "2026/05/12/p1"


def test_a_new_tree_is_an_unsealed_root_that_nobody_has_to_store() -> None:
    tree = TimeTree(TINY)
    assert tree.take_changes() == []
    assert not tree.has_ended(NOON)
    tree.seal_until(NOON)
    assert tree.take_changes() == []


def test_the_first_member_opens_year_month_and_a_bucket_of_its_day() -> None:
    grown = placed(Policy(), [NOON])
    assert sorted(grown.nodes) == [ROOT, "2026", "2026/05", "2026/05/12", "2026/05/12/p1"]
    leaf = grown.nodes["2026/05/12/p1"]
    assert (leaf.lower_ms, leaf.upper_ms) == (NOON, NOON + DAY // 2)
    assert not any(node.sealed for node in grown.nodes.values())


def test_a_full_leaf_is_cut_at_the_next_later_timestamp() -> None:
    grown = placed(TINY, [NOON, NOON, NOON, NOON + 1])
    assert grown.leaves == [*["2026/05/12/p1"] * 3, "2026/05/12/p2"]
    first, second = grown.children("2026/05/12")
    assert (first.sealed, first.upper_ms, second.lower_ms) == (True, NOON + 1, NOON + 1)


def test_a_full_bucket_goes_on_in_hours_minutes_and_seconds() -> None:
    policy = Policy(leaf_members=1, bucket_leaves=2)
    grown = placed(policy, [NOON + ms for ms in range(12)])
    assert grown.leaves == [
        "2026/05/12/p1",
        "2026/05/12/p2",
        "2026/05/12/12/p1",
        "2026/05/12/12/p2",
        "2026/05/12/12/00/p1",
        "2026/05/12/12/00/p2",
        # Nothing is finer than a second: from here on leaves, however many.
        *(f"2026/05/12/12/00/00/p{number}" for number in range(1, 7)),
    ]
    check(grown)
    hour = grown.nodes["2026/05/12/12"]
    assert hour.lower_ms == NOON + 2


def test_after_a_busy_day_the_next_one_opens_finer_at_once() -> None:
    busy = [NOON + ms for ms in range(TINY.bucket_members + 1)]
    grown = placed(TINY, [*busy, NOON + DAY])
    assert grown.leaves[-1] == "2026/05/13/12/p1"


def test_a_day_that_just_fitted_its_bucket_is_followed_by_a_bucket() -> None:
    fitting = [NOON + ms for ms in range(TINY.bucket_members)]
    grown = placed(TINY, [*fitting, NOON + DAY])
    assert grown.leaves[-1] == "2026/05/13/p1"


def test_a_restart_between_two_intervals_remembers_how_large_the_last_one_was() -> None:
    june = to_milliseconds(datetime(2026, 6, 3, tzinfo=UTC))
    grown = placed(TINY, [NOON])
    grown.seal(june)
    grown.restart()
    grown.place(june)
    assert grown.leaves[-1] == "2026/06/p1"


def test_after_a_quiet_day_the_next_one_is_a_bucket_again() -> None:
    busy = [NOON + ms for ms in range(TINY.bucket_members + 1)]
    grown = placed(TINY, [*busy, NOON + DAY, NOON + 2 * DAY])
    assert grown.leaves[-1] == "2026/05/14/p1"


def test_after_a_sparse_month_the_next_one_is_one_bucket() -> None:
    june = to_milliseconds(datetime(2026, 6, 3, tzinfo=UTC))
    grown = placed(TINY, [NOON, june])
    assert grown.leaves == ["2026/05/12/p1", "2026/06/p1"]
    assert grown.nodes["2026/05"].sealed


def test_after_a_busy_month_the_next_one_has_days() -> None:
    june = to_milliseconds(datetime(2026, 6, 3, tzinfo=UTC))
    grown = placed(TINY, [NOON, NOON + DAY, NOON + 2 * DAY, NOON + 3 * DAY, june])
    assert grown.leaves[-1] == "2026/06/03/p1"


def test_a_month_that_is_one_bucket_still_goes_finer_when_it_must() -> None:
    june = to_milliseconds(datetime(2026, 6, 3, tzinfo=UTC))
    grown = placed(TINY, [NOON, *(june + hour * HOUR for hour in range(5))])
    assert grown.leaves[1:] == [*["2026/06/p1"] * 2, *["2026/06/p2"] * 2, "2026/06/03/p1"]
    check(grown)


def test_seal_until_seals_leaf_day_month_and_year_but_never_the_root() -> None:
    grown = placed(TINY, [NOON])
    grown.seal(NOON + DAY // 2 - 1)
    assert not any(node.sealed for node in grown.nodes.values())
    grown.seal(NOON + DAY // 2)
    assert {p for p, n in grown.nodes.items() if n.sealed} == {"2026/05/12", "2026/05/12/p1"}
    grown.seal(to_milliseconds(datetime(2027, 1, 1, tzinfo=UTC)))
    assert {p for p, n in grown.nodes.items() if not n.sealed} == {ROOT}


def test_what_an_interval_held_is_remembered_per_level() -> None:
    tree = TimeTree(TINY)
    tree.place(1, NOON)
    tree.seal_until(NOON + DAY)
    assert tree.previous_members == {Level.DAY: 1}


def test_a_tree_may_be_continued_from_its_open_nodes_in_any_order() -> None:
    grown = placed(TINY, [NOON, NOON + 1])
    unsealed = [node for node in grown.nodes.values() if not node.sealed]
    for nodes in (unsealed, unsealed[::-1]):
        assert TimeTree(TINY, nodes).place(3, NOON + 2) == "2026/05/12/p2"
    assert grown.nodes["2026/05/12/p1"].kind is NodeKind.LEAF


def test_a_month_with_just_so_many_members_is_sparse() -> None:
    june = to_milliseconds(datetime(2026, 6, 3, tzinfo=UTC))
    sparse = [NOON + day * DAY for day in range(TINY.sparse_month_members)]
    assert placed(TINY, [*sparse, june]).leaves[-1] == "2026/06/p1"


def test_a_second_has_leaves_however_busy_the_one_before_was() -> None:
    policy = Policy(leaf_members=1, bucket_leaves=1)
    busy = [NOON + ms for ms in range(20)]
    grown = placed(policy, [*busy, *(NOON + 1000 + ms for ms in range(3))])
    assert grown.leaves[-3:] == [f"2026/05/12/12/00/01/p{number}" for number in (1, 2, 3)]


def test_a_bucket_of_the_usual_policy_holds_ten_thousand_members() -> None:
    assert (Policy().bucket_members, Policy().sparse_month_members) == (10_000, 1000)
