"""The search tree over publication time, built member by member from (position, time).

Publication time never goes back. So only one path from the root to a leaf is open; all other nodes
are sealed. The tree follows from the members' times and the policy alone, so a rebuild gives the
same tree.

The granularity adapts, and a wrong guess does not last. A bucket holds its leaves directly. Once it
has `bucket_leaves` of them, the rest of its interval goes one level finer. The next interval of
that level begins finer if the one before it held more members than a bucket holds. A month begins
as one bucket if the month before it was sparse. So a small town has a node per month and a region
has minutes, without configuration.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ldes_shok.fragmentation.intervals import Level, bounds_of, path_of
from ldes_shok.ldes.node import ROOT, Node, NodeKind

_FINEST = Level.SECOND


@dataclass(frozen=True, slots=True)
class Policy:
    """How large nodes grow.

    Attributes:
        leaf_members: a leaf with this many members is cut at the next later timestamp
            (compression gains nothing beyond some 250 members; clients are fastest there).
        bucket_leaves: a bucket with this many leaves goes finer.
        sparse_month_members: a month after one with at most this many members is one bucket.
    """

    leaf_members: int = 250
    bucket_leaves: int = 40
    sparse_month_members: int = 1000

    @property
    def bucket_members(self) -> int:
        """How many members a bucket holds before it goes finer."""
        return self.leaf_members * self.bucket_leaves


class _Open:
    """A node on the open path, mutable while it is open."""

    __slots__ = ("first_position", "kind", "last_ms", "leaves", "level", "lower_ms", "members",
                 "parent", "path", "split", "upper_ms")  # fmt: skip

    def __init__(self, node: Node) -> None:
        self.path = node.path
        self.parent = node.parent
        self.kind = node.kind
        self.level = Level.ROOT if node.path == ROOT else Level(len(_calendar(node)))
        self.lower_ms = node.lower_ms
        self.upper_ms = node.upper_ms
        self.first_position = node.first_position
        self.members = node.members
        self.last_ms = node.last_ms
        self.leaves = node.leaves
        self.split = node.split

    def frozen(self, *, sealed: bool) -> Node:
        return Node(
            self.path, self.parent, self.kind, self.lower_ms, self.upper_ms, self.first_position,
            self.members, self.last_ms, self.leaves, self.split, sealed,
        )  # fmt: skip


def _calendar(node: Node) -> list[str]:
    path = node.parent if node.kind is NodeKind.LEAF else node.path
    return (path or "").split("/")


class TimeTree:
    """The open path of one view, and the nodes that changed since the last `take_changes`."""

    def __init__(
        self,
        policy: Policy,
        open_nodes: Iterable[Node] = (),
        previous_members: Mapping[int, int] | None = None,
    ) -> None:
        """Continue a tree.

        Args:
            policy: how large nodes grow.
            open_nodes: the unsealed nodes, in any order; empty for a new tree.
            previous_members: per level, how many members its last finished interval held.
        """
        self._policy = policy
        nodes = sorted(open_nodes, key=_depth)
        self._open = [_Open(node) for node in nodes] or [_Open(_root())]
        self._sealed: dict[str, Node] = {}
        self._touched = False
        self._previous = dict(previous_members or {})

    @property
    def previous_members(self) -> Mapping[int, int]:
        """Per level, how many members its last finished interval held."""
        return self._previous

    def place(self, position: int, published_ms: int) -> str:
        """Give a member its leaf; returns the leaf's path.

        Raises:
            ValueError: the time is before the newest member's.
        """
        if published_ms < self._open[0].last_ms:
            raise ValueError(f"publication time goes back: {published_ms}")
        self._touched = True
        self.seal_until(published_ms)
        top = self._open[-1]
        if (
            top.kind is NodeKind.LEAF
            and top.members >= self._policy.leaf_members
            and published_ms > top.last_ms
        ):
            top.upper_ms = published_ms
            self._seal_top()
            top = self._open[-1]
        while top.kind is NodeKind.INTERIOR:
            top = self._descend(top, position, published_ms)
        for node in self._open:
            node.members += 1
            node.last_ms = published_ms
        return top.path

    def seal_until(self, instant_ms: int) -> None:
        """Seal every node whose interval is over at `instant_ms`.

        The caller promises that no member will be published before `instant_ms`.
        """
        while len(self._open) > 1:
            upper_ms = self._open[-1].upper_ms
            if upper_ms is None or upper_ms > instant_ms:
                break
            self._seal_top()

    def has_ended(self, instant_ms: int) -> bool:
        """Whether `seal_until(instant_ms)` would seal anything."""
        upper_ms = self._open[-1].upper_ms
        return upper_ms is not None and upper_ms <= instant_ms

    def take_changes(self) -> list[Node]:
        """Nodes that are new or changed since the last call: sealed ones first, then open."""
        changes = list(self._sealed.values())
        if self._touched or changes:
            changes += [node.frozen(sealed=False) for node in self._open]
        self._sealed = {}
        self._touched = False
        return changes

    def _seal_top(self) -> None:
        node = self._open.pop()
        if node.kind is NodeKind.INTERIOR:
            self._previous[node.level] = node.members
        self._sealed[node.path] = node.frozen(sealed=True)

    def _descend(self, parent: _Open, position: int, published_ms: int) -> _Open:
        if not parent.split:
            full = parent.leaves >= self._policy.bucket_leaves
            if parent.level is _FINEST or not full:
                return self._open_leaf(parent, position, published_ms)
            parent.split = True
        return self._open_interval(parent, position, published_ms)

    def _open_leaf(self, parent: _Open, position: int, published_ms: int) -> _Open:
        parent.leaves += 1
        path = f"{parent.path}/p{parent.leaves}"
        leaf = Node(
            path, parent.path, NodeKind.LEAF, published_ms, parent.upper_ms, position,
            0, published_ms, 0, split=False, sealed=False,
        )  # fmt: skip
        self._open.append(_Open(leaf))
        return self._open[-1]

    def _open_interval(self, parent: _Open, position: int, published_ms: int) -> _Open:
        level = Level(parent.level + 1)
        path = path_of(published_ms, level)
        lower_ms, upper_ms = bounds_of(path)
        if parent.leaves:
            # Leaves of the same interval come before it: its bounds must not overlap theirs.
            lower_ms = max(lower_ms, published_ms)
        node = Node(
            path, parent.path, NodeKind.INTERIOR, lower_ms, upper_ms, position,
            0, published_ms, 0, split=self._opens_split(level), sealed=False,
        )  # fmt: skip
        self._open.append(_Open(node))
        return self._open[-1]

    def _opens_split(self, level: Level) -> bool:
        previous = self._previous.get(level)
        match level:
            case Level.ROOT | Level.YEAR:
                return True
            case Level.MONTH:
                return previous is None or previous > self._policy.sparse_month_members
            case Level.SECOND:
                return False
            case _:
                return previous is not None and previous > self._policy.bucket_members


def _depth(node: Node) -> tuple[int, int]:
    return (node.path.count("/") if node.path else -1, len(node.path))


def _root() -> Node:
    return Node(ROOT, None, NodeKind.INTERIOR, 0, None, 0, 0, 0, 0, split=True, sealed=False)
