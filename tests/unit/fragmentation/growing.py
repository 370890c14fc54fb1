"""A tree grown step by step, kept as the log would keep it, and judged by its promises."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hypothesis import strategies as st

from ldes_shok.clock import to_milliseconds
from ldes_shok.fragmentation.intervals import Level, bounds_of, is_leaf_segment
from ldes_shok.fragmentation.tree import Policy, TimeTree
from ldes_shok.ldes.node import ROOT, Node, NodeKind

FIRST_MS = to_milliseconds(datetime(1970, 1, 2, tzinfo=UTC))
LAST_MS = to_milliseconds(datetime(2100, 12, 31, tzinfo=UTC))
FIRST_POSITION = 10**15 + 1

_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60_000, 3_600_000, 86_400_000

gaps = st.one_of(
    st.just(0),
    st.integers(0, 3),
    st.integers(1, 3 * _SECOND),
    st.integers(1, 3 * _MINUTE),
    st.integers(1, 3 * _HOUR),
    st.integers(1, 3 * _DAY),
    st.integers(1, 70 * _DAY),
    st.integers(1, 800 * _DAY),
)
"""From one publication to the next, milliseconds: ties, floods and silence for years."""

starts = st.integers(FIRST_MS, LAST_MS) | st.sampled_from(
    [
        to_milliseconds(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)) + 999,
        to_milliseconds(datetime(2024, 2, 28, 23, 59, 59, tzinfo=UTC)),
        to_milliseconds(datetime(1999, 12, 31, 23, tzinfo=UTC)),
    ]
)

policies = st.builds(Policy, st.integers(1, 4), st.integers(1, 3), st.integers(0, 12)) | st.just(
    Policy()
)


@dataclass(frozen=True, slots=True)
class Step:
    """One publication, or one look at the clock; after it perhaps a restart."""

    gap_ms: int
    member: bool = True
    restart: bool = False


def histories(*, seals: bool = True, restarts: bool = True) -> st.SearchStrategy[list[Step]]:
    """Rows of steps."""
    return st.lists(
        st.builds(
            Step,
            gaps,
            st.sampled_from([True, True, True, False]) if seals else st.just(True),
            st.sampled_from([False, False, True]) if restarts else st.just(False),
        ),
        min_size=1,
        max_size=60,
    )


class Grown:
    """A tree with its nodes as a log would have them."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.nodes: dict[str, Node] = {}
        self.times: list[int] = []
        self.leaves: list[str] = []
        self._tree = TimeTree(policy)

    def grow(self, start_ms: int, steps: Iterable[Step]) -> Grown:
        now_ms = start_ms
        for step in steps:
            now_ms += step.gap_ms
            if step.member:
                self.place(now_ms)
            else:
                self.seal(now_ms)
            if step.restart:
                self.restart()
        return self

    def place(self, now_ms: int) -> None:
        position = FIRST_POSITION + len(self.times)
        self.times.append(now_ms)
        self.leaves.append(self._tree.place(position, now_ms))
        self._take()

    def seal(self, now_ms: int) -> None:
        ended = self._tree.has_ended(now_ms)
        before = sum(node.sealed for node in self.nodes.values())
        self._tree.seal_until(now_ms)
        self._take()
        assert ended == (sum(node.sealed for node in self.nodes.values()) > before)

    def restart(self) -> None:
        """Go on from what was stored."""
        unsealed = [node for node in self.nodes.values() if not node.sealed]
        self._tree = TimeTree(self.policy, reversed(unsealed), dict(self._tree.previous_members))

    def finished(self) -> dict[str, Node]:
        """The nodes, once every interval is over."""
        self.seal(bounds_of("9998")[1])
        return self.nodes

    def children(self, path: str) -> list[Node]:
        return sorted(
            (n for n in self.nodes.values() if n.parent == path), key=lambda n: n.lower_ms
        )

    def _take(self) -> None:
        for node in self._tree.take_changes():
            before = self.nodes.get(node.path)
            # P4: whatever was sealed is never written again.
            assert before is None or not before.sealed
            self.nodes[node.path] = node
        assert not self._tree.take_changes()


