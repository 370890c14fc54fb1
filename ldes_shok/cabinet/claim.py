"""Which cabinets a followed stream of another city may report on, and their names here.

A name here belongs to one city. A claim states this for the names that the settings give to the
cabinets of a followed stream: one by one, or all names with a prefix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

FOLLOWED: Final = "ldes"
"""The adapter of a followed stream."""


def is_followed(source: str) -> bool:
    """Whether a `source` is a stream of another city."""
    return source.startswith(f"{FOLLOWED}:")


@dataclass(frozen=True, slots=True)
class Claim:
    """The cabinets that one followed stream may report on.

    Attributes:
        source: the stream, as `Origin.source`.
        tenant: our tenant, which holds the cabinets.
        server: scheme and authority; streams of one server belong to one city.
        cabinets: maps their cabinet to its name here; empty with a prefix.
        prefix: stands here before the name of each of their cabinets; empty with `cabinets`.
    """

    source: str
    tenant: str
    server: str = ""
    cabinets: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""

    def name(self, theirs: str) -> str | None:
        """The name of their cabinet here; None if the claim does not include it."""
        return f"{self.prefix}{theirs}" if self.prefix else self.cabinets.get(theirs)

    def holds(self, ours: str) -> bool:
        """Whether the cabinet with this name here is one of theirs."""
        return self._theirs(ours) is not None

    def contested(self, other: Claim) -> str | None:
        """A name or prefix here that both claims hold for different cabinets; None without one.

        Streams of one server may name the same cabinets, if each name stands for one of theirs.
        """
        if self.tenant != other.tenant:
            return None
        is_same = self.server == other.server
        if self.prefix and other.prefix:
            longer = max(self.prefix, other.prefix, key=len)
            if not longer.startswith(min(self.prefix, other.prefix, key=len)):
                return None
            return None if is_same and self.prefix == other.prefix else longer
        for ours in sorted({*self.cabinets.values(), *other.cabinets.values()}):
            one, two = self._theirs(ours), other._theirs(ours)
            if one is not None and two is not None and not (is_same and one == two):
                return ours
        return None

    def _theirs(self, ours: str) -> str | None:
        """Their cabinet with this name here."""
        if self.prefix:
            rest = ours.removeprefix(self.prefix)
            return rest if rest and rest != ours else None
        return next((theirs for theirs, name in self.cabinets.items() if name == ours), None)
