"""Decides which sums over few users may be published. Pure.

**The rule.** Published sums cut the contributions of a day into parts: a part is all contributions
that lie in exactly the same published sums. A sum is published only if each new part is empty,
or has at least `k` users of whom the two largest together have at most `share_percent` of the part
(Eurostat calls this (n, k) dominance, with n = 2). So every sum or difference of published sums is
a sum of whole parts. No difference (a zone less an activity, a day less its quarters) reveals the
use of fewer users. If the rule holds for two parts, it holds for both together: the users of one
are at least k, and the two largest of both have at most what the two largest of each part have.
Sums are tried in order, and a later one is suppressed (complementary suppression). A sum may need
more users than others (`Candidate.k`); then each part that it cuts needs as many.

**Corrections.** A contribution stays in the part in which it was first published. A part is
published again only if the rule still holds for it, and also for its difference from each earlier
release. So the difference of two versions also covers enough users, and no user dominates it. Until
then the part keeps its old sum, in every sum that it is in. New contributions may lie in sums that
no part lies in, such as those of a cabinet that had no activity before. They become a part of their
own if the rule holds for them.

A contribution of zero does not count. The rule does not protect against users who know their own
use and combine their knowledge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

OUTSIDE: Final = 0
PERIOD_END: Final = "|"
"""Stands between the key period of a user's name and the user: see `Rule.allows`."""

MOST_RELEASES: Final = 3
"""How often a part is published at most: each release is one more to compare with."""