def check(grown: Grown) -> None:
    """Everything that is promised of a tree."""
    for rule in (_members_within_bounds, _siblings_disjoint, _leaves_and_interiors, _cuts, _buckets,
                 _counts, _one_open_path, _paths):  # fmt: skip
        rule(grown)


def _path_up(grown: Grown, leaf: str) -> Iterable[Node]:
    path: str | None = leaf
    while path is not None:
        node = grown.nodes[path]
        yield node
        path = node.parent


def _members_within_bounds(grown: Grown) -> None:
    for leaf, time_ms in zip(grown.leaves, grown.times, strict=True):
        for node in _path_up(grown, leaf):
            assert node.lower_ms <= time_ms
            assert node.upper_ms is None or time_ms < node.upper_ms


def _siblings_disjoint(grown: Grown) -> None:
    for path in grown.nodes:
        children = grown.children(path)
        for one, next_one in itertools.pairwise(children):
            assert one.upper_ms is not None
            assert one.upper_ms <= next_one.lower_ms


def _leaves_and_interiors(grown: Grown) -> None:
    used = set(grown.leaves)
    for path, node in grown.nodes.items():
        is_leaf = node.kind is NodeKind.LEAF
        assert is_leaf == (path in used)
        assert is_leaf == is_leaf_segment(path.rpartition("/")[2])
        if is_leaf:
            assert not grown.children(path)
        elif path != ROOT:
            assert grown.children(path)


def _cuts(grown: Grown) -> None:
    by_leaf: dict[str, list[int]] = defaultdict(list)
    for leaf, time_ms in zip(grown.leaves, grown.times, strict=True):
        by_leaf[leaf].append(time_ms)
    for (leaf, time_ms), (next_leaf, next_ms) in zip(
        zip(grown.leaves, grown.times, strict=True),
        zip(grown.leaves[1:], grown.times[1:], strict=True),
        strict=False,
    ):
        assert leaf == next_leaf or time_ms < next_ms
    for times in by_leaf.values():
        # What a leaf holds beyond its size shares the timestamp at which it became full.
        assert len(set(times[grown.policy.leaf_members - 1 :])) <= 1


def _buckets(grown: Grown) -> None:
    for path, node in grown.nodes.items():
        leaves = [n for n in grown.children(path) if n.kind is NodeKind.LEAF]
        assert node.leaves == len(leaves)
        assert [n.path for n in leaves] == [f"{path}/p{i + 1}" for i in range(len(leaves))]
        if path == ROOT or len(path.split("/")) < Level.SECOND:
            assert len(leaves) <= grown.policy.bucket_leaves


def _counts(grown: Grown) -> None:
    members: Counter[str] = Counter()
    firsts: dict[str, int] = {}
    lasts: dict[str, int] = {}
    for number, (leaf, time_ms) in enumerate(zip(grown.leaves, grown.times, strict=True)):
        for node in _path_up(grown, leaf):
            members[node.path] += 1
            firsts.setdefault(node.path, FIRST_POSITION + number)
            lasts[node.path] = time_ms
    for path, node in grown.nodes.items():
        assert node.members == members[path]
        assert node.last_ms == lasts.get(path, 0)
        assert path == ROOT or node.first_position == firsts[path]


def _one_open_path(grown: Grown) -> None:
    unsealed = sorted((n for n in grown.nodes.values() if not n.sealed), key=lambda n: len(n.path))
    for parent, child in itertools.pairwise(unsealed):
        assert child.parent == parent.path
    assert not grown.nodes or not grown.nodes[ROOT].sealed


def _paths(grown: Grown) -> None:
    for path, node in grown.nodes.items():
        if path == ROOT:
            assert (node.parent, node.upper_ms) == (None, None)
            continue
        assert node.parent == path.rpartition("/")[0]
        assert node.upper_ms is not None
        calendar = node.parent if node.kind is NodeKind.LEAF else path
        lower_ms, upper_ms = bounds_of(calendar)
        assert lower_ms <= node.lower_ms < node.upper_ms <= upper_ms


def placed(policy: Policy, times: Sequence[int]) -> Grown:
    """A tree with members at these times."""
    grown = Grown(policy)
    for time_ms in times:
        grown.place(time_ms)
    return grown
