"""The needed part of a JSON value: scalars at given paths, and the objects around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ldes_shok.sources.dialects.mapped.path import ABSENT, Step

_HERE: Final = ""
"""Marks the end of a path; no step has an empty name."""

_Tree = dict[Step, "_Tree"]


class Wanted:
    """Paths into an object, from its members on."""

    def __init__(self, paths: Iterable[Sequence[Step]]) -> None:
        self._tree: _Tree = {}
        for steps in paths:
            tree = self._tree
            for step in steps:
                tree = tree.setdefault(step, {})
            if steps:
                tree[_HERE] = {}

    def of(self, value: Mapping[str, object]) -> dict[str, object]:
        """`value` without data that no path leads to."""
        return _members(value, self._tree)


def _of(value: object, tree: _Tree) -> object:
    match value:
        case dict():
            return _members(value, tree)
        case list():
            # Positions matter: an element that no path needs becomes null.
            found = (_of(element, tree.get(place, {})) for place, element in enumerate(value))
            return [None if element is ABSENT else element for element in found]
        case _:
            return value if _HERE in tree else ABSENT


def _members(value: Mapping[str, object], tree: _Tree) -> dict[str, object]:
    found = ((name, _of(held, tree[name])) for name, held in value.items() if name in tree)
    return {name: held for name, held in found if held is not ABSENT}