_LARGEST: Final = 2
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """The least number of users of a published part, and the largest share of two of them.

    Attributes:
        k: the least users.
        share_percent: the largest share of the two largest users together.
    """

    k: int
    share_percent: int

    def allows(self, used: Mapping[str, Decimal], k: int) -> bool:
        """Whether a part may be published.

        A person has one name in a key period. So there are at least as many people as users in one
        of the periods. And two people have at most what the two largest users of each period have
        together.

        Args:
            used: the use of each user in Wh, more than zero, by the result of `Users.of`.
            k: the least users, if that is more than the rule's own.
        """
        periods: dict[str, list[Decimal]] = {}
        for user, wh in used.items():
            periods.setdefault(user.rpartition(PERIOD_END)[0], []).append(wh)
        largest = sum(
            (wh for shares in periods.values() for wh in sorted(shares)[-_LARGEST:]), Decimal(0)
        )
        return (
            max(map(len, periods.values()), default=0) >= max(k, self.k)
            and largest * _PERCENT <= sum(used.values(), Decimal(0)) * self.share_percent
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sum that may be published: its name, and the least users in each part that it cuts."""

    name: str
    k: int = 0


@dataclass(frozen=True, slots=True)
class Contribution:
    """The use of one user at one outlet in one stretch of time.

    Attributes:
        id: of outlet, meter and time; unique.
        user: the user, with the key period of the name: see `Rule.allows`.
        wh: how much; zero if a published contribution was corrected to nothing.
        sums: the names of the sums that it would be in.
    """

    id: str
    user: str
    wh: Decimal
    sums: frozenset[str]


class Released(msgspec.Struct, frozen=True, array_like=True):
    """A contribution as it was published: its Wh and its user."""

    wh: str
    user: str


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One part: the sums that it is in, and its contributions at each release."""

    sums: tuple[str, ...]
    releases: tuple[dict[str, Released], ...]

    @property
    def wh(self) -> Decimal:
        """Its sum in the latest release."""
        return sum((Decimal(released.wh) for released in self.releases[-1].values()), Decimal(0))


class Disclosure(msgspec.Struct, frozen=True, array_like=True):
    """All that is published of one day of one city.

    Attributes:
        sums: those that are published.
        parts: their parts.
        k: the highest number of least users among the sums.
    """

    sums: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    k: int = 0

    def values(self) -> dict[str, Decimal]:
        """Each published sum, Wh."""
        found = dict.fromkeys(self.sums, Decimal(0))
        for part in self.parts:
            for name in part.sums:
                found[name] += part.wh
        return found


def first_disclosure(
    contributions: Sequence[Contribution], candidates: Iterable[Candidate], rule: Rule
) -> Disclosure:
    """The first disclosure: the candidates that may be published, tried in their order."""
    sums = publishable(contributions, candidates, rule)
    accepted = frozenset(candidate.name for candidate in sums)
    held: dict[tuple[str, ...], dict[str, Released]] = {}
    for item in contributions:
        signature = tuple(sorted(item.sums & accepted))
        if signature:
            held.setdefault(signature, {})[item.id] = Released(f"{item.wh:f}", item.user)
    return Disclosure(
        tuple(candidate.name for candidate in sums),
        tuple(Part(name, (released,)) for name, released in sorted(held.items())),
        max((candidate.k for candidate in sums), default=0),
    )


def publishable(
    contributions: Sequence[Contribution], candidates: Iterable[Candidate], rule: Rule
) -> tuple[Candidate, ...]:
    """The sums that may be published together, chosen greedily in order."""
    inside: dict[str, list[int]] = {}
    for number, item in enumerate(contributions):
        for name in item.sums:
            inside.setdefault(name, []).append(number)
    part_of = [OUTSIDE] * len(contributions)
    parts: dict[int, set[int]] = {OUTSIDE: set(range(len(contributions)))}
    accepted: list[Candidate] = []
    for candidate in candidates:
        if candidate.name not in inside:
            continue
        cut: dict[int, set[int]] = {}
        for number in inside[candidate.name]:
            cut.setdefault(part_of[number], set()).add(number)
        if all(
            rule.allows(_used(contributions, within), candidate.k)
            and _may_be_left(contributions, part, parts[part] - within, candidate.k, rule)
            for part, within in cut.items()
        ):
            accepted.append(candidate)
            for part, within in cut.items():
                if len(within) == len(parts[part]) and part != OUTSIDE:
                    continue
                parts[part] -= within
                new = len(parts)
                parts[new] = within
                for number in within:
                    part_of[number] = new
    return tuple(accepted)


def _may_be_left(
    contributions: Sequence[Contribution], part: int, rest: set[int], k: int, rule: Rule
) -> bool:
    """Whether the rest of a part that a sum cuts may be known: subtraction reveals it."""
    return part == OUTSIDE or not rest or rule.allows(_used(contributions, rest), k)


def _used(contributions: Sequence[Contribution], numbers: Iterable[int]) -> dict[str, Decimal]:
    used: dict[str, Decimal] = {}
    for number in numbers:
        item = contributions[number]
        if item.wh:
            used[item.user] = used.get(item.user, Decimal(0)) + item.wh
    return used


def next_disclosure(
    before: Disclosure, contributions: Sequence[Contribution], rule: Rule
) -> Disclosure:
    """The disclosure after a change of the contributions.

    Args:
        before: what is published.
        contributions: all known contributions; one that was published and does not exist any more
            has zero Wh, and the user that is known now.
        rule: the rule of the first disclosure.
    """
    accepted = frozenset(before.sums)
    home = {id_: n for n, part in enumerate(before.parts) for r in part.releases for id_ in r}
    by_signature = {part.sums: number for number, part in enumerate(before.parts)}
    now: list[dict[str, Released]] = [{} for _ in before.parts]
    new: dict[tuple[str, ...], dict[str, Released]] = {}
    for item in contributions:
        released = Released(f"{item.wh:f}", item.user)
        signature = tuple(sorted(item.sums & accepted))
        number = home.get(item.id, by_signature.get(signature))
        if number is not None:
            now[number][item.id] = released
        elif signature:
            new.setdefault(signature, {})[item.id] = released
    parts = [_again(part, now[n], before.k, rule) for n, part in enumerate(before.parts)]
    parts += [
        Part(signature, (released,))
        for signature, released in sorted(new.items())
        if rule.allows(difference({}, released), before.k)
    ]
    return Disclosure(before.sums, tuple(parts), before.k)


def _again(part: Part, now: dict[str, Released], k: int, rule: Rule) -> Part:
    """A part with its present contributions, if they may be published."""
    if len(part.releases) >= MOST_RELEASES or not difference(part.releases[-1], now):
        return part
    # Compare with an empty part too: corrections to zero may leave the sum of one user.
    if all(rule.allows(difference(earlier, now), k) for earlier in ({}, *part.releases)):
        return Part(part.sums, (*part.releases, now))
    return part


def difference(
    earlier: Mapping[str, Released], later: Mapping[str, Released]
) -> dict[str, Decimal]:
    """The absolute difference of each user's use in Wh; without users that have the same as before.

    A contribution counts for its later user, if it has one.
    """
    differs: dict[str, Decimal] = {}
    for id_ in earlier.keys() | later.keys():
        before, after = earlier.get(id_), later.get(id_)
        user = (after or before or _NOTHING).user
        wh = Decimal((after or _NOTHING).wh) - Decimal((before or _NOTHING).wh)
        differs[user] = differs.get(user, Decimal(0)) + wh
    return {user: abs(wh) for user, wh in differs.items() if wh}


_NOTHING: Final = Released("0", "")
