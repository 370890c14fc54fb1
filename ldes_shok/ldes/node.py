"""Nodes and relations of a search tree over publication time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

ROOT = ""
"""Path of the root node; below it `2026`, `2026/05`, `2026/05/12/p1`."""


class NodeKind(StrEnum):
    """Interior nodes hold only relations, leaf nodes only members."""

    INTERIOR = "interior"
    LEAF = "leaf"


@dataclass(frozen=True, slots=True)
class Node:
    """One page of a view, as the log records it.

    Attributes:
        path: below the view, no slash at either end; empty for the root.
        parent: path of the one node that links here; None for the root.
        kind: interior or leaf.
        lower_ms, upper_ms: every member at or below has a publication time in [lower, upper),
            milliseconds since 1970; `upper_ms` is None for the root.
        first_position: position of the first member at or below.
        members: how many members are at or below.
        last_ms: publication time of the last member at or below.
        leaves: how many leaf nodes are its direct children.
        split: the next members go one level finer, not into another leaf of this node.
        sealed: its bytes never change again.
    """

    path: str
    parent: str | None
    kind: NodeKind
    lower_ms: int
    upper_ms: int | None
    first_position: int
    members: int
    last_ms: int
    leaves: int
    split: bool
    sealed: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """A link to a child, with the half-open bounds that hold for everything below it."""

    path: str
    lower_ms: int
    upper_ms: int
